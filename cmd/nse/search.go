package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/big"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/internal/file"
	"github.com/nse-dev/nse/internal/latency"
	"github.com/nse-dev/nse/internal/runs"
	"github.com/nse-dev/nse/internal/setting"
	"github.com/nse-dev/nse/registry"
	"github.com/nse-dev/nse/supernet"
	"github.com/nse-dev/nse/supernet/config"
	"github.com/nse-dev/nse/supernet/data"
)

// search is a search that is ready to run.
type search struct {
	evolve.Search
	network *network
	engine  *supernet.Engine
	image   supernet.Input
	state   evolve.State
	every   time.Duration // between checkpoints
	second  []evolve.OpID // pool to continue with; nil: go on with the present one
	watch   watch
	plugins registry.Options // of those that come
	images  [2]int           // training and held-out
}

// prepare opens the data, lays out the network and builds the engine.
func prepare(c config.Config, layOut func(supernet.Skeleton, pricing) (*network, error)) (*search, error) {
	set, err := data.Open(c.Data.Spec, c.Seed, c.Data.Size)
	if err != nil {
		return nil, err
	}
	source := supernet.Source{Set: set, Augment: c.Augment}
	held := max(1, int(c.Data.HeldOut*float64(set.Train.Len())))
	if source.Train, source.Held, err = set.Train.Hold(held, c.Seed); err != nil {
		return nil, err
	}
	s := &search{every: time.Duration(c.CheckpointSeconds * float64(time.Second)), plugins: pluginOptions()}
	s.image = supernet.InputOf(set)
	s.images = [2]int{source.Train.Len(), source.Held.Len()}
	if c.Train.Batch > s.images[0] {
		return nil, setting.Errorf("train.batch", c.Train.Batch, "want at most %d, the training images", s.images[0])
	}
	skeleton, err := c.Macro.Skeleton(s.image)
	if err != nil {
		return nil, err
	}
	if s.network, err = layOut(skeleton, pricingOf(c, s.image)); err != nil {
		return nil, err
	}
	s.Search = evolve.Search{Problem: s.network.problem(), Config: c.Search, Seed: c.Seed}
	if s.Config.TrainSteps == 0 {
		s.Config.TrainSteps = c.Train.Steps(source.Train.Len())
	}
	if err := s.Validate(); err != nil {
		return nil, setting.In("search", err)
	}
	net, err := supernet.NewNet(skeleton, s.network.build, c.Seed, c.Workers)
	if err != nil {
		return nil, err
	}
	s.engine = supernet.NewEngine(net, source, c.Train, c.Score)
	s.Engine = s.engine
	return s, nil
}

// record is what a new run holds.
func (s *search) record(c config.Config, configText []byte, p runs.Pool, ops []registry.Op) (runs.Beginning, error) {
	kept, err := s.network.stored(ops, p.Number)
	info := runs.Info{Seed: c.Seed, Version: version(), Preset: c.Preset, Data: c.Data.Spec, Image: s.image, Fixed: s.network.fixed, ConfigHash: file.Sum(configText)}
	return runs.Beginning{Info: info, Config: configText, Pool: p, Ops: kept}, err
}

// introduce says what is searched, and whether the budget can be met.
func (s *search) introduce(w io.Writer) error {
	size := s.Problem.Size(s.Config.K, s.Config.SingleBranch)
	least, greatest := s.Reach()
	c := s.Config.Constraint
	_, err := fmt.Fprintf(w, "data: %d training and %d held-out images %d×%d×%d, %d classes\n"+
		"space: %d operations in %d layers, %d at a time: %s architectures\n"+
		"budget: %.4g to %.4g %s; the space reaches from %.4g to %.4g\n",
		s.images[0], s.images[1], s.image.Height, s.image.Width, s.image.Channels, s.image.Classes,
		len(s.Problem.Pool), len(s.Problem.Normal), s.Config.K, sizeText(size), c.Low(), c.High(), c.Kind.Unit(), least, greatest)
	return err
}

