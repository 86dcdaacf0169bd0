package fitness

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/nse-dev/nse/evolve/space"
	"github.com/nse-dev/nse/internal/random"
)

// loss is the fitness loss by its definition: Σ_l A_l·p̃_a + B_l·p̃_b, whose gradient is that of the cross-entropy,
// plus α·(E − τ)^β. Probabilities are products over the operations.
func loss(by Loss, f Fitness, a, b space.Arch, byA, byB []float64) float64 {
	sum, cost := 0.0, by.Problem.Fixed
	for l, layer := range f {
		probability := func(path space.Path) float64 {
			var m Configuration
			for i, op := range layer.Ops {
				if slices.Contains(path, op) {
					m |= 1 << i
				}
			}
			return product(layer.Theta, by.Smoothing, m)
		}
		pa, pb := probability(a[l]), probability(b[l])
		pa, pb = pa/(pa+pb), pb/(pa+pb)
		sum += byA[l]*pa + byB[l]*pb
		for _, op := range a[l] {
			cost += pa * by.Problem.Pool[op].Cost[l]
		}
		for _, op := range b[l] {
			cost += pb * by.Problem.Pool[op].Cost[l]
		}
	}
	return sum + by.Resource.Alpha*math.Pow(cost-by.Resource.Tau, float64(by.Resource.Beta))
}

// priced is a problem of n operations in 2 reduction and 4 normal layers. Costs of 0.5 to 1.5 come from the seed.
func priced(seed uint64, n int) space.Problem {
	p := space.Problem{Normal: []bool{true, false, true, true, false, true}, Fixed: 0.5}
	r := random.New(seed, "costs", 0, 0, 0)
	for range n {
		c := space.Candidate{}
		for range p.Normal {
			c.Cost = append(c.Cost, 0.5+r.Float64())
		}
		p.Pool = append(p.Pool, c)
	}
	return p
}

// The gradient is the derivative of the loss, by central differences.
func TestGradientIsTheDerivative(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seed := rapid.Uint64().Draw(t, "seed")
		by := Loss{
			Problem:   priced(seed, 5),
			Smoothing: rapid.SampledFrom([]float64{0, 1e-3, 0.2}).Draw(t, "smoothing"),
			Resource:  Resource{Alpha: 0.01, Tau: 6, Beta: rapid.SampledFrom([]int{2, 4}).Draw(t, "beta")},
		}
		single := rapid.Bool().Draw(t, "single")
		f := New(by.Problem.Everything())
		number := rapid.Float64Range(-3, 3)
		var byA, byB []float64
		for l := range f {
			for i := range f[l].Theta {
				f[l].Theta[i] = number.Draw(t, "theta")
			}
			byA, byB = append(byA, number.Draw(t, "A")), append(byB, number.Draw(t, "B"))
		}
		a, b := make(space.Arch, len(f)), make(space.Arch, len(f))
		for l, d := range f.Distributions(by.Problem.Normal, by.Smoothing, single) {
			ca, cb := d.DrawPair(random.New(seed, "pair", 1, 0, l))
			a[l], b[l] = d.Path(ca), d.Path(cb)
		}
		got := by.Gradient(f, a, b, byA, byB).Sum()
		for l := range f {
			for i := range f[l].Theta {
				const h = 1e-5
				at := func(d float64) float64 {
					moved := slices.Clone(f)
					moved[l].Theta = slices.Clone(f[l].Theta)
					moved[l].Theta[i] += d
					return loss(by, moved, a, b, byA, byB)
				}
				want := (at(h) - at(-h)) / (2 * h)
				if math.Abs(got[l][i]-want) > 1e-6*(1+math.Abs(want)) {
					t.Fatalf("layer %d, operation %d: gradient %v, by differences %v", l, i, got[l][i], want)
				}
			}
		}
	})
}

