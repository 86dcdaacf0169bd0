package runs

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/nse-dev/nse/internal/text"
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
	encoded, err := json.MarshalIndent(f, "", " ")
	return append(encoded, '\n'), err
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

// Latest lists the architectures of a round without all but the last score of each.
func Latest(archs []Architecture) (list []Architecture) {
	last := map[string]int{}
	for i, a := range archs {
		last[fmt.Sprint(a.Ops)] = i
	}
	for i, a := range archs {
		if last[fmt.Sprint(a.Ops)] == i {
			list = append(list, a)
		}
	}
	return list
}

// Weights says whose weights an accuracy is of, by the epochs that the architecture was trained alone for.
func Weights(epochs int) string {
	if epochs == 0 {
		return "shared weights"
	}
	return "trained alone, " + text.Epochs(epochs)
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
