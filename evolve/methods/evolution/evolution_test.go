package evolution

import (
	"fmt"
	"math"
	"testing"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/evolve/methods/alone"
	"github.com/nse-dev/nse/evolve/methods/prior"
	"github.com/nse-dev/nse/internal/random"
)

// history is that of a search over 3 operations in a normal and a reduction layer, with at most 2 in each. All costs
// are 1, and the interval is from 2 to 4.
func history() alone.History {
	s := evolve.Search{Problem: evolve.Problem{Normal: []bool{true, false}}}
	for range 3 {
		s.Problem.Pool = append(s.Problem.Pool, evolve.Candidate{Cost: []float64{1, 1}})
	}
	s.Config.K, s.Config.Front.Attempts = 2, 1000
	s.Config.Constraint = evolve.ConstraintConfig{Tau: 3, Width: 0.34}
	subset := s.Problem.Everything()
	return alone.History{Seed: 1, Epochs: 4, Attempts: 1000, Problem: s.Problem, Subset: subset,
		Prior: prior.New(s, subset)}
}

// Layer and kind are drawn with probabilities 1/2 and 1/3, then the operations among those that there are. A reduction
// layer keeps its only operation.
func TestMutationsByHand(t *testing.T) {
	const draws = 60_000
	h, a := history(), evolve.Arch{{0}, {1}}
	counts := map[string]int{}
	for i := range draws {
		name := "impossible"
		if mutant, possible := Mutate(h, a, random.New(1, "test", 0, i, 0)); possible {
			name = fmt.Sprint(mutant)
		}
		counts[name]++
	}
	for name, want := range map[string]float64{
		"[[0 1] [1]]": 1. / 12, "[[0 2] [1]]": 1. / 12, // added
		"[[] [1]]":  1. / 6,                        // removed
		"[[1] [1]]": 1. / 12, "[[2] [1]]": 1. / 12, // swapped
		"[[0] [0 1]]": 1. / 12, "[[0] [1 2]]": 1. / 12,
		"impossible": 1. / 6,
		"[[0] [0]]":  1. / 12, "[[0] [2]]": 1. / 12,
	} {
		if got := float64(counts[name]) / draws; math.Abs(got-want) > 4*math.Sqrt(want/draws) {
			t.Errorf("%s: %.4f of the draws, want %.4f", name, got, want)
		}
		delete(counts, name)
	}
	if len(counts) > 0 {
		t.Errorf("other mutants: %v", counts)
	}
	if fmt.Sprint(a) != "[[0] [1]]" {
		t.Errorf("the parent has become %v", a)
	}
}

// The parent is the best of S draws with replacement from P: the k-th best with probability
// ((P−k+1)^S − (P−k)^S) / P^S.
func TestParentIsTheBestOfASample(t *testing.T) {
	const draws = 20_000
	c := Default()
	var population []evolve.Trial
	for i := range c.Population {
		population = append(population, evolve.Trial{Member: evolve.Member{Accuracy: float64(i*7%10) / 10}})
	}
	counts := make([]int, c.Population+1)
	for i := range draws {
		best := c.parent(population, random.New(1, "test", 0, i, 0))
		counts[c.Population-int(math.Round(10*best.Accuracy))]++ // by rank, from 1
	}
	for k := 1; k <= c.Population; k++ {
		above := math.Pow(float64(c.Population-k), 3)
		want := (math.Pow(float64(c.Population-k+1), 3) - above) / 1000
		if got := float64(counts[k]) / draws; math.Abs(got-want) > 4*math.Sqrt(want/draws) {
			t.Errorf("rank %d: parent in %.4f of the draws, want %.4f", k, got, want)
		}
	}
}

// The oldest die, however good they are: children are mutants of the last P alone. None was evaluated before.
func TestOnlyTheYoungHaveChildren(t *testing.T) {
	h := history()
	c := Config{Population: 2, Sample: 3}
	trial := func(accuracy float64, a evolve.Arch) evolve.Trial {
		return evolve.Trial{Member: evolve.Member{Arch: a, Accuracy: accuracy}, Done: true}
	}
	h.Trials = []evolve.Trial{trial(1, evolve.Arch{{1, 2}, {1, 2}}), trial(0.2, evolve.Arch{{0}, {0}}),
		trial(0.1, evolve.Arch{{0}, {1}})}
	neighbours := map[string]bool{} // of the last two, by hand, but for these
	for _, a := range []evolve.Arch{
		{{0, 1}, {0}}, {{0, 2}, {0}}, {{1}, {0}}, {{2}, {0}}, {{0}, {0, 1}}, {{0}, {0, 2}}, {{0}, {2}},
		{{0, 1}, {1}}, {{0, 2}, {1}}, {{1}, {1}}, {{2}, {1}}, {{0}, {1, 2}},
	} {
		neighbours[a.Key()] = true
	}
	for h.Seed = range 200 {
		p, ok := c.Next(h)
		if !ok || !neighbours[p.Arch.Key()] || fmt.Sprint(p.Ends) != "[4]" {
			t.Errorf("seed %d: %v for %v, %v", h.Seed, p.Arch, p.Ends, ok)
		}
	}
}

// When every neighbour was evaluated a random architecture comes, and none when everything was.
func TestEndsWhenEverythingWasEvaluated(t *testing.T) {
	h := history()
	c := Config{Population: 1, Sample: 1}
	for {
		p, ok := c.Next(h)
		if !ok {
			break
		}
		h.Trials = append(h.Trials, evolve.Trial{Member: evolve.Member{Arch: p.Arch}, Done: true})
	}
	// Of 7 paths in the normal layer and 6 in the reduction layer, 3 pairs cost 1.
	if len(h.Trials) != 7*6-3 || len(h.Seen()) != len(h.Trials) {
		t.Errorf("%d evaluations of %d architectures, want %d", len(h.Trials), len(h.Seen()), 7*6-3)
	}
}
