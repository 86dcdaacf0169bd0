package evolve

import (
	"context"
	"math/rand/v2"

	"github.com/nse-dev/nse/internal/random"
)

// Feasibility says what the sampling within the constraint interval found.
type Feasibility struct {
	Low      float64 `json:"low"`      // of the interval, in the unit of the cost
	High     float64 `json:"high"`     // of the interval
	Least    float64 `json:"least"`    // cost of the cheapest architecture that the operations make
	Greatest float64 `json:"greatest"` // cost of the dearest
	Wanted   int     `json:"wanted"`   // architectures within the interval: D
	Found    int     `json:"found"`    // of them, distinct and not on the previous front
	Extras   int     `json:"extras"`   // found just below the interval
	Draws    int     `json:"draws"`    // made in all
	Accepted int     `json:"accepted"` // draws within the interval, repetitions counted
	// Tilted says that fitness alone yielded nothing within the interval, so that probabilities were tilted towards it.
	Tilted bool `json:"tilted,omitempty"`
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
	d.tell = func(sofar Sampling) error { return s.Emit(&next, sofar) }
	if err := d.fill(ctx, s.leanings(st)); err != nil {
		return st, err
	}
	next.Trials = append(next.Trials, d.inside...)
	unsampled := s.Problem.Unused(st.Fitness.Remaining(), used(next.Trials, len(st.Fitness)))
	next.Trials = append(next.Trials, d.below...)
	if err := s.Emit(&next, Sampled{d.report(), rehearsed, unsampled}); err != nil {
		return st, err
	}
	return next, s.Boundary(ctx, next)
}

// used lists the operations that trials use, by layer.
func used(trials []Trial, layers int) []Path {
	members := make([]Member, len(trials))
	for i, t := range trials {
		members[i] = t.Member
	}
	return Aggregate(members, layers)
}

// drawing draws architectures (eq. 4) and sorts them into those within the constraint interval and those just below it.
type drawing struct {
	round           int
	problem         Problem
	budget          ConstraintConfig
	front           FrontConfig
	leaning              // what draws are from
	tilted          bool // it is not the fitness
	drawn           Arch // the last draw; the next one overwrites it
	random          *rand.Rand
	seen            map[string]bool // keys of what is rehearsed or kept
	inside, below   []Trial
	draws, accepted int
	tell            func(Sampling) error // of a long drawing; nil tells nobody
}

// between is the number of draws between two reports of a long drawing.
const between = 500_000

// newDrawing starts a drawing by the fitness of a round. What is rehearsed counts as seen.
func (s Search) newDrawing(st State, rehearsed []Trial) *drawing {
	d := &drawing{
		round: st.Round, problem: s.Problem, budget: s.Config.Constraint, front: s.Config.Front,
		drawn:  make(Arch, len(st.Fitness)),
		random: random.New(s.Seed, "sample", st.Round, 0, 0),
		seen:   map[string]bool{},
	}
	for l, layer := range st.Fitness {
		d.drawn[l] = make(Path, 0, len(layer.Ops))
	}
	d.layers = s.distributions(st.Fitness)
	d.least, d.greatest = s.Problem.Reach(st.Fitness.Remaining(), s.Config.Branches())
	for _, t := range rehearsed {
		d.seen[t.Arch.Key()] = true
	}
	return d
}

// fill draws until there are enough architectures within the interval (3.3.2), and then until there are enough extras.
// Where the fitness yields none within the interval, the leanings are drawn from in turn until one yields some. Extras
// come from what has yielded those, or else from the fitness.
// The draws of each are bounded, and not begun where the reachable costs show that they would be in vain. Extras lie
// below the interval alone: only a lower cost can dominate. It returns the context's error, or that of a report.
func (d *drawing) fill(ctx context.Context, leanings []leaning) error {
	fitness := d.leaning
	if err := d.within(ctx); err != nil {
		return err
	}
	for _, next := range leanings {
		if len(d.inside) > 0 {
			break
		}
		d.leaning, d.tilted = next, true
		if err := d.within(ctx); err != nil {
			return err
		}
	}
	if len(d.inside) == 0 {
		d.leaning, d.tilted = fitness, false
	}
	low := d.budget.Low()
	if d.least < low && d.greatest >= low-d.budget.margin() {
		for n := 0; n < d.front.Extras*d.front.Attempts && len(d.below) < d.front.Extras && ctx.Err() == nil; n++ {
			d.draw()
		}
	}
	return ctx.Err()
}

// within draws until there are enough architectures within the interval, and reports now and then. Its error is that of
// a report.
func (d *drawing) within(ctx context.Context) error {
	if d.least > d.budget.High() || d.greatest < d.budget.Low() {
		return nil
	}
	most, before := d.front.Samples*d.front.Attempts, 0
	for n := 1; n <= most && len(d.inside) < d.front.Samples && ctx.Err() == nil; n++ {
		d.draw()
		if n%between != 0 || n == most || d.tell == nil {
			continue
		}
		found := len(d.inside)
		expected := found + int(float64(found-before)/between*float64(most-n))
		if err := d.tell(Sampling{found, d.front.Samples, n, most, min(expected, d.front.Samples)}); err != nil {
			return err
		}
		before = found
	}
	return nil
}

// draw draws one architecture and keeps it if its cost is wanted and it is new.
func (d *drawing) draw() {
	d.draws++
	for l, layer := range d.layers {
		d.drawn[l] = layer.AppendPath(d.drawn[l][:0], layer.Draw(d.random))
	}
	cost := d.problem.Cost(d.drawn)
	switch low := d.budget.Low(); {
	case cost > d.budget.High() || cost < low-d.budget.margin():
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
		t.Arch = d.drawn.Clone()
		*list = append(*list, t)
	}
}

// report is what the drawing has found so far.
func (d *drawing) report() Feasibility {
	return Feasibility{
		Low: d.budget.Low(), High: d.budget.High(), Least: d.least, Greatest: d.greatest,
		Wanted: d.front.Samples, Found: len(d.inside), Extras: len(d.below), Draws: d.draws, Accepted: d.accepted,
		Tilted: d.tilted,
	}
}
