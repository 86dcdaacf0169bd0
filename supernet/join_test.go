package supernet

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/sdk"
)

// joinOps are 1×1 convolutions without anything else.
func joinOps(_ evolve.OpID, l sdk.Layer) (*sdk.Graph, error) {
	g := sdk.NewGraph(l.Input())
	y := g.Input().Conv1x1(l.Out, 1)
	return g, g.Finish(y, l.Output())
}

// Layers of one pixel and one channel, whose operations multiply by 2, 3 and 5: outputs follow by hand.
func TestJoinsByHand(t *testing.T) {
	factors := []float32{2, 3, 5}
	paths := []evolve.Path{{}, {1}, {0, 1}, {0, 1, 2}}
	for join, want := range map[string][2][]float32{ // of x = 6 in a normal layer and in an E from 1 to 1 channels
		"":         {{6, (18 + 6) / 2., (12 + 18 + 6) / 3., (12 + 18 + 30 + 6) / 4.}, {18, 15, 20}},
		"mean":     {{6, 12, 12, 16.5}, {18, 15, 20}},
		"sum":      {{6, 18, 30, 60}, {18, 30, 60}},
		"residual": {{6, 6 + 18, 6 + 15, 6 + 20}, {18, 15, 20}},
	} {
		for kind, layer := range []sdk.Layer{
			{In: 1, Out: 1, Stride: 1, Height: 1, Width: 1}, {In: 1, Out: 1, Stride: 2, Height: 1, Width: 1},
		} {
			for i, path := range paths[kind:] {
				if got := joined(t, join, layer, factors, path); math.Abs(float64(got-want[kind][i])) > 1e-5 {
					t.Errorf("%q, stride %d, path %v: output %g, want %g", join, layer.Stride, path, got,
						want[kind][i])
				}
			}
		}
	}
}

