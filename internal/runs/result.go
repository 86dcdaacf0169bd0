package runs

import (
	"encoding/json"
	"fmt"

	"github.com/nse-dev/nse/evolve"
)

// ResultFile is the name of the file of a run's Result.
const ResultFile = "result.json"

// Result is what a search has found, trained alone on all training images and tested once. The tags are the format of
// result.json.
type Result struct {
	Accuracy float64    `json:"accuracy"` // of the test images, 0..1
	MACs     int64      `json:"macs"`
	Params   int64      `json:"params"`
	Ops      [][]string `json:"ops"`   // names by layer
	Round    int        `json:"round"` // after which the search ended
	Name     string     `json:"name"`  // of the architecture in its run, and of its folder of models
	Stack    *Stack     `json:"stack"` // nil where there is none to compare with
	Ledger   Ledger     `json:"ledger"`
}

// Stack is the best uniform stack with at most the MACs of a Result, trained and tested alike.
type Stack struct {
	Accuracy float64 `json:"accuracy"` // of the test images, 0..1
	MACs     int64   `json:"macs"`
	Params   int64   `json:"params"`
	Op       string  `json:"op"`   // in every layer
	Name     string  `json:"name"` // of its folder of models
}

// Encode is the text of result.json.
func (x Result) Encode() ([]byte, error) {
	text, err := json.MarshalIndent(x, "", " ")
	return append(text, '\n'), err
}

// Result is what the search ended with, with all that was spent up to there. It is nil for a search that has not ended,
// or that trains nothing at its end.
func (r *Run) Result() (*Result, error) {
	_, state, err := r.State()
	if err != nil || state.Result == nil {
		return nil, err
	}
	x := new(Result)
	if err := json.Unmarshal(state.Result, x); err != nil {
		return nil, fmt.Errorf("%s: the result is damaged: %w", r.Dir, err)
	}
	x.Ledger, err = r.Ledger()
	return x, err
}

// Conclude keeps the result of a search that has ended. spent is what came to it since, in so many seconds: it is added
// to the ledger and to the state.
func (r *Run) Conclude(x Result, spent evolve.Ledger, seconds float64) error {
	return r.amend(func(st *evolve.State, l *Ledger) (err error) {
		st.Spent = st.Spent.Plus(spent)
		l.Seconds += seconds
		x.Ledger = Ledger{} // the table has it
		st.Result, err = json.Marshal(x)
		return err
	})
}

// Lasted adds seconds to what a search that has ended has spent.
func (r *Run) Lasted(seconds float64) error {
	return r.amend(func(_ *evolve.State, l *Ledger) error { l.Seconds += seconds; return nil })
}

// amend changes the last state and the last row of the ledger in one transaction. The weights stay. What the row counts
// is what the state has spent.
func (r *Run) amend(change func(*evolve.State, *Ledger) error) error {
	last, state, err := r.State()
	if err != nil {
		return err
	}
	l, err := r.Ledger()
	if err != nil {
		return err
	}
	if err := change(&state, &l); err != nil {
		return err
	}
	l.Round, l.Ledger = state.Round, state.Spent
	r.SetLedger(l)
	if last.State, err = json.Marshal(state); err != nil {
		return err
	}
	return r.Checkpoint(last, nil)
}
