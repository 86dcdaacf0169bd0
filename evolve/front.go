package evolve

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/nse-dev/nse/pareto"
)

// Score lets the engine score those of st.Trials that are not done (3.3.2), with a boundary after each. Of an engine
// that is Metered, a boundary follows those that were scored together. The state stands at PhaseRetrieve then. When the
// time is over it stays at PhaseScore, with what is done by then.
func (s Search) Score(ctx context.Context, st State) (State, error) {
	c := scoring{Search: s, st: st, settled: st}
	c.st.Trials = slices.Clone(st.Trials)
	var archs []Arch
	for i, t := range st.Trials {
		if !t.Done && !t.Gone {
			c.left, archs = append(c.left, i), append(archs, t.Arch)
		}
	}
	err := s.Engine.Score(ctx, archs, func(i int, accuracy float64) error { return c.done(ctx, i, accuracy) })
	if err == nil && c.count != len(archs) {
		err = fmt.Errorf("the engine scored %d of %d architectures", c.count, len(archs))
	}
	if err == nil && s.meter != nil && c.count > 0 {
		err = c.boundary(ctx)
	}
	switch {
	case errors.Is(err, errOverTime):
		return c.settled, nil
	case err != nil && c.failed:
		return c.settled, fmt.Errorf("score: %w", err)
	case err != nil:
		return c.st, fmt.Errorf("score: %w", err)
	}
	c.st.Phase = PhaseRetrieve
	return c.st, nil
}

// scoring is a call of Search.Score.
type scoring struct {
	Search
	st      State
	left    []int // trials to score, in the order of the engine's list
	count   int   // scored
	settled State // of the last boundary
	failed  bool  // since then
}

// errOverTime ends a scoring whose time is over.
var errOverTime = errors.New("the time is over")

// done takes the accuracy of the i-th architecture that was left to score.
func (c *scoring) done(ctx context.Context, i int, accuracy float64) error {
	if c.count > 0 && c.meter != nil && c.meter.spent() != c.st.Spent {
		if err := c.boundary(ctx); err != nil {
			return err
		}
	}
	c.count++
	next, err := c.scored(c.st, c.left, i, accuracy)
	if err != nil {
		c.failed = true
		return err
	}
	c.st = next
	if c.meter == nil {
		return c.boundary(ctx)
	}
	return nil
}

// boundary offers what is scored as a checkpoint.
func (c *scoring) boundary(ctx context.Context) error {
	c.settled = c.st
	if c.meter != nil {
		c.st.Trials = slices.Clone(c.st.Trials) // those of settled stay as they are
	}
	if err := c.Boundary(ctx, c.settled); err != nil {
		return err
	}
	if c.OverTime() {
		return errOverTime
	}
	return nil
}

// scored enters the accuracy of the i-th architecture that was left to score.
func (s Search) scored(st State, left []int, i int, accuracy float64) (State, error) {
	if i < 0 || i >= len(left) || st.Trials[left[i]].Done {
		return st, fmt.Errorf("the engine scored architecture %d of %d: there is none, or it has scored it before",
			i, len(left))
	}
	if !(accuracy >= 0 && accuracy <= 1) {
		return st, fmt.Errorf("the engine measured accuracy %v: want 0 to 1", accuracy)
	}
	t := st.Trials[left[i]]
	t.Accuracy, t.Done = accuracy, true
	done := 1
	for _, other := range st.Trials {
		if other.Done {
			done++
		}
	}
	if err := s.Emit(&st, Scored{left[i], done, len(st.Trials), t}); err != nil {
		return st, err
	}
	st.Trials[left[i]] = t
	return st, nil
}

// Retrieve makes the Pareto front of st.Trials the state's front (3.3.2), and forgets the trials. Trials that are not
// done do not count. The state stands at PhaseReplenish then. Without a trial within the interval the front of the
// round before stays, and no event says so.
func (s Search) Retrieve(ctx context.Context, st State) (State, error) {
	trials := slices.DeleteFunc(present(st.Trials), func(t Trial) bool { return !t.Done })
	next := st
	next.Phase, next.Trials = PhaseReplenish, nil
	if !slices.ContainsFunc(trials, func(t Trial) bool { return !t.Extra }) {
		return next, s.Boundary(ctx, next)
	}
	front, unedged := frontOf(trials)
	next.Front = front
	high := s.Config.Constraint.High()
	event := FrontRetrieved{Members: next.Front, Hypervolume: hypervolume(next.Front, high), Unedged: unedged}
	if again := rehearsed(trials); len(again) > 0 {
		area := hypervolume(again, high)
		event.Rehearsed = &area
	}
	if err := s.Emit(&next, event); err != nil {
		return st, err
	}
	return next, s.Boundary(ctx, next)
}

// frontOf returns the members of the front, by ascending cost. Extras count in dominance and are then left out: this is
// edging (3.3.2, Fig. 10). If they dominate everything else they are left out from the start, and unedged is true.
func frontOf(trials []Trial) (front []Member, unedged bool) {
	if front = edged(trials); len(front) == 0 {
		return edged(slices.DeleteFunc(slices.Clone(trials), func(t Trial) bool { return t.Extra })), true
	}
	return front, false
}

// edged is the front of all trials without the extras, by ascending cost. It is nil if extras dominate all others.
func edged(trials []Trial) (front []Member) {
	points := make([]pareto.Point, len(trials))
	for i, t := range trials {
		points[i] = pareto.Point{Cost: t.Cost, Accuracy: t.Accuracy}
	}
	for _, i := range pareto.Edge(points, func(i int) bool { return trials[i].Extra }) {
		front = append(front, trials[i].Member)
	}
	return front
}

// rehearsed lists what was scored again (Rehearse, 3.3.2).
func rehearsed(trials []Trial) (again []Member) {
	for _, t := range trials {
		if t.Rehearsed {
			again = append(again, t.Member)
		}
	}
	return again
}

// hypervolume of a front to the interval's upper end and accuracy 0: the same reference in every round.
func hypervolume(front []Member, high float64) float64 {
	points := make([]pareto.Point, len(front))
	for i, m := range front {
		points[i] = pareto.Point{Cost: m.Cost, Accuracy: m.Accuracy}
	}
	return pareto.Hypervolume(points, pareto.Point{Cost: high, Accuracy: 0})
}

// Aggregate is the union of the architectures of a front (3.3.2, eq. 9): for each of the layers the operations that any
// member uses, ascending. A layer that no member uses an operation of gets an empty path, not nil.
func Aggregate(front []Member, layers int) []Path {
	kept := make([]Path, layers)
	for l := range kept {
		kept[l] = Path{}
		for _, m := range front {
			kept[l] = append(kept[l], m.Arch[l]...)
		}
		slices.Sort(kept[l])
		kept[l] = slices.Compact(kept[l])
	}
	return kept
}
