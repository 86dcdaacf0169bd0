package evolve

import (
	"context"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/nse-dev/nse/pareto"
)

func hypervolumes(events []Event) []float64 {
	var areas []float64
	for _, f := range bodies[FrontRetrieved](events) {
		areas = append(areas, f.Hypervolume)
	}
	return areas
}

// With a deterministic engine, rehearsal and no extras the hypervolume never falls; without rehearsal it does.
func TestHypervolumeNeverFallsWithRehearsal(t *testing.T) {
	falls := map[bool]int{}
	for seed := range uint64(20) {
		for _, rehearse := range []bool{false, true} {
			s, _ := plant(seed, 16)
			s.Config.LockAndRehearse, s.Config.Front.Extras = rehearse, 0
			_, events := run(t, s)
			areas := hypervolumes(events)
			if len(areas) < 3 {
				t.Fatalf("seed %d: %d rounds, want 3 at least", seed, len(areas))
			}
			if !slices.IsSorted(areas) {
				falls[rehearse]++
			}
		}
	}
	if falls[true] != 0 {
		t.Errorf("hypervolume fell in %d of 20 searches with rehearsal", falls[true])
	}
	if falls[false] == 0 {
		t.Error("hypervolume fell in no search without rehearsal: the test does not tell")
	}
}

// What a round says of the front before is the hypervolume of its members alone, as they were scored again. Without
// extras the new front is never worth less: it holds or dominates them. Extras can dominate them and are left out.
// What a continuation inherits is no exception.
func TestRehearsedCountsTheMembersOfTheFrontBefore(t *testing.T) {
	fell, compared := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		s, e := plant(rapid.Uint64().Draw(t, "seed"), 24)
		e.noise = 20
		s.Config.MaxRounds, s.Config.TrainSteps = 2, 10
		s.Config.Front = FrontConfig{Samples: 30, Extras: rapid.SampledFrom([]int{0, 10}).Draw(t, "extras"),
			Attempts: 50}
		all := s.Problem.Pool
		s.Problem.Pool = all[:14]
		var again []pareto.Point
		var before float64
		round := 0
		s.Observe = func(ev Event) error {
			switch b := ev.Body.(type) {
			case Scored:
				if b.Trial.Rehearsed {
					again = append(again, pareto.Point{Cost: b.Trial.Cost, Accuracy: b.Trial.Accuracy})
				}
			case FrontRetrieved:
				if round++; (b.Rehearsed == nil) != (round == 1) {
					t.Fatalf("round %d: rehearsed: %v", round, b.Rehearsed)
				}
				if b.Rehearsed != nil {
					whole := pareto.Hypervolume(again, pareto.Point{Cost: s.Config.Constraint.High()})
					if *b.Rehearsed != whole {
						t.Fatalf("round %d: %v of %v was rehearsed", round, *b.Rehearsed, whole)
					}
					if s.Config.Front.Extras == 0 && b.Hypervolume < whole-1e-12 { // sums of other terms
						t.Fatalf("round %d: hypervolume %v, of the front before %v", round, b.Hypervolume, whole)
					}
					compared++
					if b.Hypervolume < before {
						fell++
					}
				}
				again, before = nil, b.Hypervolume
			}
			return nil
		}
		st, err := s.Run(context.Background(), State{})
		if err != nil {
			t.Fatal(err)
		}
		s.Problem.Pool = all
		if st, err = s.Continue(context.Background(), st, []OpID{14, 15, 16, 17, 18, 19, 20, 21, 22, 23}); err == nil {
			_, err = s.Run(context.Background(), st)
		}
		if err != nil {
			t.Fatal(err)
		}
	})
	if fell == 0 {
		t.Errorf("the figures of %d rounds never fell below those of the round before: the test does not tell",
			compared)
	}
}

// An extra that dominates the whole front before takes nothing from what that front is worth.
func TestRehearsedIsNotEdged(t *testing.T) {
	s, _ := plant(1, 8)
	s.Config.Constraint.Tau, s.Config.Constraint.Width = 10, 0.4
	trial := func(cost, accuracy float64) Trial {
		return Trial{Member: Member{Arch: Arch{{}, {0}, {}, {}, {0}, {}}, Cost: cost, Accuracy: accuracy}, Done: true}
	}
	old, fresh, extra := trial(7, 0.5), trial(13, 0.9), trial(5, 0.6)
	old.Rehearsed, extra.Extra = true, true
	var got FrontRetrieved
	s.Observe = func(e Event) error {
		got = e.Body.(FrontRetrieved)
		return nil
	}
	if _, err := s.Retrieve(t.Context(), State{Round: 2, Trials: []Trial{old, fresh, extra}}); err != nil {
		t.Fatal(err)
	}
	if len(got.Members) != 1 || got.Members[0].Cost != 13 || math.Abs(got.Hypervolume-0.9) > 1e-12 ||
		*got.Rehearsed != (14-7)*0.5 {
		t.Errorf("%+v, rehearsed %v: want the one of cost 13 with 0.9, and 3.5 of the front before", got,
			*got.Rehearsed)
	}
}

// With extras a member of the last front may leave it only for one that is as good, or because an extra dominates it.
func TestFrontLosesNothingWithoutReason(t *testing.T) {
	for seed := range uint64(10) {
		s, _ := plant(seed, 16)
		_, events := run(t, s)
		var front []Member
		var trials []Trial
		for _, e := range events {
			switch b := e.Body.(type) {
			case Scored:
				trials = append(trials, b.Trial)
			case FrontRetrieved:
				for _, m := range front {
					asGood := func(o Member) bool { return o.Cost <= m.Cost && o.Accuracy >= m.Accuracy }
					extra := func(o Trial) bool { return o.Extra && asGood(o.Member) }
					if !slices.ContainsFunc(b.Members, asGood) && !slices.ContainsFunc(trials, extra) {
						t.Errorf("seed %d, round %d: %v is lost", seed, e.Round, m)
					}
				}
				front, trials = b.Members, nil
			}
		}
	}
}
