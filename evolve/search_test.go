package evolve

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/nse-dev/nse/evolve/fitness"
	"github.com/nse-dev/nse/evolve/space"
)

// Over 20 seeds the last front uses the planted best operation of a layer far more often than as many operations,
// taken at random from those that the layer was offered, would contain it.
func TestSearchKeepsThePlantedBest(t *testing.T) {
	for _, test := range []struct {
		single bool
		tau    float64
	}{{false, 8}, {true, 5}} {
		hits, offers, chance := 0, 0, 0.0
		for seed := range uint64(20) {
			s, e := plant(seed, 16)
			s.Config.SingleBranch, s.Config.Constraint.Tau = test.single, test.tau
			e.noise = 0.3
			st, _ := run(t, s)
			for l, kept := range Aggregate(st.Front, len(s.Problem.Normal)) {
				if pending := st.Space.Layers[l].Pending; !slices.Contains(pending, e.best(l)) {
					offers++
					chance += float64(len(kept)) / float64(16-len(pending))
					if slices.Contains(kept, e.best(l)) {
						hits++
					}
				}
			}
		}
		n := float64(offers)
		rate, chance := float64(hits)/n, chance/n
		deviations := (rate - chance) / math.Sqrt(chance*(1-chance)/n)
		measured := fmt.Sprintf("single_branch = %v: the best operation is kept in %.0f %% of the %d layers that "+
			"were offered it, by chance in %.0f %% (%.1f standard deviations)",
			test.single, 100*rate, offers, 100*chance, deviations)
		t.Log(measured)
		if rate < 2*chance || deviations < 6 {
			t.Error(measured + ": want twice as often at least, and 6 standard deviations")
		}
	}
}

// What is dropped is worse than what stays, and a search drops something at all.
func TestDroppedOperationsAreTheBadOnes(t *testing.T) {
	var dropped, all float64
	n := 0
	for seed := range uint64(5) {
		s, e := plant(seed, 16)
		s.Config.TrainSteps = 200
		_, events := run(t, s)
		for _, d := range bodies[Dropped](events) {
			if d.Theta >= s.Config.Fitness.Threshold {
				t.Errorf("seed %d: operation %d was dropped at θ = %v", seed, d.Op, d.Theta)
			}
			dropped += e.quality[d.Layer][d.Op]
			all += 0.5
			n++
		}
	}
	if n < 20 || dropped > 0.7*all {
		t.Errorf("%d operations were dropped with a mean quality of %.2f: want 20 at least, and below 0.35 (the mean "+
			"of all is 0.5)", n, dropped/float64(n))
	}
}

func TestInheritedOperationsAreNeverDropped(t *testing.T) {
	dropped := map[bool]int{}
	for _, lock := range []bool{false, true} {
		for seed := range uint64(5) {
			s, _ := plant(seed, 16)
			s.Config.TrainSteps, s.Config.LockAndRehearse = 200, lock
			_, events := run(t, s)
			var inherited []Path
			for _, e := range events {
				switch b := e.Body.(type) {
				case RoundStarted:
					inherited = b.Inherited
				case Dropped:
					if slices.Contains(inherited[b.Layer], b.Op) {
						dropped[lock]++
					}
				}
			}
		}
	}
	if dropped[true] != 0 || dropped[false] == 0 {
		t.Errorf("%d inherited operations were dropped with the lock, %d without: want none and some", dropped[true],
			dropped[false])
	}
}

// selective is a planted engine that refuses architectures with operations that have been dropped in the round.
type selective struct {
	*planted
	dropped []Path // by layer
}

func (e *selective) check(archs ...Arch) error {
	for _, a := range archs {
		for l, path := range a {
			for _, op := range path {
				if slices.Contains(e.dropped[l], op) {
					return fmt.Errorf("operation %d is used in layer %d after it was dropped", op, l)
				}
			}
		}
	}
	return nil
}

func (e *selective) Train(s Step, a Arch) (float64, error) {
	loss, err := e.planted.Train(s, a)
	return loss, errors.Join(err, e.check(a))
}

