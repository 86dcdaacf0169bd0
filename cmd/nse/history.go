package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/internal/runs"
)

// historyFlags are the flags of nse ops history.
type historyFlags struct {
	json    bool
	op, svg string
}

func opsHistoryVerb() *cobra.Command {
	var f historyFlags
	c := &cobra.Command{
		Use:   "history RUN",
		Short: "Say how each operation of a pool fared in a search",
		Long: `For each operation of a run: the file that it came with (and the start of its plugin's SHA-256), the round from which on
it waited, and by round (ROUND:VALUE) in how many layers it was, its mean fitness θ there at the end, in how many layers
it fell below the threshold, was let go because the front did not use it, or stayed, and how many of the front's
architectures use it. --op tells the fitness of one operation over time and its end in each layer; --json has all of it.
--svg draws the rounds of all operations, with a square for each layer.`,
		Example: `  nse ops history runs/001
  nse ops history runs/001 --op mbconv-k5-e3
  nse ops history runs/001 --json
  nse ops history runs/001 --svg history.svg`,
		Args: usage(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			if f.svg != "" && (f.json || f.op != "") {
				return usageError{c.CommandPath(), errors.New("--svg draws all operations: leave --json and --op out")}
			}
			return f.run(c, args[0])
		},
	}
	c.Flags().StringVar(&f.op, "op", "", "one operation, by name")
	c.Flags().StringVar(&f.svg, "svg", "", "write a drawing to this file")
	jsonFlag(c, &f.json)
	return c
}

func (f historyFlags) run(c *cobra.Command, dir string) error {
	r, err := runs.Read(dir)
	if err != nil {
		return err
	}
	defer r.Close()
	var list []history
	if err := r.Frozen(func() (err error) { list, err = histories(r); return err }); err != nil {
		return err
	}
	if f.op != "" {
		list = slices.DeleteFunc(list, func(h history) bool { return h.Op != f.op })
		if len(list) == 0 {
			return fmt.Errorf("%s: the run has no operation %q", dir, f.op)
		}
	}
	switch {
	case f.svg != "":
		return writeHistory(r, list, f.svg)
	case f.json:
		return printJSON(c.OutOrStdout(), list)
	case f.op != "":
		return printHistory(c.OutOrStdout(), list[0])
	}
	return table(c.OutOrStdout(), historyRows(list))
}

// history is how an operation fared.
type history struct {
	Op          string       `json:"op"`
	Plugin      string       `json:"plugin"`             // its family
	Checksum    string       `json:"checksum,omitempty"` // of the plugin's binary, as it was last used
	Came        origin       `json:"came"`
	Quarantined *quarantined `json:"quarantined,omitempty"`
	Places      []episode    `json:"places"` // by round and layer
	Fronts      []onFront    `json:"fronts"` // by round
}

// origin is where and when an operation came first.
type origin struct {
	Kind   runs.PoolKind `json:"kind"`   // start, second (nse continue) or arrived
	Source string        `json:"source"` // file
	Round  int           `json:"round"`  // from which on it waited
	Time   time.Time     `json:"time"`

	pool int // number
}

// quarantined says why an operation could not be run any more.
type quarantined struct {
	Round  int    `json:"round"`
	Reason string `json:"reason"`
}

// episode is what became of an operation at one layer in one round.
type episode struct {
	Round   int     `json:"round"`
	Layer   int     `json:"layer"`
	New     bool    `json:"new"`     // it came in for this round; otherwise it was inherited from the last front
	Fitness []theta `json:"fitness"` // over the round
	End     string  `json:"end"`     // kept, dropped (at the last step of Fitness), let go, quarantined, given up, or nothing while the round goes on
}

// theta is the fitness parameter θ after a fitness step.
type theta struct {
	Step  int     `json:"step"`
	Theta float64 `json:"theta"`
}

// onFront counts the architectures of a round's front that use an operation.
type onFront struct {
	Round         int `json:"round"`
	Architectures int `json:"architectures"`
	Front         int `json:"front"` // size of the front
}

