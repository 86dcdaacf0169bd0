package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/internal/runs"
)

func opsHistoryVerb() *cobra.Command {
	var asJSON bool
	var only string
	c := &cobra.Command{
		Use:   "history RUN",
		Short: "Say how each operation of a pool fared in a search",
		Long: `For each operation of a run's pool: in which round it first came in, in how many places (a layer in a round) it was,
its mean fitness θ there at the end of its rounds, in how many places it fell below the threshold or was let go because
the front did not use it, and in how many architectures of which rounds' fronts it is. --op lists the places of one
operation; --json has all of them.`,
		Example: `  nse ops history runs/001
  nse ops history runs/001 --op mbconv-k5-e3
  nse ops history runs/001 --json`,
		Args: usage(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			r, err := runs.Read(args[0])
			if err != nil {
				return err
			}
			defer r.Close()
			list, err := histories(r)
			if err != nil {
				return err
			}
			if only != "" {
				list = slices.DeleteFunc(list, func(h history) bool { return h.Op != only })
				if len(list) == 0 {
					return fmt.Errorf("%s: the run has no operation %q", args[0], only)
				}
			}
			switch {
			case asJSON:
				return printJSON(c.OutOrStdout(), list)
			case only != "":
				return table(c.OutOrStdout(), placeRows(list[0]))
			}
			return table(c.OutOrStdout(), historyRows(list))
		},
	}
	c.Flags().StringVar(&only, "op", "", "one operation, by name")
	jsonFlag(c, &asJSON)
	return c
}

// history is how an operation fared.
type history struct {
	Op          string    `json:"op"`
	Plugin      string    `json:"plugin"`
	Checksum    string    `json:"checksum,omitempty"`    // of the plugin's binary
	Quarantined string    `json:"quarantined,omitempty"` // why it could not be run any more
	Places      []episode `json:"places"`                // by round and layer
	Fronts      []onFront `json:"fronts"`                // by round
}

// episode is what became of an operation at one layer in one round.
type episode struct {
	Round int      `json:"round"`
	Layer int      `json:"layer"`
	New   bool     `json:"new"`   // it came in for this round; otherwise it was inherited from the last front
	Theta *float64 `json:"theta"` // fitness, as last recorded in the round
	End   string   `json:"end"`   // kept, dropped, let go, or nothing while the round goes on
	Step  int      `json:"step"`  // of fitness updates: of Theta, and of the fall
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
)

// histories reads the histories of a run's operations, in the order of the pool.
func histories(r *runs.Run) ([]history, error) {
	ops, err := r.Ops()
	if err != nil {
		return nil, err
	}
	list := make([]history, len(ops))
	index := map[string]int{}
	for i, op := range ops {
		list[i] = history{Op: op.Name, Plugin: op.Plugin, Checksum: op.Checksum, Places: []episode{}, Fronts: []onFront{}}
		index[op.Name] = i
	}
	events, err := r.Events(evolve.Quarantined{}.Kind())
	if err != nil {
		return nil, err
	}
	for _, e := range events {
		var q evolve.Quarantined
		if err := json.Unmarshal(e.Body, &q); err != nil || int(q.Op) >= len(list) {
			return nil, fmt.Errorf("%s: event %d is damaged", r.Dir, e.Seq)
		}
		list[q.Op].Quarantined = fmt.Sprintf("in round %d: %s", e.Round, q.Reason)
	}
	rounds, err := r.Rounds()
	for i, round := range rounds {
		if err == nil {
			err = addRound(r, rounds[:i], round, func(op string) *history { return &list[index[op]] })
		}
	}
	return list, err
}

// addRound adds what happened in a round, given those before it.
func addRound(r *runs.Run, before []runs.Round, round runs.Round, of func(op string) *history) error {
	fitness, err := r.Fitness(round.Round)
	if err != nil {
		return err
	}
	last := map[fallenName]runs.Fitness{}
	for _, f := range fitness {
		last[fallenName{f.Layer, f.Op}] = f
	}
	for l, ops := range round.Subset {
		for _, op := range ops {
			e := episode{Round: round.Round, Layer: l, New: true}
			if n := len(before); n > 0 && before[n-1].Kept != nil {
				e.New = !slices.Contains(before[n-1].Kept[l], op)
			}
			f, measured := last[fallenName{l, op}]
			if measured {
				e.Theta, e.Step = &f.Theta, f.Step
			}
			switch {
			case f.Dropped:
				e.End = wasDropped
			case round.Kept != nil && slices.Contains(round.Kept[l], op):
				e.End = wasKept
			case round.Kept != nil:
				e.End = wasLetGo
			}
			h := of(op)
			h.Places = append(h.Places, e)
		}
	}
	return addFront(r, round.Round, of)
}

// fallenName is an operation at a layer.
type fallenName struct {
	layer int
	op    string
}

func addFront(r *runs.Run, round int, of func(op string) *history) error {
	archs, err := r.Architectures(round)
	if err != nil {
		return err
	}
	front := slices.DeleteFunc(archs, func(a runs.Architecture) bool { return !a.Front })
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

// historyRows is the table of all operations, those that the fronts used most first.
func historyRows(list []history) []string {
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b history) int { return b.used() - a.used() })
	rows := []string{"operation\tcame in round\tplaces\tθ\tfell\tlet go\tkept\tfronts"}
	for _, h := range list {
		came, theta := "-", "-"
		if len(h.Places) > 0 {
			came = fmt.Sprint(h.Places[0].Round)
		}
		sum, n := 0.0, 0
		for _, e := range h.Places {
			if e.Theta != nil {
				sum, n = sum+*e.Theta, n+1
			}
		}
		if n > 0 {
			theta = fmt.Sprintf("%.2f", sum/float64(n))
		}
		rows = append(rows, fmt.Sprintf("%s\t%s\t%d\t%s\t%d\t%d\t%d\t%s", h.Op, came, len(h.Places), theta,
			h.count(wasDropped), h.count(wasLetGo), h.count(wasKept), h.fronts()))
	}
	return rows
}

// used counts the architectures of all fronts that use the operation.
func (h history) used() (n int) {
	for _, f := range h.Fronts {
		n += f.Architectures
	}
	return n
}

func (h history) count(end string) (n int) {
	for _, e := range h.Places {
		if e.End == end {
			n++
		}
	}
	return n
}

// fronts says how many architectures of each front use the operation, or why none can any more.
func (h history) fronts() string {
	var parts []string
	for _, f := range h.Fronts {
		parts = append(parts, fmt.Sprintf("round %d: %d of %d", f.Round, f.Architectures, f.Front))
	}
	if h.Quarantined != "" {
		parts = append(parts, "quarantined "+h.Quarantined)
	}
	if len(parts) == 0 {
		return "-"
	}
	return strings.Join(parts, ", ")
}

// placeRows is the table of one operation.
func placeRows(h history) []string {
	rows := []string{"round\tlayer\tcame\tθ\tend"}
	for _, e := range h.Places {
		came, theta, end := "inherited", "-", e.End
		if e.New {
			came = "new"
		}
		if e.Theta != nil {
			theta = fmt.Sprintf("%.2f", *e.Theta)
		}
		switch e.End {
		case wasDropped:
			end = fmt.Sprintf("dropped at fitness step %d", e.Step)
		case wasLetGo:
			end = "let go: the front did not use it"
		case "":
			end = "-"
		}
		rows = append(rows, fmt.Sprintf("%d\t%d\t%s\t%s\t%s", e.Round, e.Layer, came, theta, end))
	}
	return rows
}