func (e *selective) Fitness(s Step, a, b Arch) (Gradient, error) {
	g, err := e.planted.Fitness(s, a, b)
	return g, errors.Join(err, e.check(a, b))
}

func (e *selective) Score(ctx context.Context, archs []Arch, done func(int, float64) error) error {
	return errors.Join(e.check(archs...), e.planted.Score(ctx, archs, done))
}

// What has been dropped is neither trained nor measured any more in the round.
func TestDroppedOperationsAreUsedNoMore(t *testing.T) {
	s, p := plant(1, 16)
	s.Config.TrainSteps, s.Config.MaxRounds = 200, 2
	e := &selective{planted: p}
	s.Engine = e
	dropped := 0
	s.Observe = func(ev Event) error {
		switch b := ev.Body.(type) {
		case RoundStarted:
			e.dropped = make([]Path, len(b.Subset))
		case Dropped:
			e.dropped[b.Layer] = append(e.dropped[b.Layer], b.Op)
			dropped++
		}
		return nil
	}
	if _, err := s.Run(context.Background(), State{}); err != nil || dropped == 0 {
		t.Errorf("error %v with %d operations dropped", err, dropped)
	}
}

func TestEndRules(t *testing.T) {
	tests := []struct {
		name   string
		ops    int
		change func(*Config)
		rounds int // 0: not checked
		reason string
	}{
		{"refill", 16, func(*Config) {}, 0, "cannot be refilled"},
		{"max rounds", 16, func(c *Config) { c.MaxRounds = 2 }, 2, "max_rounds"},
		{"official", 16, func(c *Config) { c.End = EndOfficial }, 5, "pool of 16 and k = 4"},
		{"official with a short pool", 5, func(c *Config) { c.End = EndOfficial }, 1, "pool of 5"},
		{"pool as small as k", 4, func(*Config) {}, 1, "cannot be refilled"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s, _ := plant(1, test.ops)
			test.change(&s.Config)
			st, events := run(t, s)
			if test.rounds != 0 && st.Round != test.rounds || !strings.Contains(st.Reason, test.reason) {
				t.Errorf("finished in round %d because %q, want round %d because %q", st.Round, st.Reason, test.rounds,
					test.reason)
			}
			if got := bodies[Finished](events); len(got) != 1 || got[0].Reason != st.Reason ||
				events[len(events)-1].Body != Body(got[0]) {
				t.Errorf("last event %+v, want the reason %q", events[len(events)-1], st.Reason)
			}
			for i, e := range events {
				if e.Seq != i {
					t.Fatalf("event %d has number %d", i, e.Seq)
				}
			}
		})
	}
}

// Where the front uses every operation of every layer, another round would search the same subset: only the official
// end rule goes on.
func TestFullLayersEndTheSearch(t *testing.T) {
	s, _ := plant(1, 16)
	full := space.New(6, 16, s.Config.K, s.Seed)
	full = full.Replenish(full.Subset())
	want := fmt.Sprintf("the front uses all %d operations of every layer, so that none has room for a new one",
		s.Config.K)
	if reason := s.ended(State{Round: 1, Pool: 16}, full); reason != want {
		t.Errorf("reason %q for full layers", reason)
	}
	kept := full.Subset()
	kept[2] = kept[2][1:]
	if reason := s.ended(State{Round: 1, Pool: 16}, full.Replenish(kept)); reason != "" {
		t.Errorf("reason %q although layer 2 has room", reason)
	}
	s.Config.End = EndOfficial
	if reason := s.ended(State{Round: 1, Pool: 16}, full); reason != "" {
		t.Errorf("reason %q for the official end rule", reason)
	}
}

// The official end rule gives layers that run short fewer operations instead of ending.
func TestOfficialRunsShortLayers(t *testing.T) {
	s, e := plant(3, 8)
	s.Config.K, s.Config.End = 3, EndOfficial
	for op := range e.quality[0] {
		e.quality[0][op] = -2 // no front uses layer 0, so that it lets all go every round
	}
	_, events := run(t, s)
	started := bodies[RoundStarted](events)
	if len(started) != 3 {
		t.Fatalf("%d rounds, want ⌊7/2⌋", len(started))
	}
	for i, want := range []int{3, 3, 2} {
		if got := started[i].Subset[0]; len(got) != want {
			t.Errorf("round %d: layer 0 has %v, want %d operations", i+1, got, want)
		}
	}
}

