package evolve

import (
	"math"
	"slices"
	"testing"

	"github.com/nse-dev/nse/evolve/fitness"
	"github.com/nse-dev/nse/evolve/space"
)

// By scale, α is the paper's at its τ, and twice the budget costs as much at any other.
func TestAlphaByScale(t *testing.T) {
	for _, preset := range []string{"default", "paper", "official"} {
		c, err := Preset(preset)
		if err != nil {
			t.Fatal(err)
		}
		if got := c.Constraint.resource().Alpha; got != 1e-5 {
			t.Errorf("%s: α = %v at its τ, want 1e-5", preset, got)
		}
		for _, beta := range []int{2, 4} {
			c.Constraint.Tau, c.Constraint.Beta = 1.5, beta
			if term, _ := c.Constraint.resource().Term(3); math.Abs(term-0.9) > 1e-15 {
				t.Errorf("%s: a term of %v at twice the budget, want 0.9", preset, term)
			}
		}
		c.Constraint.Alpha = 0
		if term, slope := c.Constraint.resource().Term(3); term != 0 || slope != 0 {
			t.Errorf("α = 0 has a term of %v and a slope of %v", term, slope)
		}
	}
}

// Without a learning rate θ has one by the number of updates: about the released one at the paper's length.
func TestRateByUpdates(t *testing.T) {
	c, err := Preset("default")
	if err != nil {
		t.Fatal(err)
	}
	if c.Fitness.Beta1 != 0 || c.Fitness.LR != 0 {
		t.Errorf("the default has %+v", c.Fitness)
	}
	for updates, want := range map[int]float64{0: 1.2, 1: 1.2, 144: 0.1, 57600: 0.005} {
		if got := c.Fitness.adam(updates).LR; math.Abs(got-want) > 1e-15 {
			t.Errorf("%d updates: %v, want %v", updates, got, want)
		}
	}
	set := fitness.Adam{LR: 0.3, Beta1: c.Fitness.Beta1, Beta2: c.Fitness.Beta2}
	if c.Fitness.LR = 0.3; c.Fitness.adam(144) != set {
		t.Error("a learning rate that is set does not stay")
	}
	s, _ := plant(1, 8)
	s.Config.Fitness.LR, s.Config.Fitness.Beta1, s.Config.TrainSteps, s.Config.MaxRounds = 0, 0, 288, 1
	named := s
	named.Config.Fitness.LR = 1.2 / math.Sqrt(144)
	_, events := run(t, s)
	_, want := run(t, named)
	if !slices.Equal(thetas(events), thetas(want)) {
		t.Error("144 updates do not have the rate 0.1")
	}
}

func thetas(events []Event) (all []float64) {
	for _, b := range bodies[FitnessUpdated](events) {
		all = append(all, slices.Concat(b.Theta...)...)
	}
	return all
}

// Searches of one space seed shuffle alike, whatever their own seeds; with none each has its own.
func TestSpaceSeed(t *testing.T) {
	first := func(seed, space uint64) string {
		s, _ := plant(7, 16)
		s.Seed, s.Config.SpaceSeed, s.Config.MaxRounds = seed, space, 1
		st, _ := run(t, s)
		return encode(t, st.Space)
	}
	if first(1, 9) != first(2, 9) {
		t.Error("two searches of one space seed have other spaces")
	}
	if first(1, 0) == first(2, 0) || first(1, 0) != first(2, 1) {
		t.Error("the space does not follow the search's seed")
	}
	second := func(seed, space uint64) string {
		s, _ := plant(7, 20)
		s.Seed, s.Config.SpaceSeed, s.Config.LockAndRehearse = seed, space, false
		front := []Member{{Arch: Arch{{}, {0}, {}, {}, {0}, {}}}}
		st, err := s.Continue(t.Context(), State{Round: 1, Phase: PhaseFinished, Front: front},
			[]OpID{3, 4, 5, 6, 7, 8, 9})
		if err != nil {
			t.Fatal(err)
		}
		return encode(t, st.Space)
	}
	if second(1, 9) != second(2, 9) || second(1, 0) == second(2, 0) {
		t.Error("a second pool is not shuffled by the space seed")
	}
}

// The released latency search: costs of 72 ± 6 for a target of 66, and extras from a strip of their own.
func TestIntervalApartFromTheBudget(t *testing.T) {
	c := ConstraintConfig{Tau: 66, Centre: 72, Width: 6.0 / 72, Strip: 3.0 / 72, Alpha: 1e-4, Beta: 2}
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
	if math.Abs(c.Low()-66) > 1e-12 || math.Abs(c.High()-78) > 1e-12 || math.Abs(c.margin()-3) > 1e-12 {
		t.Errorf("%v to %v and a strip of %v, want 66 to 78 and 3", c.Low(), c.High(), c.margin())
	}
	if term, slope := c.resource().Term(66); term != 0 || slope != 0 {
		t.Errorf("a term of %v at the target", term)
	}
	if c = (ConstraintConfig{Tau: 300, Width: 0.1}); c.Low() != 300*(1-0.1) || c.High() != 300*(1+0.1) ||
		c.margin() != 300*0.1 {
		t.Errorf("%v to %v and %v without settings of their own", c.Low(), c.High(), c.margin())
	}
	s, _ := plant(1, 8)
	s.Config.Constraint.Tau, s.Config.Constraint.Centre = 20, 8
	s.Config.Constraint.Width, s.Config.Constraint.Strip = 0.05, 0.5
	trials, _ := sampled(t, s, State{Round: 1, Fitness: fitness.New(space.New(6, 8, 4, 1).Subset())})
	deep := 0
	for _, x := range trials {
		if x.Cost > 8*1.05 || x.Extra != (x.Cost < 8*0.95) || x.Cost < 8*0.45 {
			t.Errorf("trial %+v", x)
		}
		if x.Cost < 8*0.9 {
			deep++
		}
	}
	if deep == 0 {
		t.Error("no extra comes from the wider strip")
	}
}

// Fitness updates follow the configuration: the smoothing and the resource term in the gradient, the rates in Adam.
func TestFitnessUpdatesFollowTheConfiguration(t *testing.T) {
	s, e := plant(3, 8)
	s.Config.Constraint = ConstraintConfig{Tau: 6, Width: 0.1, Alpha: 0.01, Beta: 4}
	s.Config.Fitness = FitnessConfig{Every: 2, LR: 0.3, Beta1: 0.5, Beta2: 0.9, Smoothing: 0.2, Threshold: -9}
	s.Config.TrainSteps = 6
	st := State{Round: 1, Fitness: fitness.New(s.Problem.Everything())}
	st.Space.Layers = make([]space.Layer, len(st.Fitness))
	want := st.Fitness
	loss := fitness.Loss{Problem: s.Problem, Smoothing: 0.2, Resource: fitness.Resource{Alpha: 0.01, Tau: 6, Beta: 4}}
	for i := range 3 {
		a, b := s.drawPairs(st, Step{1, i, 3})
		measured, err := e.Fitness(Step{1, i, 3}, a, b)
		if err != nil {
			t.Fatal(err)
		}
		gradient := loss.Gradient(want, a, b, measured.A, measured.B)
		want = fitness.Adam{LR: 0.3, Beta1: 0.5, Beta2: 0.9}.Step(want, gradient.Sum())
		st.Step = 2 * (i + 1)
		if st, err = s.updateFitness(st); err != nil {
			t.Fatal(err)
		}
		if encode(t, st.Fitness) != encode(t, want) {
			t.Fatalf("update %d: fitness %s, want %s", i, encode(t, st.Fitness), encode(t, want))
		}
	}
}
