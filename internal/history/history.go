// Package history says how each operation of a run fared. It tells where the operation came from, how its fitness moved
// at every layer in every round, and how that ended. It counts the architectures of the fronts that use it.
package history

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/internal/runs"
)

// Operation is how an operation fared.
type Operation struct {
	Op          string      `json:"op"`
	Plugin      string      `json:"plugin"`             // its family
	Checksum    string      `json:"checksum,omitempty"` // of the plugin's binary, as it was last used
	Came        Origin      `json:"came"`
	Quarantined *Quarantine `json:"quarantined,omitempty"`
	Places      []Episode   `json:"places"` // by round and layer
	Fronts      []Front     `json:"fronts"` // by round
}

// Only leaves one operation of a list. It is an error if the list lacks it.
func Only(list []Operation, op string) ([]Operation, error) {
	list = slices.DeleteFunc(list, func(h Operation) bool { return h.Op != op })
	if len(list) == 0 {
		return nil, fmt.Errorf("the run has no operation %q", op)
	}
	return list, nil
}

// Origin is where and when an operation came first.
type Origin struct {
	Kind   runs.PoolKind `json:"kind"`   // start, second (nse continue) or arrived
	Source string        `json:"source"` // file
	Round  int           `json:"round"`  // from which on it waited
	Time   time.Time     `json:"time"`

	pool int // number
}

// Quarantine says why an operation could not be run any more.
type Quarantine struct {
	Round  int    `json:"round"`
	Reason string `json:"reason"`
}

// Episode is what became of an operation at one layer in one round.
type Episode struct {
	Round   int     `json:"round"`
	Layer   int     `json:"layer"`
	New     bool    `json:"new"`     // it came in for this round; otherwise it was inherited from the last front
	Fitness []Theta `json:"fitness"` // over the round
	End     End     `json:"end"`     // empty while the round goes on
}

// Theta is the fitness parameter θ after a fitness step.
type Theta struct {
	Step  int     `json:"step"`
	Theta float64 `json:"theta"`
}

// Front counts the architectures of a round's front that use an operation.
type Front struct {
	Round         int `json:"round"`
	Architectures int `json:"architectures"`
	Front         int `json:"front"` // size of the front
}

// End is what became of an operation at a layer in a round.
type End string

// The ends of an episode. One that goes on has the empty End.
const (
	Kept        End = "kept"        // the round's front uses it
	Unsampled   End = "unsampled"   // no architecture within the budget that the round scored, or could, uses it
	Dropped     End = "dropped"     // its fitness fell below the threshold, at the last step of Episode.Fitness
	LetGo       End = "let go"      // the round's front does not use it
	Quarantined End = "quarantined" // it could not be run any more
	GivenUp     End = "given up"    // the round has no front and never will
)

// Of reads the histories of a run's operations, in the order of their ids. A run that a search writes has to be Frozen
// meanwhile. A database whose tables do not fit together is an error that names the run.
func Of(r *runs.Run) ([]Operation, error) {
	ops, err := r.Ops()
	if err != nil {
		return nil, err
	}
	pools, err := r.Pools()
	if err != nil {
		return nil, err
	}
	list := make([]Operation, len(ops))
	index := map[string]int{}
	for i, op := range ops {
		list[i] = Operation{Op: op.Name, Plugin: op.Plugin, Checksum: op.Checksum, Places: []Episode{},
			Fronts: []Front{}}
		if op.Pool < 0 || op.Pool >= len(pools) {
			return nil, fmt.Errorf("%s is damaged: %s is of pool %d, there are %d", r.Dir, op.Name, op.Pool, len(pools))
		}
		p := pools[op.Pool]
		list[i].Came = Origin{p.Kind, p.Source, p.Round, p.Time, p.Number}
		index[op.Name] = i
	}
	if err := addQuarantines(r, list); err != nil {
		return nil, err
	}
	rounds, err := r.Rounds()
	if err != nil {
		return nil, err
	}
	missing, err := unsampled(r, list)
	for i := range rounds {
		if err == nil {
			err = addRound(r, rounds, i, missing, func(op string) *Operation { return &list[index[op]] })
		}
	}
	return list, err
}

// unsampled says by round which operations could not be sampled at which layers. Runs of older versions do not tell.
func unsampled(r *runs.Run, list []Operation) (map[int]map[spot]bool, error) {
	events, err := r.Events(evolve.Sampled{}.Kind())
	missing := map[int]map[spot]bool{}
	for _, e := range events {
		var b evolve.Sampled
		if err := json.Unmarshal(e.Body, &b); err != nil {
			return nil, fmt.Errorf("%s: event %d is damaged", r.Dir, e.Seq)
		}
		if b.Unsampled == nil {
			continue
		}
		missing[e.Round] = map[spot]bool{}
		for l, ops := range b.Unsampled.Ops {
			for _, op := range ops {
				if op < 0 || int(op) >= len(list) {
					return nil, fmt.Errorf("%s: event %d is damaged", r.Dir, e.Seq)
				}
				missing[e.Round][spot{l, list[op].Op}] = true
			}
		}
	}
	return missing, err
}

func addQuarantines(r *runs.Run, list []Operation) error {
	events, err := r.Events(evolve.Quarantined{}.Kind())
	for _, e := range events {
		var q evolve.Quarantined
		if err := json.Unmarshal(e.Body, &q); err != nil || int(q.Op) >= len(list) {
			return fmt.Errorf("%s: event %d is damaged", r.Dir, e.Seq)
		}
		list[q.Op].Quarantined = &Quarantine{e.Round, q.Reason}
	}
	return err
}

// addRound adds what happened in the i-th round.
func addRound(
	r *runs.Run, rounds []runs.Round, i int, missing map[int]map[spot]bool, of func(op string) *Operation,
) error {
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
	curves, dropped := map[spot][]Theta{}, map[spot]bool{}
	for _, f := range rows {
		at := spot{f.Layer, f.Op}
		curves[at] = append(curves[at], Theta{f.Step, f.Theta})
		dropped[at] = f.Dropped
	}
	for l, ops := range round.Subset {
		for _, op := range ops {
			at, h := spot{l, op}, of(op)
			e := Episode{Round: round.Round, Layer: l, Fitness: append([]Theta{}, curves[at]...)}
			e.New = inherited == nil || !slices.Contains(inherited[l], op)
			switch {
			case dropped[at]:
				e.End = Dropped
			case h.Quarantined != nil && h.Quarantined.Round == round.Round:
				e.End = Quarantined
			case round.Kept != nil && slices.Contains(round.Kept[l], op):
				e.End = Kept
			case missing[round.Round][at]:
				e.End = Unsampled
			case round.Kept != nil:
				e.End = LetGo
			case i < len(rounds)-1:
				e.End = GivenUp
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

func addFront(r *runs.Run, round int, of func(op string) *Operation) error {
	archs, err := r.Architectures(round)
	if err != nil {
		return err
	}
	front := runs.OnFront(archs)
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
		h.Fronts = append(h.Fronts, Front{round, n, len(front)})
	}
	return nil
}
