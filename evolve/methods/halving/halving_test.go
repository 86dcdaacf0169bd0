package halving

import (
	"fmt"
	"testing"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/evolve/methods/alone"
	"github.com/nse-dev/nse/evolve/methods/prior"
)

// The brackets of the default, and those of R = 81 in table 1 of Li et al. (2018).
func TestBracketsByHand(t *testing.T) {
	for _, c := range []struct {
		method Method
		want   []string
	}{
		{Method{Config: Default()}, []string{
			"[{27 [1]} {9 [1 3]} {3 [1 3 9]}]", "[{27 [1]} {9 [1 3]} {3 [1 3 9]}]"}},
		{Method{Config: Default(), Hyperband: true}, []string{
			"[{27 [1]} {9 [1 3]} {3 [1 3 9]}]", "[{14 [3]} {4 [3 9]}]", "[{9 [9]}]",
			"[{27 [1]} {9 [1 3]} {3 [1 3 9]}]"}},
		{Method{Config: Config{Eta: 3, Rungs: 5, Epochs: 1, Candidates: 81}, Hyperband: true}, []string{
			"[{81 [1]} {27 [1 3]} {9 [1 3 9]} {3 [1 3 9 27]} {1 [1 3 9 27 81]}]",
			"[{34 [3]} {11 [3 9]} {3 [3 9 27]} {1 [3 9 27 81]}]",
			"[{15 [9]} {5 [9 27]} {1 [9 27 81]}]",
			"[{8 [27]} {2 [27 81]}]",
			"[{5 [81]}]"}},
	} {
		for b, want := range c.want {
			if got := fmt.Sprint(c.method.bracket(b)); got != want {
				t.Errorf("bracket %d: %s, want %s", b, got, want)
			}
		}
	}
}

// Four architectures are trained for 2 epochs, the best two for 4, and then others for 2. Of equal ones the earlier
// goes first.
func TestStepsByHand(t *testing.T) {
	s := evolve.Search{Problem: evolve.Problem{Normal: []bool{true}}}
	for range 8 {
		s.Problem.Pool = append(s.Problem.Pool, evolve.Candidate{Cost: []float64{1}})
	}
	s.Config.K, s.Config.SingleBranch, s.Config.Front.Attempts = 2, true, 1000
	s.Config.Constraint = evolve.ConstraintConfig{Tau: 1, Width: 0.5}
	h := alone.History{Seed: 1, Problem: s.Problem, Subset: s.Problem.Everything()}
	h.Prior = prior.New(s, h.Subset)
	m := Method{Config: Config{Eta: 2, Rungs: 2, Epochs: 2, Candidates: 4}}
	var archs []string
	for i, accuracy := range []float64{0.3, 0.5, 0.5, 0.1, 0.4, 0.6, 0.9, 0.2} {
		p, ok := m.Next(h)
		if !ok {
			t.Fatalf("step %d: no proposal", i)
		}
		archs = append(archs, fmt.Sprint(p.Arch))
		want := "[2]"
		if i == 4 || i == 5 {
			want = "[2 4]"
		}
		if fmt.Sprint(p.Ends) != want {
			t.Errorf("step %d: trained to %v, want %s", i, p.Ends, want)
		}
		trial := evolve.Trial{Member: evolve.Member{Arch: p.Arch, Accuracy: accuracy}, Done: true}
		h.Trials = append(h.Trials, trial)
	}
	if archs[4] != archs[1] || archs[5] != archs[2] {
		t.Errorf("%v and %v go on, want %v and %v", archs[4], archs[5], archs[1], archs[2])
	}
	if n := len(h.Seen()); n != 6 {
		t.Errorf("%d architectures, want 6", n)
	}
}
