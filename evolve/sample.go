package evolve

import (
	"context"
	"encoding/binary"
	"math/rand/v2"
	"slices"

	"github.com/nse-dev/nse/internal/random"
)

// Feasibility says what the sampling within the constraint interval found.
type Feasibility struct {
	Low      float64 `json:"low"`      // of the interval, in the unit of the cost
	High     float64 `json:"high"`     // of the interval
	Least    float64 `json:"least"`    // cost of the cheapest architecture that the remaining operations make
	Greatest float64 `json:"greatest"` // cost of the dearest
	Wanted   int     `json:"wanted"`   // architectures within the interval: D
	Found    int     `json:"found"`    // of them, distinct and not on the previous front
	Extras   int     `json:"extras"`   // found just below the interval
	Draws    int     `json:"draws"`    // made in all
	Accepted int     `json:"accepted"` // draws within the interval, repetitions counted
}

// sample lists the architectures to score (3.3.2): the previous front first (Lock and Rehearse), then what Bernoulli(p)
// yields within the constraint interval, then the extras below it, which edging needs.
func (s Search) sample(ctx context.Context, st State) (State, error) {
	next := st
	next.Phase, next.Trials = PhaseScore, []Trial{}
	if s.Config.LockAndRehearse {
		for _, m := range st.Front {
			next.Trials = append(next.Trials, Trial{Member: m, Rehearsed: true})
		}
	}
	rehearsed := len(next.Trials)
	d := s.newDrawing(st, next.Trials)
	if err := d.fill(ctx); err != nil {
		return st, err
	}
	next.Trials = append(append(next.Trials, d.inside...), d.below...)
	if err := s.Emit(&next, Sampled{d.report(), rehearsed}); err != nil {
		return st, err
	}
	return next, s.Boundary(ctx, next)
}

// drawing draws architectures (eq. 4) and sorts them into those within the constraint interval and those just below it.
type drawing struct {
	round           int
	problem         Problem
	budget          ConstraintConfig
	front           FrontConfig
	layers          []distribution
	drawn           Arch // the last draw; the next one overwrites it
	least, greatest float64
	random          *rand.Rand
	seen            map[string]bool // keys of what is rehearsed or kept
	inside, below   []Trial
	draws, accepted int
}

// newDrawing starts a drawing by the fitness of a round. What is rehearsed counts as seen.
func (s Search) newDrawing(st State, rehearsed []Trial) *drawing {
	d := &drawing{
		round: st.Round, problem: s.Problem, budget: s.Config.Constraint, front: s.Config.Front,
		layers: st.Fitness.distributions(s.Problem, s.Config),
		drawn:  make(Arch, len(st.Fitness)),
		random: random.New(s.Seed, "sample", st.Round, 0, 0),
		seen:   map[string]bool{},
	}
	for l, layer := range st.Fitness {
		d.drawn[l] = make(Path, 0, len(layer.Ops))
	}
	d.least, d.greatest = s.Problem.Reach(st.Fitness.Remaining(), s.Config.Branches())
	for _, t := range rehearsed {
		d.seen[t.Arch.Key()] = true
	}
	return d
}

// fill draws until there are enough architectures within the interval (3.3.2), and then until there are enough extras.
// The draws of both are bounded, and not begun where the reachable costs show that they would be in vain. Extras lie
// below the interval alone: only a lower cost can dominate. It returns the context's error.
func (d *drawing) fill(ctx context.Context) error {
	low, high := d.budget.Low(), d.budget.High()
	if d.least <= high && d.greatest >= low {
		for n := 0; n < d.front.Samples*d.front.Attempts && len(d.inside) < d.front.Samples && ctx.Err() == nil; n++ {
			d.draw()
		}
	}
	if d.least < low && d.greatest >= low-d.margin() {
		for n := 0; n < d.front.Extras*d.front.Attempts && len(d.below) < d.front.Extras && ctx.Err() == nil; n++ {
			d.draw()
		}
	}
	return ctx.Err()
}

// margin is the width of the strip below the interval from which extras come: half of the interval's own.
func (d *drawing) margin() float64 { return d.budget.Tau * d.budget.Width }

// draw draws one architecture and keeps it if its cost is wanted and it is new.
func (d *drawing) draw() {
	d.draws++
	for l, layer := range d.layers {
		d.drawn[l] = layer.appendPath(d.drawn[l][:0], layer.draw(d.random))
	}
	cost := d.problem.Cost(d.drawn)
	switch low := d.budget.Low(); {
	case cost > d.budget.High() || cost < low-d.margin():
		return
	case cost < low:
		d.keep(&d.below, d.front.Extras, Trial{Member: Member{Cost: cost, Round: d.round}, Extra: true})
	default:
		d.accepted++
		d.keep(&d.inside, d.front.Samples, Trial{Member: Member{Cost: cost, Round: d.round}})
	}
}

// keep appends the last draw to a list that has room, unless it was seen before.
func (d *drawing) keep(list *[]Trial, room int, t Trial) {
	if len(*list) == room {
		return
	}
	if key := d.drawn.Key(); !d.seen[key] {
		d.seen[key] = true
		t.Arch = d.drawn.clone()
		*list = append(*list, t)
	}
}

// report is what the drawing has found so far.
func (d *drawing) report() Feasibility {
	return Feasibility{
		Low: d.budget.Low(), High: d.budget.High(), Least: d.least, Greatest: d.greatest,
		Wanted: d.front.Samples, Found: len(d.inside), Extras: len(d.below), Draws: d.draws, Accepted: d.accepted,
	}
}

// clone is a copy that shares no memory.
func (a Arch) clone() Arch {
	c := make(Arch, len(a))
	for l, path := range a {
		c[l] = slices.Clone(path)
	}
	return c
}

// Key is equal for equal architectures only.
func (a Arch) Key() string {
	var key []byte
	for _, path := range a {
		key = binary.AppendUvarint(key, uint64(len(path)))
		for _, op := range path {
			key = binary.AppendUvarint(key, uint64(op))
		}
	}
	return string(key)
}