func TestPresets(t *testing.T) {
	paper, err := Preset("paper")
	if err != nil {
		t.Fatal(err)
	}
	official, err := Preset("official")
	if err != nil {
		t.Fatal(err)
	}
	want := paper
	want.End = EndOfficial
	want.Fitness.LR, want.Fitness.Beta1, want.Fitness.Smoothing = 0.005, 0, 1e-3
	if official != want {
		t.Errorf("official is %+v, want %+v", official, want)
	}
	if paper.Fitness != (FitnessConfig{2, 0.1, 0.9, 0.999, 0, -2}) || paper.Front.Samples != 2000 ||
		paper.Front.Extras != 100 {
		t.Errorf("paper is %+v", paper)
	}
	if _, err := Preset("papers"); err == nil || !strings.Contains(err.Error(), `"papers"`) {
		t.Errorf("error %v does not name the preset", err)
	}
}

// A budget that the drawn subset cannot meet is reported with the reachable range, without drawing in vain. The search
// passes that subset over before it trains anything, since the pool can meet the budget.
func TestSubsetOutOfReachIsPassedOver(t *testing.T) {
	s, _ := plant(1, 16)
	s.Config.Constraint.Tau, s.Config.Constraint.Width = 0, 0.01
	subset := space.New(6, 16, s.Config.K, s.Seed).Subset()
	_, greatest := s.Problem.Reach(subset, s.Config.K)
	_, pool := s.Problem.Reach(s.Problem.Everything(), s.Config.K)
	s.Config.Constraint.Tau = (greatest + pool) / 2
	_, f := sampled(t, s, State{Round: 1, Fitness: fitness.New(subset)})
	if f.Greatest >= f.Low || f.Draws != 0 || f.Found != 0 {
		t.Errorf("report %+v: want no draws and the reach below the interval", f)
	}
	s.Config.MaxRounds = 1
	st, events := run(t, s)
	started, reports := bodies[RoundStarted](events), bodies[Sampled](events)
	if started[0].Redrawn == 0 || reports[0].Feasibility.Found == 0 || len(st.Front) == 0 {
		t.Fatalf("%d passed over, %+v: want a front", started[0].Redrawn, reports[0].Feasibility)
	}
	if again, _ := run(t, s); !slices.EqualFunc(again.Front, st.Front, func(a, b Member) bool {
		return a.Arch.Key() == b.Arch.Key()
	}) {
		t.Error("a second search has another front")
	}
}

// A budget that next to no subset meets is met by one that is led there: at both ends of what the pool makes.
func TestSubsetIsLedToTheBudget(t *testing.T) {
	for _, part := range []float64{0.0001, 0.995} {
		s, _ := plant(1, 200)
		s.Config.K, s.Config.MaxRounds = 2, 1
		s.Config.Constraint.Width = 0.02
		least, greatest := s.Reach()
		s.Config.Constraint.Tau = least + part*(greatest-least)
		first := space.New(6, 200, 2, s.Seed)
		low, high := s.Config.Constraint.Low(), s.Config.Constraint.High()
		led := first.Lead(s.Problem, 2, low, high)
		if s.Problem.Meets(first.Subset(), 2, low, high) || !s.Problem.Meets(led.Subset(), 2, low, high) {
			t.Errorf("budget %v of %v to %v: the first subset reaches it, or is not led there", s.Config.Constraint.Tau,
				least, greatest)
		}
		if st, _ := run(t, s); len(st.Front) == 0 {
			t.Error("the search has no front")
		}
	}
}

// A budget between all costs ends the search before anything is trained.
func TestNoSubsetMeetsTheBudget(t *testing.T) {
	s, _ := plant(1, 16)
	for i := range s.Problem.Pool {
		for l := range s.Problem.Normal {
			s.Problem.Pool[i].Cost[l] = 1
		}
	}
	s.Config.Constraint.Tau, s.Config.Constraint.Width = 3, 0.01 // all cost a whole number and 0.5
	s.Engine = nil
	if _, err := s.Run(context.Background(), State{}); err == nil ||
		!strings.Contains(err.Error(), "evolve: no subset of k = 4 operations a layer that was drawn makes") {
		t.Error(err)
	}
}

