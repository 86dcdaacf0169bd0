package runs

import (
	"fmt"
	"slices"
)

// Listing is what a run has scored, in order.
type Listing struct {
	Unit          string // of costs: million MACs or ms
	Architectures []Listed
}

// Listed is an architecture with its names.
type Listed struct {
	Name  string `json:"name"`
	Front string `json:"front,omitempty"` // its other name, on the last front
	Round int    `json:"round"`
	Role  Role   `json:"role"`
	Architecture
}

// Listing lists what a round has scored, or all rounds where round is 0. A round that has not begun is an error.
func (r *Run) Listing(round int) (l Listing, err error) {
	rounds, err := r.Rounds()
	if err != nil {
		return l, err
	}
	settings, err := r.Settings()
	if err != nil {
		return l, err
	}
	if round < 0 || round > len(rounds) {
		return l, fmt.Errorf("%s: --round %d: it has begun %d rounds", r.Dir, round, len(rounds))
	}
	l = Listing{settings.Search.Constraint.Kind.Unit(), []Listed{}}
	last, hasFront := LastFront(rounds)
	for _, x := range rounds {
		if round != 0 && x.Round != round {
			continue
		}
		archs, err := r.Architectures(x.Round)
		if err != nil {
			return l, err
		}
		first := len(l.Architectures)
		for _, a := range archs {
			l.Architectures = append(l.Architectures, Listed{a.Name(), "", a.Round, a.Role, a})
		}
		if hasFront && x.Round == last.Round {
			nameFront(l.Architectures[first:], OnFront(archs))
		}
	}
	return l, nil
}

// nameFront gives the members of the last front their other name.
func nameFront(list []Listed, front []Architecture) {
	for n, a := range front {
		i := slices.IndexFunc(list, func(x Listed) bool { return x.Number == a.Number })
		list[i].Front = fmt.Sprintf("front-%d", n+1)
	}
}