func TestLayersWithoutFreedomGetNoGradient(t *testing.T) {
	p := space.Problem{Normal: []bool{false, true, true}, Fixed: 2,
		Pool: []space.Candidate{{Name: "a", Cost: []float64{3, 3, 3}}, {Name: "b", Cost: []float64{1, 1, 1}}}}
	f := New([]space.Path{{0}, {}, {1}})
	a, b := space.Arch{{0}, {}, {1}}, space.Arch{{0}, {}, {}}
	g := Loss{Problem: p, Resource: Resource{Alpha: 1, Tau: 4, Beta: 2}}.
		Gradient(f, a, b, []float64{5, 5, 5}, []float64{5, 5, 3})
	if g.Cost != 2+3+0.5 || g.ResourceTerm != 2.25 {
		t.Errorf("expected cost %v and resource term %v, want 5.5 and 2.25", g.Cost, g.ResourceTerm)
	}
	// p̃_a = 1/2, slope 1/4: cross-entropy (5−3)/4, resource 2·1.5·(1−0)/4.
	if g.CrossEntropy[2][0] != 0.5 || g.Resource[2][0] != 0.75 || g.Sum()[2][0] != 1.25 {
		t.Errorf("gradients %v and %v, want 0.5 and 0.75", g.CrossEntropy[2], g.Resource[2])
	}
	if g.CrossEntropy[0] != nil || g.Resource[1] != nil {
		t.Errorf("gradients %v and %v, want none in layers 0 and 1", g.CrossEntropy, g.Resource)
	}
	next := Adam{LR: 0.1, Beta1: 0.9, Beta2: 0.999}.Step(f, g.Sum())
	if next[0].Updates != 0 || next[0].Theta[0] != 0 || next[2].Updates != 1 || math.Abs(next[2].Theta[0]+0.1) > 1e-8 {
		t.Errorf("after Adam %+v: want θ = 0 and −0.1", next)
	}
	if f[2].Theta[0] != 0 {
		t.Error("Adam changed what it was given")
	}
}

// Three updates of Adam by gradients 1, −2, 0.5 with lr 0.1, betas 0.9 and 0.999, worked out from its definition.
func TestAdam(t *testing.T) {
	adam := Adam{LR: 0.1, Beta1: 0.9, Beta2: 0.999}
	f := New([]space.Path{{7}})
	for _, g := range []float64{1, -2, 0.5} {
		f = adam.Step(f, [][]float64{{g}})
	}
	// m̂: 1, −0.11/0.19, −0.049/0.271; v̂: 1, 0.004999/0.001999, 0.005244001/0.002997001
	want := -0.1*(1/(1+1e-8)) + 0.1*(0.11/0.19)/math.Sqrt(0.004999/0.001999) +
		0.1*(0.049/0.271)/math.Sqrt(0.005244001/0.002997001)
	if got := f[0].Theta[0]; math.Abs(got-want) > 1e-8 {
		t.Errorf("θ = %v, want %v", got, want)
	}
}

