package prior_test

import (
	"maps"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/evolve/methods/prior"
	"github.com/nse-dev/nse/internal/random"
)

// problem makes a search of 3 layers, the second of which is a reduction layer, over 5 operations.
func problem(t *rapid.T) evolve.Search {
	s := evolve.Search{Problem: evolve.Problem{Normal: []bool{true, false, true}, Fixed: 0.25}}
	cost := rapid.Float64Range(0, 2)
	for range 5 {
		s.Problem.Pool = append(s.Problem.Pool, evolve.Candidate{Cost: rapid.SliceOfN(cost, 3, 3).Draw(t, "cost")})
	}
	s.Config.K = rapid.IntRange(2, 6).Draw(t, "k")
	s.Config.SingleBranch = rapid.Bool().Draw(t, "single")
	least, greatest := s.Reach()
	part := rapid.Float64Range(0.1, 0.9).Draw(t, "part")
	s.Config.Constraint = evolve.ConstraintConfig{Tau: least + part*(greatest-least), Width: 0.3}
	s.Config.Front.Attempts = 100
	return s
}

// weights is the definition: the product of sigmoid(−λ·cost) of the operations that are on and of 1 minus it of the
// others, for every architecture that the layers allow. Each layer's sum to 1.
func weights(s evolve.Search, lambda float64) map[string]float64 {
	type weighted struct {
		arch   evolve.Arch
		weight float64
	}
	all := []weighted{{nil, 1}}
	for l, normal := range s.Problem.Normal {
		var paths []weighted
		total := 0.0
		for mask := range 1 << len(s.Problem.Pool) {
			path, weight := evolve.Path{}, 1.0
			for i, c := range s.Problem.Pool {
				on := 1 / (1 + math.Exp(lambda*c.Cost[l]))
				if mask>>i&1 == 0 {
					weight *= 1 - on
					continue
				}
				path = append(path, evolve.OpID(i))
				weight *= on
			}
			if len(path) > s.Config.Branches() || len(path) == 0 && !normal {
				continue
			}
			paths, total = append(paths, weighted{evolve.Arch{path}, weight}), total+weight
		}
		var longer []weighted
		for _, a := range all {
			for _, p := range paths {
				longer = append(longer, weighted{slices.Concat(a.arch, p.arch), a.weight * p.weight / total})
			}
		}
		all = longer
	}
	byKey := map[string]float64{}
	for _, a := range all {
		byKey[a.arch.Key()] = a.weight
	}
	return byKey
}

// The expected cost is τ, and by definition.
func TestExpectedCostIsTheBudget(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := problem(t)
		p := prior.New(s, s.Problem.Everything())
		if math.Abs(p.Expected()-s.Config.Constraint.Tau) > 1e-6 {
			t.Fatalf("expects %v, want %v", p.Expected(), s.Config.Constraint.Tau)
		}
	})
}

// Draws have the frequencies of the definition, and their mean cost is τ.
func TestDrawsFollowTheDefinition(t *testing.T) {
	const draws = 40_000
	for _, seed := range []int{1, 2, 3} {
		s := rapid.Custom(problem).Example(seed)
		p := prior.New(s, s.Problem.Everything())
		want := weights(s, p.Lambda)
		r := random.New(1, "test", 0, 0, 0)
		counts, mean := map[string]int{}, 0.0
		for range draws {
			a := p.Draw(r)
			counts[a.Key()]++
			mean += s.Problem.Cost(a) / draws
		}
		if math.Abs(mean-s.Config.Constraint.Tau) > 0.05 {
			t.Errorf("problem %d: mean cost %v, want %v", seed, mean, s.Config.Constraint.Tau)
		}
		// Pearson's statistic over architectures that are expected often enough. Its mean is their number.
		statistic, cells := 0.0, 0
		for _, key := range slices.Sorted(maps.Keys(want)) {
			if expected := want[key] * draws; expected >= 5 {
				statistic += math.Pow(float64(counts[key])-expected, 2) / expected
				cells++
			}
		}
		if limit := float64(cells) + 4*math.Sqrt(2*float64(cells)); cells < 20 || statistic > limit {
			t.Errorf("problem %d: statistic %.1f of %d architectures, want at most %.1f", seed, statistic, cells, limit)
		}
		for key := range counts {
			if want[key] == 0 {
				t.Fatalf("problem %d: a draw that no layer allows", seed)
			}
		}
	}
}

// Where uniform draws cost τ in the mean, λ is 0 and all architectures are equally likely.
func TestUniformBudgetIsUniform(t *testing.T) {
	s := evolve.Search{Problem: evolve.Problem{Normal: []bool{true, false},
		Pool: []evolve.Candidate{{Cost: []float64{1, 3}}, {Cost: []float64{2, 5}}}}}
	s.Config.K = 2
	s.Config.Constraint.Tau = (0+1+2+3)/4. + (3+5+8)/3.
	if p := prior.New(s, s.Problem.Everything()); math.Abs(p.Lambda) > 1e-9 {
		t.Errorf("λ = %v, want 0", p.Lambda)
	}
}

// Within keeps to the interval, leaves out what it is told to, and gives up when there is nothing else.
func TestWithinFindsEveryArchitectureOnce(t *testing.T) {
	s := evolve.Search{Problem: evolve.Problem{Normal: []bool{true, false},
		Pool: []evolve.Candidate{{Cost: []float64{1, 3}}, {Cost: []float64{2, 5}}}}}
	s.Config.K = 2
	s.Config.Constraint = evolve.ConstraintConfig{Tau: 6, Width: 0.2} // 4.8 to 7.2
	s.Config.Front.Attempts = 1000
	p := prior.New(s, s.Problem.Everything())
	seen := map[string]bool{}
	var costs []float64
	for i := range 10 {
		a, found := p.Within(random.New(1, "test", i, 0, 0), seen)
		if !found {
			break
		}
		seen[a.Key()] = true
		costs = append(costs, s.Problem.Cost(a))
	}
	slices.Sort(costs)
	if want := []float64{5, 5, 6, 6, 7}; !slices.Equal(costs, want) {
		t.Errorf("costs %v, want %v", costs, want)
	}
}

// A budget above all costs asks for the dearest paths. There are more of 64 out of 300 operations than a number counts
// that is e^600 times as large.
func TestDrawOfLargePools(t *testing.T) {
	s := evolve.Search{Problem: evolve.Problem{Normal: []bool{true, false}}}
	for op := range 300 {
		s.Problem.Pool = append(s.Problem.Pool, evolve.Candidate{Cost: []float64{1, 1 + float64(op)/1e6}})
	}
	s.Config.K = 64
	_, greatest := s.Reach()
	s.Config.Constraint = evolve.ConstraintConfig{Tau: 1.05 * greatest, Width: 0.2}
	p := prior.New(s, s.Problem.Everything())
	if got := p.Expected(); !(got > 0.98*greatest && got <= greatest) {
		t.Errorf("the expected cost is %v at λ = %v, want almost %v", got, p.Lambda, greatest)
	}
	for i, path := range p.Draw(random.New(1, "draw", 0, 0, 0)) {
		if len(path) != 64 {
			t.Errorf("layer %d has %d operations, want 64", i, len(path))
		}
	}
}
