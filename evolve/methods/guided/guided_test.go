package guided

import (
	"fmt"
	"testing"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/evolve/methods/alone"
	"github.com/nse-dev/nse/evolve/methods/predictor"
	"github.com/nse-dev/nse/evolve/methods/prior"
	"github.com/nse-dev/nse/internal/random"
)

// tried is a round after the first, over 6 operations in 8 layers, with 24 trials. The accuracy is the sum of what each
// operation is worth in its layer.
func tried(t *testing.T, seed uint64) alone.History {
	t.Helper()
	c, err := evolve.Preset("paper")
	if err != nil {
		t.Fatal(err)
	}
	c.K, c.Constraint = 3, evolve.ConstraintConfig{Tau: 8, Width: 0.9}
	s := evolve.Search{Problem: evolve.Problem{Normal: make([]bool, 8)}, Config: c, Seed: seed}
	r := random.New(seed, "worth", 0, 0, 0)
	worth := make([][8]float64, 6)
	for op := range worth {
		x := evolve.Candidate{Name: fmt.Sprint("op", op)}
		for l := range worth[op] {
			worth[op][l] = r.NormFloat64() / 50
			x.Cost = append(x.Cost, 0.5+r.Float64())
		}
		s.Problem.Pool = append(s.Problem.Pool, x)
	}
	h := alone.History{Before: 24, Round: 2, Seed: seed, Attempts: 1000, Problem: s.Problem,
		Subset: s.Problem.Everything(), Prior: prior.New(s, s.Problem.Everything())}
	for range h.Before {
		a, found := h.Prior.Within(r, h.Seen())
		if !found {
			t.Fatal("no architecture is found")
		}
		x := evolve.Trial{Done: true}
		x.Arch, x.Cost, x.Epochs, x.Accuracy = a, s.Problem.Cost(a), 2, 0.5
		for l, path := range a {
			for _, op := range path {
				x.Accuracy += worth[op][l]
			}
		}
		h.Trials = append(h.Trials, x)
	}
	return h
}

// A candidate has a larger expected improvement than any of as many mutations of what was trained.
func TestCandidatesAreFurtherThanAMutation(t *testing.T) {
	for seed := range uint64(5) {
		h, c := tried(t, seed), Default()
		model, err := predictor.Fit(h.Problem, h.Trials)
		if err != nil {
			t.Fatal(err)
		}
		parents, highest := c.parents(h, h.Trials)
		r, most := random.New(seed, "looks", 0, 0, 0), 0.0
		for range c.Looks {
			if a, possible := draw(h, r, parents, h.Seen()); possible {
				most = max(most, improvement(model, a, highest))
			}
		}
		a, possible := c.candidate(h, 0)
		if !possible {
			t.Fatal("there is no candidate")
		}
		if gain := improvement(model, a, highest); gain <= most {
			t.Errorf("seed %d: the candidate gains %v, one of %d mutations %v", seed, gain, c.Looks, most)
		}
	}
}

// What is under way counts as the predictor says it will end: that is surer afterwards, and the same.
func TestBelieve(t *testing.T) {
	h := tried(t, 1)
	known, open := h.Trials[:20], h.Trials[20:]
	for i := range open {
		open[i].Accuracy = 0 // not known
	}
	before, err := predictor.Fit(h.Problem, known)
	if err != nil {
		t.Fatal(err)
	}
	after, err := believe(h.Problem, known, open)
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range open {
		was, unsure := before.At(x.Arch)
		is, surer := after.At(x.Arch)
		if surer >= unsure || is-was > unsure || was-is > unsure {
			t.Errorf("%v: %v ± %v, was %v ± %v", x.Arch, is, surer, was, unsure)
		}
	}
}