func TestDrop(t *testing.T) {
	layer := func(dropped []bool, theta ...float64) Layer {
		return Layer{Ops: space.Path{2, 3, 5}, Dropped: dropped, Theta: theta, Mean: make([]float64, 3),
			Square: make([]float64, 3)}
	}
	all := []bool{false, false, false}
	tests := []struct {
		name   string
		layer  Layer
		normal bool
		locked space.Path
		want   []space.OpID
	}{
		{"above", layer(all, -1.99, 0, 3), true, nil, nil},
		{"at the threshold", layer(all, -2, 0, 3), true, nil, nil},
		{"below", layer(all, 0, -2.1, 3), true, nil, []space.OpID{3}},
		{"lowest first", layer(all, -2.1, -2.3, -2.2), true, nil, []space.OpID{3, 5, 2}},
		{"last path of a reduction layer", layer(all, -2.1, -2.3, -2.2), false, nil, []space.OpID{3, 5}},
		{"equal θ", layer(all, -3, -3, -3), false, nil, []space.OpID{2, 3}},
		{"locked", layer(all, -2.1, -2.3, -2.2), true, space.Path{3}, []space.OpID{5, 2}},
		{"locked in a reduction layer", layer(all, -2.1, -2.3, -2.2), false, space.Path{3}, []space.OpID{5, 2}},
		{"dropped before", layer([]bool{false, true, false}, -2.1, -9, -2.2), false, nil, []space.OpID{5}},
		{"last after others were dropped", layer([]bool{false, true, true}, -2.1, -9, -9), false, nil, nil},
		{"last of a normal layer", layer([]bool{false, true, true}, -2.1, -9, -9), true, nil, []space.OpID{2}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			before := slices.Clone(test.layer.Dropped)
			f := Fitness{test.layer, test.layer}
			next, dropped := f.Drop(-2, []bool{test.normal, test.normal}, []space.Path{test.locked, {2, 3, 5}})
			var ops []space.OpID
			for _, d := range dropped {
				if d.Layer != 0 || d.Theta != test.layer.Theta[slices.Index(test.layer.Ops, d.Op)] {
					t.Errorf("dropped %+v", d)
				}
				ops = append(ops, d.Op)
			}
			if !slices.Equal(ops, test.want) {
				t.Errorf("operations %v were dropped, want %v", ops, test.want)
			}
			for i, op := range test.layer.Ops {
				if want := before[i] || slices.Contains(test.want, op); next[0].Dropped[i] != want ||
					f[0].Dropped[i] != before[i] {
					t.Errorf("operation %d: dropped %v, before %v; want %v, unchanged %v", op, next[0].Dropped[i],
						f[0].Dropped[i], want, before[i])
				}
			}
		})
	}
}

func TestWithout(t *testing.T) {
	f := New([]space.Path{{2, 3, 5}, {4}})
	f[0].Theta, f[0].Mean, f[0].Square = []float64{1, 2, 3}, []float64{4, 5, 6}, []float64{7, 8, 9}
	f[0].Dropped, f[0].Updates = []bool{false, true, true}, 6
	got := f.Without(3)
	want := Layer{Ops: space.Path{2, 5}, Dropped: []bool{false, true}, Theta: []float64{1, 3}, Mean: []float64{4, 6},
		Square: []float64{7, 9}, Updates: 6}
	if !reflect.DeepEqual(got[0], want) || !reflect.DeepEqual(got[1], f[1]) {
		t.Errorf("%+v, want %+v and the other layer as it was", got, want)
	}
	if !slices.Equal(f[0].Theta, []float64{1, 2, 3}) || len(f[0].Ops) != 3 {
		t.Errorf("the old fitness has become %+v", f[0])
	}
}

func TestCheck(t *testing.T) {
	subset, normal := []space.Path{{0, 2}, {1}}, []bool{true, false}
	for _, test := range []struct {
		change func(f Fitness)
		want   string
	}{
		{func(Fitness) {}, "<nil>"},
		{func(f Fitness) { f[0].Dropped = []bool{true, true} }, "<nil>"},
		{func(f Fitness) { f[0].Ops = space.Path{0, 1} }, "layer 0 has operations [0 1], the space [0 2]"},
		{func(f Fitness) { f[1].Square = nil }, "layer 1: lists of different lengths"},
		{func(f Fitness) { f[1].Updates = -1 }, "layer 1: lists of different lengths"},
		{func(f Fitness) { f[1].Dropped[0] = true }, "layer 1 has lost every operation"},
		{func(f Fitness) { f[0].Mean[1] = math.Inf(1) }, "layer 0 has +Inf"},
	} {
		f := New(subset)
		test.change(f)
		if got := fmt.Sprint(f.Check(subset, normal)); got != test.want {
			t.Errorf("%s, want %s", got, test.want)
		}
	}
}