// joined is the output of a layer on the input 6.
func joined(t *testing.T, join string, l sdk.Layer, factors []float32, path evolve.Path) float32 {
	t.Helper()
	letter := "N"
	if !l.Normal() {
		letter = "R"
	}
	joins, err := (Macro{Layers: letter, Join: join}).joins()
	if err != nil {
		t.Fatal(err)
	}
	identity := sdk.NewGraph(l.Input())
	if err := identity.Finish(identity.Input(), l.Input()); err != nil {
		t.Fatal(err)
	}
	n, err := NewNet(Skeleton{Stem: identity, Head: identity, Layers: []sdk.Layer{l}, Joins: joins}, joinOps, 1, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	if err := n.Fill([]evolve.Path{{0, 1, 2}}); err != nil {
		t.Fatal(err)
	}
	for i, f := range factors {
		n.layers[0].block(evolve.OpID(i)).Params[0].Value[0] = f
	}
	y, err := n.Inference(1).Network(evolve.Arch{path}, []float32{6})
	if err != nil {
		t.Fatal(err)
	}
	return y[0]
}

// joinArchs have, in the normal layers, no branch, one and several; one and several in the reduction layer.
var joinArchs = []evolve.Arch{{{}, {3}, {1}}, {{1}, {0, 1}, {}}, {{0, 1, 2}, {1}, {1, 2, 3}}, {{0, 2}, {0, 1, 3}, {3}}}

var joinRules = []string{"sum", "residual", "sum mean residual"}

// Gradients of whole networks are the derivatives of the loss, by every rule.
func TestJoinedGradientsAreTheDerivatives(t *testing.T) {
	for _, join := range joinRules {
		for _, a := range joinArchs {
			t.Run(fmt.Sprint(join, a), func(t *testing.T) {
				e := joinedEngine(t, join, buildFew, 2, testTrain, testScore)
				begin(t, e)
				if err := e.ready(1); err != nil {
					t.Fatal(err)
				}
				batch := e.weights.At(0)
				params := maps.Collect(e.net.params())
				for name := range params {
					var l, op int
					if n, _ := fmt.Sscanf(name, "layers.%d.%d.", &l, &op); n == 2 &&
						!slices.Contains(a[l], evolve.OpID(op)) {
						delete(params, name)
					}
				}
				checkGradients(t, maps.All(params), 8, func() float64 {
					loss, _, err := e.net.Gradients(a, batch, 1, 0)
					if err != nil {
						t.Fatal(err)
					}
					return loss
				})
			})
		}
	}
}

// shortcuts are the operations of buildFew that bring their own shortcut in normal layers.
func shortcuts(op evolve.OpID, l sdk.Layer) (*sdk.Graph, error) {
	g, err := buildFew(op, l)
	if err != nil || !l.Normal() {
		return g, err
	}
	y, err := g.At(g.Output)
	if err != nil {
		return nil, err
	}
	return g, g.Finish(y.Add(g.Input()), l.Output())
}

// The sum of single operations with a shortcut of their own is the residual of these operations without one: networks,
// steps, scores, fitness and mixtures are equal but for rounding.
func TestSumOfShortcutsIsTheResidual(t *testing.T) {
	sum := joinedEngine(t, "sum", shortcuts, 2, testTrain, testScore)
	residual := joinedEngine(t, "residual", buildFew, 2, testTrain, testScore)
	begin(t, sum)
	begin(t, residual)
	near := func(what string, a, b float64) {
		t.Helper()
		if !(math.Abs(a-b) <= 1e-4+1e-3*math.Abs(b)) {
			t.Errorf("%s: %v of the sum, %v of the residual", what, a, b)
		}
	}
	paths := []evolve.Arch{{{1}, {3}, {}}, {{0}, {1}, {2}}, {{}, {0}, {3}}}
	for i, a := range paths {
		step := evolve.Step{Round: 1, Index: i, Total: testSteps}
		x, err := sum.Train(step, a)
		if err != nil {
			t.Fatal(err)
		}
		y, err := residual.Train(step, a)
		if err != nil {
			t.Fatal(err)
		}
		near("loss", x, y)
		f, err := sum.Fitness(step, a, paths[(i+1)%len(paths)])
		if err != nil {
			t.Fatal(err)
		}
		g, err := residual.Fitness(step, a, paths[(i+1)%len(paths)])
		if err != nil {
			t.Fatal(err)
		}
		for l := range a {
			near("fitness of a", f.A[l], g.A[l])
			near("fitness of b", f.B[l], g.B[l])
		}
		p, q := mixedLoss(t, sum, testWeights), mixedLoss(t, residual, testWeights)
		near("mixture", p, q)
	}
}

// Scoring shares what architectures begin with, and gives each what it gets alone.
func TestJoinedScoresAreThoseOfEachAlone(t *testing.T) {
	for _, join := range joinRules {
		e := joinedEngine(t, join, buildFew, 2, testTrain, testScore)
		begin(t, e)
		trained(t, e, 0, 6)
		archs := append(slices.Clone(joinArchs), evolve.Arch{{0, 2}, {0, 1, 3}, {1}}, evolve.Arch{{0}, {3}, {1}})
		score := func(list ...evolve.Arch) []float64 {
			all := make([]float64, len(list))
			if err := e.Score(t.Context(), list, func(i int, a float64) error { all[i] = a; return nil }); err != nil {
				t.Fatal(err)
			}
			return all
		}
		together := score(archs...)
		for i, a := range archs {
			if alone := score(a); alone[0] != together[i] {
				t.Errorf("%s %v: accuracy %v among others, %v alone", join, a, together[i], alone[0])
			}
		}
	}
}

// Rules that are no rules, and lists of another length, name the setting.
func TestMacroRefusesJoins(t *testing.T) {
	m, err := Built("small")
	if err != nil {
		t.Fatal(err)
	}
	for join, want := range map[string]string{
		"summ":     `"summ" is none of mean, sum and residual`,
		"sum mean": "2 names for 5 layers: want one for all, or one for each",
	} {
		m.Join = join
		if err := m.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %s", join, err, want)
		}
	}
	for _, join := range []string{"", "mean", "sum", "mean sum mean residual sum"} {
		m.Join = join
		if err := m.Validate(); err != nil {
			t.Errorf("%q: %v", join, err)
		}
	}
}

func TestCanonicalMacros(t *testing.T) {
	a := Macro{Layers: "N R N", Channels: []int{4, 8}}
	for join, want := range map[string]string{"": "", "mean": "", "mean  mean mean": "", "sum": "sum",
		"sum sum sum": "sum", "sum  mean residual": "sum mean residual"} {
		a.Join = join
		if got := a.Canonical(); got.Join != want || got.Layers != "NRN" || got.StemKernel != 3 {
			t.Errorf("%q: %+v, want join %q", join, got, want)
		}
	}
}
