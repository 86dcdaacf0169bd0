package evolve

import (
	"encoding/json"
	"slices"

	"github.com/nse-dev/nse/evolve/fitness"
	"github.com/nse-dev/nse/evolve/space"
)

// Phase is the step of a round that comes next.
type Phase string

// The phases, in the order in which a round goes through them.
const (
	PhaseBegin     Phase = ""          // fresh weights and fitness
	PhaseTrain     Phase = "train"     // State.Step weight updates are done
	PhaseSample    Phase = "sample"    // training is over
	PhaseScore     Phase = "score"     // some of State.Trials may be done
	PhaseRetrieve  Phase = "retrieve"  // all trials are scored
	PhaseReplenish Phase = "replenish" // State.Front is this round's, or an older one if it yielded none
	PhaseFinished  Phase = "finished"  // State.Reason says why
)

// State is all that a search carries from one step boundary to the next, besides what its Engine holds. The zero value
// stands before the start. It is plain data: JSON keeps every bit of it.
type State struct {
	Round   int             `json:"round"` // from 1; 0 before the start
	Phase   Phase           `json:"phase"`
	Step    int             `json:"step"`    // weight updates done in this round
	Space   space.Space     `json:"space"`   // of this round; of the last one when finished
	Fitness fitness.Fitness `json:"fitness"` // of this round
	Trials  []Trial         `json:"trials"`  // to score in this round; empty before PhaseScore
	Front   []Member        `json:"front"`   // the latest retrieved, by ascending cost
	Events  int             `json:"events"`  // number of events so far: the next event's Seq
	Reason  string          `json:"reason"`  // why the search finished
	Pool    int             `json:"pool"`    // size of the present pool, with what has arrived
	Before  int             `json:"before"`  // rounds of the pools before it
	// Memory is what a method other than NSE keeps besides. It is the method's own JSON.
	Memory json.RawMessage `json:"memory,omitempty"`
	// Spent is what the search has spent so far, of an engine that is Metered. Search.Emit brings it up to date.
	Spent Ledger `json:"spent,omitzero"`
	// Opening is Spent as it was when the round began.
	Opening Ledger `json:"opening,omitzero"`
	// Carried is Spent as it was when the present pool came. Budgets do not count it.
	Carried Ledger `json:"carried,omitzero"`
	// Result is what the program made of a search that has ended, as its own JSON. A search does not read it, and
	// Continue begins without one.
	Result json.RawMessage `json:"result,omitempty"`
}

// Uses reports whether a search may still run an operation: one that waits, or is in the subset or on the front. Before
// the start it may run every one.
func (st State) Uses(op OpID) bool {
	if st.Round == 0 {
		return true
	}
	for _, layer := range st.Space.Layers {
		if slices.Contains(layer.Kept, op) || slices.Contains(layer.New, op) || slices.Contains(layer.Pending, op) {
			return true
		}
	}
	return slices.ContainsFunc(st.Front, func(m Member) bool { return m.Arch.Uses(op) })
}

// Trial is an architecture to score.
type Trial struct {
	Member
	Extra     bool `json:"extra"`          // below the constraint interval: counts in dominance only
	Rehearsed bool `json:"rehearsed"`      // from the previous front
	Done      bool `json:"done"`           // Accuracy is known
	Gone      bool `json:"gone,omitempty"` // it cannot be scored: an operation was quarantined
}

// Member is a scored architecture of a Pareto front.
type Member struct {
	Arch     Arch    `json:"arch"`
	Cost     float64 `json:"cost"`     // in the unit of the candidates' cost
	Accuracy float64 `json:"accuracy"` // top-1 on the held-out set, 0..1, as of the latest scoring
	Round    int     `json:"round"`    // in which it was sampled
	// Epochs is how long it was trained alone for the accuracy. 0 means that it had the shared weights.
	Epochs int `json:"epochs,omitempty"`
}
