package evolve

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/nse-dev/nse/evolve/fitness"
	"github.com/nse-dev/nse/evolve/space"
)

// sampled runs only the sampling of a fresh round, and returns its trials and report.
func sampled(t rapid.TB, s Search, st State) ([]Trial, Feasibility) {
	var report Feasibility
	s.Observe = func(e Event) error {
		report = e.Body.(Sampled).Feasibility
		return nil
	}
	st, err := s.sample(context.Background(), st)
	if err != nil {
		t.Fatal(err)
	}
	return st.Trials, report
}

// A search that is stopped does not wait for the draws, and samples anew when it goes on.
func TestSampleStops(t *testing.T) {
	s, _ := plant(1, 4)
	s.Config.Front = FrontConfig{Samples: 1 << 30, Extras: 1 << 30, Attempts: 1 << 30}
	s.Observe = func(Event) error { return errors.New("half a sample is told") }
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	st := State{Round: 1, Phase: PhaseSample, Fitness: fitness.New(space.New(len(s.Problem.Normal), 4, 2, 1).Subset())}
	if got, err := s.sample(ctx, st); !errors.Is(err, context.Canceled) || got.Phase != PhaseSample {
		t.Errorf("phase %v, %v", got.Phase, err)
	}
}

// every lists all architectures over the given operations.
func every(p Problem, ops []Path, single bool) []Arch {
	archs := []Arch{{}}
	for l, path := range ops {
		var longer []Arch
		for _, a := range archs {
			for _, selected := range selections(path, p.Normal[l], single) {
				longer = append(longer, append(slices.Clone(a), selected))
			}
		}
		archs = longer
	}
	return archs
}

// selections lists the paths over the given operations that a layer allows.
func selections(ops Path, normal, single bool) (paths []Path) {
	for bits := range 1 << len(ops) {
		path := Path{}
		for i, op := range ops {
			if bits>>i&1 == 1 {
				path = append(path, op)
			}
		}
		if (len(path) > 0 || normal) && !(single && len(path) > 1) {
			paths = append(paths, path)
		}
	}
	return paths
}

// What is sampled is distinct, as dear as asked for, and marked; the reach is that of all architectures; and with
// enough attempts a small space is exhausted: everything within the interval is found.
func TestSampleAgainstEnumeration(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seed := rapid.Uint64().Draw(t, "seed")
		s, _ := plant(seed, 4)
		s.Problem.Normal = s.Problem.Normal[:3]
		s.Config.K = 2
		s.Config.SingleBranch = rapid.Bool().Draw(t, "single")
		s.Config.Constraint.Tau = rapid.Float64Range(1, 6).Draw(t, "tau")
		s.Config.Constraint.Width = rapid.SampledFrom([]float64{0.1, 0.3}).Draw(t, "width")
		s.Config.Front = FrontConfig{Samples: 50, Extras: 50, Attempts: 100}
		subset := space.New(3, 4, 2, seed).Subset()
		trials, report := sampled(t, s, State{Round: 3, Fitness: fitness.New(subset)})

		low, high := s.Config.Constraint.Low(), s.Config.Constraint.High()
		margin := s.Config.Constraint.Tau * s.Config.Constraint.Width
		least, greatest := math.Inf(1), math.Inf(-1)
		inside, below := 0, 0
		for _, a := range every(s.Problem, subset, s.Config.SingleBranch) {
			cost := s.Problem.Cost(a)
			least, greatest = min(least, cost), max(greatest, cost)
			if cost >= low && cost <= high {
				inside++
			} else if cost < low && cost >= low-margin {
				below++
			}
		}
		if report.Least != least || report.Greatest != greatest {
			t.Fatalf("reach %v to %v, want %v to %v", report.Least, report.Greatest, least, greatest)
		}
		if report.Found != inside || report.Extras != below || len(trials) != inside+below {
			t.Fatalf("report %+v and %d trials, want %d found and %d extras", report, len(trials), inside, below)
		}
		seen := map[string]bool{}
		for _, trial := range trials {
			if seen[trial.Arch.Key()] || trial.Cost != s.Problem.Cost(trial.Arch) ||
				trial.Extra != (trial.Cost < low) || trial.Round != 3 || trial.Done {
				t.Fatalf("trial %+v", trial)
			}
			seen[trial.Arch.Key()] = true
		}
	})
}

func TestSampleStopsAtItsBounds(t *testing.T) {
	s, _ := plant(1, 8)
	s.Config.Constraint.Tau, s.Config.Front = 11, FrontConfig{Samples: 30, Extras: 5, Attempts: 1000}
	st := State{Round: 1, Fitness: fitness.New(space.New(6, 8, 4, 1).Subset())}
	trials, report := sampled(t, s, st)
	if report.Found != 30 || report.Extras != 5 || len(trials) != 35 {
		t.Errorf("%+v and %d trials, want 30 and 5 extras", report, len(trials))
	}
	if report.Draws >= 35000 || report.Accepted < 30 || report.Accepted > report.Draws {
		t.Errorf("%+v: want fewer than 35000 draws, and 30 accepted at least", report)
	}
	// A sliver of the reach that holds next to nothing ends after three times 30·2 draws for the interval, by fitness
	// and by both leanings, and 5·2 for the extras.
	s.Config.Constraint.Width, s.Config.Front.Attempts = 1e-9, 2
	if _, report := sampled(t, s, st); report.Draws != 190 || report.Found != 0 || report.Tilted {
		t.Errorf("%+v: want 190 draws and nothing found", report)
	}
}

