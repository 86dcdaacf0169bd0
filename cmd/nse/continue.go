package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/internal/runs"
	"github.com/nse-dev/nse/registry"
	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/sdk/wire"
)

// continuation is the command line of continue.
type continuation struct {
	runFlags
	pool      string
	maxRounds int
}

func continueVerb() *cobra.Command {
	var x continuation
	c := &cobra.Command{
		Use:   "continue RUN --pool FILE",
		Short: "Go on with a second pool of operations",
		Long: `Go on with a search that has a front, finished or stopped, in a second space of operations. Every layer keeps what the
front uses and is filled up from a new shuffle of the second pool; the front is scored again from the first new round on.
With keep_weights = true in [train] of the run's configuration the weights are inherited too. max_rounds counts anew.
The operations of before keep their numbers and names, and need their plugins only if they run in them and the front
uses them. If this is interrupted, nse resume goes on.`,
		Example: `  nse continue runs/001 --pool pools/second45.toml
  nse continue runs/001 --pool second.toml --max-rounds 2`,
		Args: usage(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error { return x.run(c, filepath.Clean(args[0])) },
	}
	c.Flags().StringVar(&x.pool, "pool", "", "pool file to go on with (required)")
	c.Flags().IntVar(&x.maxRounds, "max-rounds", 0, "end after that many rounds with this pool (default: as before)")
	x.add(c)
	return c
}

func (x continuation) run(c *cobra.Command, dir string) error {
	if err := x.check(); err != nil {
		return usageError{c.CommandPath(), err}
	}
	r, err := runs.Open(dir, time.Now)
	if err != nil {
		return err
	}
	defer r.Close()
	settings, err := settingsOf(r)
	if err != nil {
		return err
	}
	if x.maxRounds > 0 {
		settings.Search.MaxRounds = x.maxRounds
	}
	last, state, err := lastState(r)
	if err != nil {
		return err
	}
	if err := hasFront(dir, last, state); err != nil {
		return err
	}
	if err := admit(x.plugins); err != nil {
		return err
	}
	interrupts := watchInterrupts(c.Context())
	defer interrupts.stop()
	second, err := openPool(interrupts.ctx, x.pool)
	if err != nil {
		return interrupts.early(err)
	}
	defer second.Close()
	search, opened, err := reopen(interrupts.ctx, r, settings, last, evolve.State{Round: 1, Front: state.Front}, func(n *network, known runs.Ops) error {
		return n.join(interrupts.ctx, known, second.Ops)
	})
	defer opened.Close()
	if err != nil {
		return interrupts.early(err)
	}
	defer search.engine.Close()
	if err := search.introduce(c.ErrOrStderr()); err != nil {
		return err
	}
	search.state, search.second = state, search.network.ids(second.Ops)
	return x.begin(interrupts.ctx, c, search, r, second)
}

func (x continuation) check() error {
	switch {
	case x.pool == "":
		return errors.New("--pool is missing: the second one that ships is pools/second45.toml")
	case x.maxRounds < 0:
		return fmt.Errorf("--max-rounds %d: want 1 or more, or 0 for as before", x.maxRounds)
	}
	return nil
}

// hasFront refuses a run that has nothing for a second pool to begin with.
func hasFront(dir string, last runs.Checkpoint, state evolve.State) error {
	switch {
	case len(state.Front) > 0:
		return nil
	case last.Done:
		return fmt.Errorf("%s ended without a front to go on from: %s", dir, state.Reason)
	}
	return fmt.Errorf("%s has no front to go on from: go on with nse resume %s until it has one", dir, dir)
}

// begin adds the pool to the run and goes on.
func (x continuation) begin(ctx context.Context, c *cobra.Command, s *search, r *runs.Run, second *registry.Pool) error {
	dir, err := absoluteDir(x.pool)
	if err != nil {
		return err
	}
	p := runs.Pool{Number: r.NextPool(), Kind: runs.Second, Round: s.state.Round + 1, Dir: dir, Source: x.pool, MaxRounds: s.Config.MaxRounds, Text: second.Text, Lock: second.Lock}
	if s.watch, err = watchFrom(p, second.Watch, x.sources, warning(c)); err != nil {
		return err
	}
	ops, err := s.network.stored(second.Ops, p.Number)
	if err != nil {
		return err
	}
	if err := r.AddPool(p, ops); err != nil {
		return err
	}
	return s.follow(ctx, c, r)
}

// join adds the operations of another pool. One that is known already has to be what it was, and is taken from the new
// pool's plugin.
func (n *network) join(ctx context.Context, known runs.Ops, ops []registry.Op) error {
	var more []registry.Op
	for _, op := range ops {
		id := slices.Index(n.names, op.Name)
		if id < 0 {
			more = append(more, op)
			continue
		}
		graphs, err := graphsOf(ctx, []registry.Op{op}, n.Layers)
		if err != nil {
			return err
		}
		if err := n.swap(known[id], graphs); err != nil {
			return fmt.Errorf("%s: %w: give it another name", op.Where, err)
		}
	}
	return n.add(ctx, more)
}

// swap puts graphs in the place of an operation's, if they are equal.
func (n *network) swap(op runs.Op, graphs [][]*sdk.Graph) error {
	for l := range n.Layers {
		text, err := wire.MarshalGraph(graphs[l][0])
		if err != nil {
			return err
		}
		if !bytes.Equal(text, op.Graphs[l]) {
			return fmt.Errorf("%s at layer %d is not the operation of that name that the run knows", op.Name, l)
		}
		n.graphs[l][op.ID] = graphs[l][0]
	}
	return nil
}

// ids are the numbers of operations.
func (n *network) ids(ops []registry.Op) []evolve.OpID {
	list := make([]evolve.OpID, len(ops))
	for i, op := range ops {
		list[i] = evolve.OpID(slices.Index(n.names, op.Name))
	}
	return list
}