func TestPoolOutOfReachIsRefused(t *testing.T) {
	s, _ := plant(1, 16)
	s.Config.Constraint.Tau = 1000
	_, err := s.Run(context.Background(), State{})
	if err == nil || !strings.Contains(err.Error(), "costs of 600 to 1400 are asked for, the pool makes ") {
		t.Errorf("error %v does not give both ranges", err)
	}
}

// broken is a planted engine that measures nonsense in one of its answers.
type broken struct {
	*planted
	loss, gradient, accuracy float64
	layers, skip             int
}

func (b broken) Train(s Step, a Arch) (float64, error) {
	v, err := b.planted.Train(s, a)
	return v + b.loss, err
}

func (b broken) Fitness(s Step, x, y Arch) (Gradient, error) {
	g, err := b.planted.Fitness(s, x, y)
	g.A[0] += b.gradient
	g.B = g.B[b.layers:]
	return g, err
}

func (b broken) Score(ctx context.Context, archs []Arch, done func(int, float64) error) error {
	return b.planted.Score(ctx, archs[b.skip:], func(i int, v float64) error { return done(i, v+b.accuracy) })
}

func TestNonsenseFromTheEngineEndsTheSearch(t *testing.T) {
	tests := []struct {
		broken broken
		want   string
	}{
		{broken{loss: math.NaN()}, "evolve: round 1: train step 0: the engine measured NaN: training diverged, start " +
			"again with a lower learning rate"},
		{broken{gradient: math.Inf(1)}, "evolve: round 1: fitness step 0: the engine measured +Inf: training " +
			"diverged, start again with a lower learning rate"},
		{broken{layers: 1}, "evolve: round 1: fitness step 0: gradient of 6 and 5 layers, the network has 6"},
		{broken{accuracy: 1}, "want 0 to 1"},
		{broken{skip: 3}, "evolve: round 1: score: the engine scored 197 of 200 architectures"},
	}
	for _, test := range tests {
		s, e := plant(1, 16)
		test.broken.planted = e
		s.Engine = test.broken
		if _, err := s.Run(context.Background(), State{}); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("error %v, want %q", err, test.want)
		}
	}
}

func TestErrorsOfHooksEndTheSearch(t *testing.T) {
	full := errors.New("disk full")
	s, _ := plant(1, 16)
	s.Checkpoint = func(State) error { return full }
	if _, err := s.Run(context.Background(), State{}); !errors.Is(err, full) {
		t.Errorf("error %v from Checkpoint, want %v", err, full)
	}
	s.Checkpoint, s.Observe = nil, func(e Event) error {
		if e.Body.Kind() == "scored" {
			return full
		}
		return nil
	}
	if _, err := s.Run(context.Background(), State{}); !errors.Is(err, full) {
		t.Errorf("error %v from Observe, want %v", err, full)
	}
}

// A search that is interrupted while it draws subsets ends at once, before the engine is called, and can be resumed.
func TestCancelledWhileSubsetsAreDrawn(t *testing.T) {
	s, _ := plant(1, 16)
	for i := range s.Problem.Pool {
		for l := range s.Problem.Normal {
			s.Problem.Pool[i].Cost[l] = 1
		}
	}
	s.Config.Constraint.Tau, s.Config.Constraint.Width = 3, 0.01 // no subset meets it, and all would be drawn
	s.Engine = nil
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.CheckStart(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("CheckStart: %v, want that it was cancelled", err)
	}
	var last []State
	s.Checkpoint = func(st State) error { last = append(last, st); return nil }
	if _, err := s.Run(ctx, State{}); !errors.Is(err, context.Canceled) {
		t.Errorf("Run: %v, want that it was cancelled", err)
	}
	if len(last) != 1 || last[0].Round != 0 {
		t.Errorf("checkpoints %v, want one of before the search", last)
	}
}