// The previous front comes first, is scored again and is not sampled twice.
func TestSampleRehearsesThePreviousFront(t *testing.T) {
	s, _ := plant(2, 4)
	s.Config.K, s.Config.Front = 2, FrontConfig{Samples: 10000, Attempts: 20}
	s.Config.Constraint.Width = 0.5
	st := State{Round: 2, Fitness: fitness.New(space.New(6, 4, 2, 2).Subset())}
	first, report := sampled(t, s, st)
	if report.Found < 50 {
		t.Fatalf("%+v: too few for this test", report)
	}
	for _, trial := range first[:7] {
		trial.Round, trial.Accuracy = 1, 0.5
		st.Front = append(st.Front, trial.Member)
	}
	again, rehearsed := sampled(t, s, st)
	if rehearsed.Found != report.Found-7 {
		t.Errorf("%d found besides 7 on the front, %d without a front", rehearsed.Found, report.Found)
	}
	for i, trial := range again {
		if trial.Rehearsed != (i < 7) || trial.Done || (i < 7 && trial.Round != 1) {
			t.Errorf("trial %d: %+v", i, trial)
		}
	}
	s.Config.LockAndRehearse = false
	if trials, _ := sampled(t, s, st); trials[0].Rehearsed || len(trials) != len(first) {
		t.Errorf("%d trials without rehearsal, the first %+v", len(trials), trials[0])
	}
}

// Operations that have been dropped are in no sampled architecture.
func TestSampleLeavesDroppedOut(t *testing.T) {
	s, _ := plant(1, 8)
	f := fitness.New(space.New(6, 8, 4, 1).Subset())
	f[2].Dropped[1] = true
	trials, _ := sampled(t, s, State{Round: 1, Fitness: f})
	for _, trial := range trials {
		if slices.Contains(trial.Arch[2], f[2].Ops[1]) {
			t.Fatalf("%v uses operation %d in layer 2", trial.Arch, f[2].Ops[1])
		}
	}
}

// A long sampling reports what it has found, and early that it will find too few.
func TestLongSamplingReports(t *testing.T) {
	s, _ := plant(1, 4)
	s.Config.K, s.Config.Front = 2, FrontConfig{Samples: 20_000, Attempts: 80}
	st := State{Round: 1, Fitness: fitness.New(space.New(6, 4, 2, 1).Subset())}
	var reports []Sampling
	var end Feasibility
	s.Observe = func(e Event) error {
		switch b := e.Body.(type) {
		case Sampling:
			reports = append(reports, b)
		case Sampled:
			end = b.Feasibility
		}
		return nil
	}
	next, err := s.sample(context.Background(), st)
	if err != nil {
		t.Fatal(err)
	}
	want := []Sampling{}
	for _, n := range []int{500_000, 1_000_000, 1_500_000} {
		want = append(want, Sampling{end.Found, 20_000, n, 1_600_000, end.Found})
	}
	if end.Found == 0 || end.Draws != 1_600_000 || len(reports) != 3 || !slices.Equal(reports[1:], want[1:]) {
		t.Errorf("reports %+v of %+v", reports, end)
	}
	if reports[0].Expected != min(20_000, end.Found+end.Found*11/5) || next.Events != 4 {
		t.Errorf("the first is %+v, %d events", reports[0], next.Events)
	}
	failure := errors.New("observer")
	s.Observe = func(Event) error { return failure }
	if _, err := s.sample(context.Background(), st); !errors.Is(err, failure) {
		t.Error(err)
	}
}

// An operation that costs more than the budget is named at each layer whose subset has it, and nothing else is.
func TestSampleNamesWhatHasNoRoom(t *testing.T) {
	s, _ := plant(1, 8)
	subset := space.New(6, 8, 4, 1).Subset()
	dear := subset[2][1]
	for l := range s.Problem.Pool[dear].Cost {
		s.Problem.Pool[dear].Cost[l] = 1000
	}
	s.Config.Constraint.Tau, s.Config.Front = 11, FrontConfig{Samples: 300, Extras: 5, Attempts: 100}
	var missing *Missing
	s.Observe = func(e Event) error {
		missing = e.Body.(Sampled).Unsampled
		return nil
	}
	if _, err := s.sample(context.Background(), State{Round: 1, Fitness: fitness.New(subset)}); err != nil {
		t.Fatal(err)
	}
	if missing == nil || len(missing.Names) != 1 || missing.Names[0] != s.Problem.Pool[dear].Name {
		t.Fatalf("got %+v, want operation %d alone", missing, dear)
	}
	for l, ops := range subset {
		want := Path{}
		if slices.Contains(ops, dear) {
			want = Path{dear}
		}
		if !slices.Equal(missing.Ops[l], want) {
			t.Errorf("layer %d: got %v, want %v", l, missing.Ops[l], want)
		}
	}
}
