package evolve

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// loss is the fitness loss by its definition: Σ_l A_l·p̃_a + B_l·p̃_b, whose gradient is that of the cross-entropy,
// plus α·(E − τ)^β. Probabilities are products over the operations.
func loss(p Problem, c Config, f Fitness, a, b Arch, g Gradient) float64 {
	sum, cost := 0.0, p.Fixed
	for l, layer := range f {
		probability := func(path Path) float64 {
			var m mask
			for i, op := range layer.Ops {
				if slices.Contains(path, op) {
					m |= 1 << i
				}
			}
			return product(layer.Theta, c.Fitness.Smoothing, m)
		}
		pa, pb := probability(a[l]), probability(b[l])
		pa, pb = pa/(pa+pb), pb/(pa+pb)
		sum += g.A[l]*pa + g.B[l]*pb
		for _, op := range a[l] {
			cost += pa * p.Pool[op].Cost[l]
		}
		for _, op := range b[l] {
			cost += pb * p.Pool[op].Cost[l]
		}
	}
	return sum + c.Constraint.Alpha*math.Pow(cost-c.Constraint.Tau, float64(c.Constraint.Beta))
}

// The gradient is the derivative of the loss, by central differences.
func TestGradientIsTheDerivative(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, _ := plant(rapid.Uint64().Draw(t, "seed"), 5)
		s.Config.Constraint = ConstraintConfig{Tau: 6, Width: 0.1, Alpha: 0.01,
			Beta: rapid.SampledFrom([]int{2, 4}).Draw(t, "beta")}
		s.Config.Fitness.Smoothing = rapid.SampledFrom([]float64{0, 1e-3, 0.2}).Draw(t, "smoothing")
		s.Config.SingleBranch = rapid.Bool().Draw(t, "single")
		f := NewFitness(s.Problem.Everything())
		number := rapid.Float64Range(-3, 3)
		var g Gradient
		for l := range f {
			for i := range f[l].Theta {
				f[l].Theta[i] = number.Draw(t, "theta")
			}
			g.A, g.B = append(g.A, number.Draw(t, "A")), append(g.B, number.Draw(t, "B"))
		}
		a, b := s.drawPairs(State{Fitness: f}, Step{1, 0, 1})
		got := f.Gradient(s.Problem, s.Config, a, b, g).Sum()
		for l := range f {
			for i := range f[l].Theta {
				const h = 1e-5
				at := func(d float64) float64 {
					moved := slices.Clone(f)
					moved[l].Theta = slices.Clone(f[l].Theta)
					moved[l].Theta[i] += d
					return loss(s.Problem, s.Config, moved, a, b, g)
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
	p := Problem{Normal: []bool{false, true, true},
		Pool: []Candidate{{Name: "a", Cost: []float64{3, 3, 3}}, {Name: "b", Cost: []float64{1, 1, 1}}}, Fixed: 2}
	c, _ := Preset("paper")
	c.Constraint = ConstraintConfig{Tau: 4, Width: 0.1, Alpha: 1, Beta: 2}
	f := NewFitness([]Path{{0}, {}, {1}})
	a, b := Arch{{0}, {}, {1}}, Arch{{0}, {}, {}}
	g := f.Gradient(p, c, a, b, Gradient{A: []float64{5, 5, 5}, B: []float64{5, 5, 3}})
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
	next := f.Adam(c.Fitness, g.Sum())
	if next[0].Updates != 0 || next[0].Theta[0] != 0 || next[2].Updates != 1 || math.Abs(next[2].Theta[0]+0.1) > 1e-8 {
		t.Errorf("after Adam %+v: want θ = 0 and −0.1", next)
	}
	if f[2].Theta[0] != 0 {
		t.Error("Adam changed what it was given")
	}
}

// Three updates of Adam by gradients 1, −2, 0.5 with lr 0.1, betas 0.9 and 0.999, worked out from its definition.
func TestAdam(t *testing.T) {
	c := FitnessConfig{LR: 0.1, Beta1: 0.9, Beta2: 0.999}
	f := NewFitness([]Path{{7}})
	for _, g := range []float64{1, -2, 0.5} {
		f = f.Adam(c, [][]float64{{g}})
	}
	// m̂: 1, −0.11/0.19, −0.049/0.271; v̂: 1, 0.004999/0.001999, 0.005244001/0.002997001
	want := -0.1*(1/(1+1e-8)) + 0.1*(0.11/0.19)/math.Sqrt(0.004999/0.001999) +
		0.1*(0.049/0.271)/math.Sqrt(0.005244001/0.002997001)
	if got := f[0].Theta[0]; math.Abs(got-want) > 1e-8 {
		t.Errorf("θ = %v, want %v", got, want)
	}
}

func TestDrop(t *testing.T) {
	layer := func(dropped []bool, theta ...float64) LayerFitness {
		return LayerFitness{Ops: Path{2, 3, 5}, Dropped: dropped, Theta: theta, Mean: make([]float64, 3),
			Square: make([]float64, 3)}
	}
	all := []bool{false, false, false}
	tests := []struct {
		name   string
		layer  LayerFitness
		normal bool
		locked Path
		want   []OpID
	}{
		{"above", layer(all, -1.99, 0, 3), true, nil, nil},
		{"at the threshold", layer(all, -2, 0, 3), true, nil, nil},
		{"below", layer(all, 0, -2.1, 3), true, nil, []OpID{3}},
		{"lowest first", layer(all, -2.1, -2.3, -2.2), true, nil, []OpID{3, 5, 2}},
		{"last path of a reduction layer", layer(all, -2.1, -2.3, -2.2), false, nil, []OpID{3, 5}},
		{"equal θ", layer(all, -3, -3, -3), false, nil, []OpID{2, 3}},
		{"locked", layer(all, -2.1, -2.3, -2.2), true, Path{3}, []OpID{5, 2}},
		{"locked in a reduction layer", layer(all, -2.1, -2.3, -2.2), false, Path{3}, []OpID{5, 2}},
		{"dropped before", layer([]bool{false, true, false}, -2.1, -9, -2.2), false, nil, []OpID{5}},
		{"last after others were dropped", layer([]bool{false, true, true}, -2.1, -9, -9), false, nil, nil},
		{"last of a normal layer", layer([]bool{false, true, true}, -2.1, -9, -9), true, nil, []OpID{2}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			before := slices.Clone(test.layer.Dropped)
			f := Fitness{test.layer, test.layer}
			next, dropped := f.Drop(-2, []bool{test.normal, test.normal}, []Path{test.locked, {2, 3, 5}})
			var ops []OpID
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
