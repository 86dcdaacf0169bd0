package runs

import (
	"cmp"
	"encoding/json"
	"slices"
)

// Front is the content of front.json: the Pareto front of a round.
type Front struct {
	Round         int            `json:"round"`
	Unit          string         `json:"unit"`                // of cost: million MACs or ms
	Hypervolume   float64        `json:"hypervolume"`         // of the front
	Rehearsed     *float64       `json:"rehearsed,omitempty"` // Round.Rehearsed
	Architectures []Architecture `json:"architectures"`       // by ascending cost
}

// Encode is the text of front.json: equal for equal fronts.
func (f Front) Encode() ([]byte, error) {
	text, err := json.MarshalIndent(f, "", " ")
	return append(text, '\n'), err
}

// Front is the front of a round that has one, by rising cost. unit is that of the run's costs.
func (r *Run) Front(x Round, unit string) (Front, error) {
	archs, err := r.Architectures(x.Round)
	return Front{x.Round, unit, x.Hypervolume, x.Rehearsed, OnFront(archs)}, err
}

// OnFront lists the front among the architectures of a round, by ascending cost.
func OnFront(archs []Architecture) []Architecture {
	front := slices.DeleteFunc(slices.Clone(archs), func(a Architecture) bool { return !a.Front })
	slices.SortStableFunc(front, func(a, b Architecture) int { return cmp.Compare(a.Cost, b.Cost) })
	return front
}

// LastFront is the last round that has a front. It reports false where none has.
func LastFront(rounds []Round) (last Round, ok bool) {
	for _, x := range rounds {
		if x.Done {
			last, ok = x, true
		}
	}
	return last, ok
}
