package spos

import (
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/evolve/methods/shared"
	"github.com/nse-dev/nse/evolve/space"
)

func TestCrossTakesEveryLayerFromAParent(t *testing.T) {
	a, b := evolve.Arch{{1}, {2}, {3}, {}}, evolve.Arch{{4}, {}, {6}, {7}}
	r := rand.New(rand.NewPCG(1, 1))
	const n = 40_000
	from := make([]float64, len(a))
	for range n {
		child := cross(r, a, b)
		for l, path := range child {
			switch {
			case slices.Equal(path, b[l]):
				from[l]++
			case !slices.Equal(path, a[l]):
				t.Fatalf("layer %d has %v of neither parent", l, path)
			}
		}
	}
	for l, count := range from {
		if math.Abs(count/n-0.5) > 0.01 {
			t.Errorf("layer %d is the second parent's in %.3f of the children, want 0.5", l, count/n)
		}
	}
	if !reflect.DeepEqual(a, evolve.Arch{{1}, {2}, {3}, {}}) {
		t.Errorf("the parent has become %v", a)
	}
}

// A layer is drawn anew with probability 0.2, from four choices: it differs with 0.2·3/4.
func TestMutateDrawsLayersAnew(t *testing.T) {
	p := evolve.Problem{Normal: []bool{true, true}}
	choices := shared.Choices(p, []evolve.Path{{0, 1, 2}, {0, 1, 2}})
	a := evolve.Arch{{}, {1}}
	r := rand.New(rand.NewPCG(1, 1))
	const n = 40_000
	counts := map[string]float64{}
	for range n {
		child := mutate(r, a, choices, 0.2)
		for l, path := range child {
			if !slices.Equal(path, a[l]) {
				counts[evolve.Arch{{evolve.OpID(l)}, path}.Key()]++
			}
		}
	}
	if len(counts) != 6 {
		t.Errorf("%d kinds of mutation, want 6", len(counts))
	}
	for key, count := range counts {
		if math.Abs(count/n-0.05) > 0.006 {
			t.Errorf("mutation %q in %.4f of the children, want 0.05", key, count/n)
		}
	}
}

// parents scored and how a generation follows from them.
func TestGenerations(t *testing.T) {
	p := evolve.Problem{Normal: slices.Repeat([]bool{true}, 6)}
	for i := range 6 {
		p.Pool = append(p.Pool, evolve.Candidate{Cost: slices.Repeat([]float64{1 + 0.1*float64(i)}, 6)})
	}
	c, err := evolve.Preset("paper")
	if err != nil {
		t.Fatal(err)
	}
	c.SingleBranch, c.Constraint.Tau, c.Constraint.Width = true, 5, 0.5
	s := evolve.Search{Problem: p, Config: c, Seed: 4}
	m := Method{Config{Population: 20, Generations: 3, Parents: 2, Crossover: 8, Mutation: 6, Probability: 0.1}}
	st := evolve.State{Round: 1, Space: space.Space{K: 6, Layers: make([]space.Layer, 6)}}
	for l, ops := range p.Everything() {
		st.Space.Layers[l].New = ops
	}
	extend := func() []evolve.Arch {
		archs, _, err := m.next(s, st)
		if err != nil {
			t.Fatal(err)
		}
		for i, a := range archs {
			if cost := p.Cost(a); cost < c.Constraint.Low() || cost > c.Constraint.High() {
				t.Errorf("%v costs %v", a, cost)
			}
			member := evolve.Member{Arch: a, Accuracy: float64(i%7) / 10}
			st.Trials = append(st.Trials, evolve.Trial{Member: member, Done: true})
		}
		return archs
	}
	if first := extend(); len(first) != 20 {
		t.Fatalf("a first generation of %d, want 20", len(first))
	}
	parents := best(slices.Clone(st.Trials), 2)
	if want := []evolve.Arch{st.Trials[6].Arch, st.Trials[13].Arch}; !reflect.DeepEqual(parents, want) {
		t.Errorf("parents %v, want the two of accuracy 0.6, the older first", parents)
	}
	second := extend()
	if len(second) != 20 {
		t.Fatalf("a second generation of %d, want 20", len(second))
	}
	inherits := func(a evolve.Arch) (layers int) {
		for l := range a {
			if slices.Equal(a[l], parents[0][l]) || slices.Equal(a[l], parents[1][l]) {
				layers++
			}
		}
		return layers
	}
	for i, a := range second[:14] {
		if n := inherits(a); i >= 6 && n != 6 || n < 3 {
			t.Errorf("child %d, %v, has %d layers of its parents %v", i, a, n, parents)
		}
	}
	if third := extend(); len(third) != 20 {
		t.Fatalf("a third generation of %d, want 20", len(third))
	}
	if archs, _, _ := m.next(s, st); len(archs) != 0 {
		t.Errorf("a fourth generation of %d, want none", len(archs))
	}
	seen := map[string]bool{}
	for _, trial := range st.Trials {
		if seen[trial.Arch.Key()] {
			t.Errorf("%v is scored twice", trial.Arch)
		}
		seen[trial.Arch.Key()] = true
	}
}