// What can become of an operation at a layer in a round.
const (
	wasKept    = "kept"
	wasDropped = "dropped"
	wasLetGo   = "let go"
	wasBroken  = "quarantined"
	wasGivenUp = "given up" // the round was
)

// histories reads the histories of a run's operations, in the order in which they came.
func histories(r *runs.Run) ([]history, error) {
	ops, err := r.Ops()
	if err != nil {
		return nil, err
	}
	pools, err := r.Pools()
	if err != nil {
		return nil, err
	}
	list := make([]history, len(ops))
	index := map[string]int{}
	for i, op := range ops {
		list[i] = history{Op: op.Name, Plugin: op.Plugin, Checksum: op.Checksum, Places: []episode{}, Fronts: []onFront{}}
		if op.Pool < 0 || op.Pool >= len(pools) {
			return nil, fmt.Errorf("%s is damaged: %s is of pool %d, there are %d", r.Dir, op.Name, op.Pool, len(pools))
		}
		p := pools[op.Pool]
		list[i].Came = origin{p.Kind, p.Source, p.Round, p.Time, p.Number}
		index[op.Name] = i
	}
	if err := addQuarantines(r, list); err != nil {
		return nil, err
	}
	rounds, err := r.Rounds()
	for i := range rounds {
		if err == nil {
			err = addRound(r, rounds, i, func(op string) *history { return &list[index[op]] })
		}
	}
	return list, err
}

func addQuarantines(r *runs.Run, list []history) error {
	events, err := r.Events(evolve.Quarantined{}.Kind())
	for _, e := range events {
		var q evolve.Quarantined
		if err := json.Unmarshal(e.Body, &q); err != nil || int(q.Op) >= len(list) {
			return fmt.Errorf("%s: event %d is damaged", r.Dir, e.Seq)
		}
		list[q.Op].Quarantined = &quarantined{e.Round, q.Reason}
	}
	return err
}

// addRound adds what happened in the i-th round.
func addRound(r *runs.Run, rounds []runs.Round, i int, of func(op string) *history) error {
	round := rounds[i]
	var inherited [][]string // what the last front used, by layer
	for _, before := range rounds[:i] {
		if before.Kept != nil {
			inherited = before.Kept
		}
	}
	rows, err := r.Fitness(round.Round)
	if err != nil {
		return err
	}
	curves, dropped := map[spot][]theta{}, map[spot]bool{}
	for _, f := range rows {
		at := spot{f.Layer, f.Op}
		curves[at] = append(curves[at], theta{f.Step, f.Theta})
		dropped[at] = f.Dropped
	}
	for l, ops := range round.Subset {
		for _, op := range ops {
			at, h := spot{l, op}, of(op)
			e := episode{Round: round.Round, Layer: l, Fitness: append([]theta{}, curves[at]...)}
			e.New = inherited == nil || !slices.Contains(inherited[l], op)
			switch {
			case dropped[at]:
				e.End = wasDropped
			case h.Quarantined != nil && h.Quarantined.Round == round.Round:
				e.End = wasBroken
			case round.Kept != nil && slices.Contains(round.Kept[l], op):
				e.End = wasKept
			case round.Kept != nil:
				e.End = wasLetGo
			case i < len(rounds)-1:
				e.End = wasGivenUp
			}
			h.Places = append(h.Places, e)
		}
	}
	return addFront(r, round.Round, of)
}

// spot is an operation at a layer.
type spot struct {
	layer int
	op    string
}

func addFront(r *runs.Run, round int, of func(op string) *history) error {
	front, err := frontOf(r, round)
	if err != nil {
		return err
	}
	uses := map[string]int{}
	for _, a := range front {
		used := slices.Concat(a.Ops...)
		slices.Sort(used)
		for _, op := range slices.Compact(used) {
			uses[op]++
		}
	}
	for op, n := range uses { // each to a history of its own: the order is of no consequence
		h := of(op)
		h.Fronts = append(h.Fronts, onFront{round, n, len(front)})
	}
	return nil
}