// sizeText is a number in full, and in powers of ten where it is long.
func sizeText(n *big.Int) string {
	digits := n.String()
	if len(digits) <= 9 {
		return digits
	}
	f, _ := new(big.Float).SetInt(n).Float64()
	mantissa, exponent, _ := strings.Cut(fmt.Sprintf("%.1e", f), "e+")
	return fmt.Sprintf("%s (%s·10^%s)", digits, mantissa, strings.TrimLeft(exponent, "0"))
}

// follow runs the search from its state to its end, with everything that happens written to the run.
func (s *search) follow(ctx context.Context, c *cobra.Command, r *runs.Run) error {
	fmt.Fprintf(c.ErrOrStderr(), "run: %s\n", r.Dir)
	if err := r.AddMachine(latency.Here(version()).String()); err != nil {
		return err
	}
	rec := recorder{run: r, network: s.network, every: s.every, save: s.engine.Save, steps: s.Config.TrainSteps, ctx: ctx}
	if err := rec.continueFrom(s.state); err != nil {
		return err
	}
	p := newProgress(c.ErrOrStderr(), len(rec.standing.fallen))
	p.unit = s.Config.Constraint.Kind.Unit()
	s.Observe = func(e evolve.Event) error {
		rec.observe(e)
		p.observe(e, s.Config.TrainSteps)
		return nil
	}
	s.Checkpoint = rec.checkpoint
	s.watch.inbox = filepath.Join(r.Dir, inbox)
	came := &arrivals{run: r, network: s.network, plugins: s.plugins, watch: s.watch, round: func() int { return rec.round + 1 }, say: p.aside, refused: map[string]bool{}}
	defer came.close()
	endWatch, err := came.begin(ctx)
	if err != nil {
		return err
	}
	defer endWatch()
	s.Arrivals = came.take
	state := s.state
	if s.second != nil {
		state, err = s.Continue(ctx, state, s.second)
	}
	if err == nil {
		state, err = s.Run(ctx, state)
	}
	p.close()
	if errors.Is(err, context.Canceled) && ctx.Err() != nil {
		fmt.Fprintf(c.ErrOrStderr(), "stopped in round %d; go on with: nse resume %s\n", state.Round, r.Dir)
		return errInterrupted
	}
	if err != nil {
		return err
	}
	return finish(c, r, state)
}

// finish completes the files of a run and prints the front.
func finish(c *cobra.Command, r *runs.Run, state evolve.State) error {
	if err := errors.Join(render(r, true), new(board).rewrite(r)); err != nil {
		return err
	}
	rounds, err := r.Rounds()
	if err != nil {
		return err
	}
	fmt.Fprintf(c.ErrOrStderr(), "finished: %s\n", state.Reason)
	last, ok := lastFront(rounds)
	if !ok {
		return errors.New("the search ended without a front: " + state.Reason)
	}
	archs, err := frontOf(r, last.Round)
	if err != nil {
		return err
	}
	settings, err := configOf(r)
	if err != nil {
		return err
	}
	unit := "M MACs"
	if settings.Search.Constraint.Kind == evolve.Latency {
		unit = "ms"
	}
	rows := []string{"front\taccuracy\t" + unit + "\tparameters\toperations by layer"}
	for i, a := range archs {
		rows = append(rows, fmt.Sprintf("%d\t%.2f %%\t%.4g\t%s\t%s", i+1, 100*a.Accuracy, a.Cost, thousands(a.Params), opsText(a.Ops)))
	}
	if err := table(c.OutOrStdout(), rows); err != nil {
		return err
	}
	_, err = fmt.Fprintf(c.ErrOrStderr(), "files: %s\n", filepath.Join(r.Dir, runs.FrontFile))
	return err
}

// opsText lists operations, layers apart by bars.
func opsText(layers [][]string) string {
	parts := make([]string, len(layers))
	for l, ops := range layers {
		parts[l] = strings.Join(ops, "+")
		if len(ops) == 0 {
			parts[l] = "-"
		}
	}
	return strings.Join(parts, " | ")
}

// absolute makes the folder of a data set's specification absolute, so that the run can be resumed from anywhere.
func absolute(spec string) (string, error) {
	name, dir, found := strings.Cut(spec, ":")
	if !found || name == "generated" || dir == "" {
		return spec, nil
	}
	path, err := filepath.Abs(dir)
	return name + ":" + path, err
}
