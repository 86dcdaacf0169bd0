package relaxation

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/evolve/methods/shared"
)

// near reports whether numbers agree to within 1e-9.
func near(a, b []float64) bool {
	return slices.EqualFunc(a, b, func(x, y float64) bool { return math.Abs(x-y) < 1e-9 })
}

func TestSoftmaxByHand(t *testing.T) {
	// e^0 : e^ln2 : e^ln5 = 1 : 2 : 5.
	if got := Softmax([]float64{0, math.Log(2), math.Log(5)}); !near(got, []float64{0.125, 0.25, 0.625}) {
		t.Errorf("softmax %v, want 1/8, 2/8, 5/8", got)
	}
	if got := Softmax([]float64{1000, 1000, never}); !near(got, []float64{0.5, 0.5, 0}) {
		t.Errorf("softmax %v, want 1/2, 1/2, 0", got)
	}
}

func TestThroughByHand(t *testing.T) {
	// The mean of 8, 4, 0 under 1/8, 2/8, 5/8 is 2.
	got := Through([]float64{0.125, 0.25, 0.625}, []float64{8, 4, 0})
	if !near(got, []float64{0.125 * 6, 0.25 * 2, 0.625 * -2}) {
		t.Errorf("gradient %v, want 0.75, 0.5, -1.25", got)
	}
}

func TestAdamByHand(t *testing.T) {
	p := Parameters{[][]float64{{1, never}}, [][]float64{{0, 0}}, [][]float64{{0, 0}}, 0}
	a := Adam{LR: 0.1, Beta1: 0.5, Beta2: 0.75, Decay: 0.5}
	// g = 1.5 + 0.5·1 = 2: mean 1, square 1; corrected 2 and 4. α = 1 − 0.1·2/2.
	p = p.Step(a, [][]float64{{1.5, 3}})
	if !near(p.Alpha[0], []float64{0.9, never}) || !near(p.Mean[0], []float64{1, 0}) ||
		!near(p.Square[0], []float64{1, 0}) || p.Updates != 1 {
		t.Errorf("after one step %+v, want α = 0.9, mean 1, square 1, and the second choice as it was", p)
	}
	// g = −0.45 + 0.5·0.9 = 0: mean 0.5, square 0.75; corrected 0.5/0.75 and 0.75/0.4375.
	p = p.Step(a, [][]float64{{-0.45, 3}})
	if want := 0.9 - 0.1*(2./3)/math.Sqrt(12./7); !near(p.Alpha[0], []float64{want, never}) {
		t.Errorf("after two steps α = %v, want %v", p.Alpha[0], want)
	}
}

func TestMemoryKeepsEveryBitAndRefusesOthers(t *testing.T) {
	choices := [][]evolve.Path{{{}, {0}}, {{0}, {1}, {2}}}
	p := New(3, 1, choices).Step(Adam{LR: 0.1, Beta1: 0.9, Beta2: 0.99}, [][]float64{{1, 2}, {3, 4, 5}})
	p = p.Without(0, choices)
	st, err := p.Remember(evolve.State{})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := Recall(st, choices); err != nil || !reflect.DeepEqual(got, p) {
		t.Errorf("recalled %+v, %v, want %+v", got, err, p)
	}
	for want, memory := range map[string]string{
		"memory: unexpected end of JSON input":       ``,
		"memory: α of 1 layers, the network has 2":   `{"alpha":[[0,0]]}`,
		"memory: layer 1 has α of 1 choices, want 3": `{"alpha":[[0,0],[0]]}`,
		"memory: α of 0 layers, the network has 2":   `{"alpha":[[0,0],[0,0,0]]}`,
	} {
		if _, err := Recall(evolve.State{Memory: json.RawMessage(memory)}, choices); err == nil || err.Error() != want {
			t.Errorf("%s: error %v, want %s", memory, err, want)
		}
	}
}

// The architectures are those that a search through all finds.
func TestProbableAgainstEnumeration(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		problem := evolve.Problem{Normal: []bool{true, false, true, true}, Fixed: 7}
		for range 4 {
			c := evolve.Candidate{}
			for range problem.Normal {
				c.Cost = append(c.Cost, float64(1+r.IntN(40))) // whole numbers: a bucket holds one cost alone
			}
			problem.Pool = append(problem.Pool, c)
		}
		choices := shared.Choices(problem, problem.Everything())
		p := New(r.Uint64(), 1, choices)
		for _, alpha := range p.Alpha {
			for i := range alpha {
				alpha[i] = 2 * r.NormFloat64()
			}
		}
		probabilities := p.Probabilities()
		c := evolve.ConstraintConfig{Tau: 80, Width: 0.3}
		best := map[float64]float64{} // by cost
		var walk func(a evolve.Arch, log float64)
		walk = func(a evolve.Arch, log float64) {
			l := len(a)
			if l == len(choices) {
				if cost := problem.Cost(a); cost >= c.Low() && cost <= c.High() {
					if known, ok := best[cost]; !ok || log > known {
						best[cost] = log
					}
				}
				return
			}
			for i, path := range choices[l] {
				walk(append(a[:l:l], path), log+math.Log(probabilities[l][i]))
			}
		}
		walk(evolve.Arch{}, 0)
		var want []float64
		for _, log := range best {
			want = append(want, log)
		}
		slices.Sort(want)
		slices.Reverse(want)
		want = want[:min(3, len(want))]
		var got []float64
		for _, a := range Probable(problem, c, choices, probabilities, 3) {
			log := 0.0
			for l, path := range a {
				i := slices.IndexFunc(choices[l], func(p evolve.Path) bool { return slices.Equal(p, path) })
				log += math.Log(probabilities[l][i])
			}
			got = append(got, log)
		}
		if !near(got, want) {
			t.Fatalf("logarithms of the probabilities %v, want %v", got, want)
		}
	})
}

// What is not possible is not chosen, even if nothing else meets the budget.
func TestProbableLeavesOutWhatIsImpossible(t *testing.T) {
	problem := evolve.Problem{Normal: []bool{false, true}, Fixed: 1,
		Pool: []evolve.Candidate{{Cost: []float64{5, 5}}, {Cost: []float64{50, 50}}}}
	choices := shared.Choices(problem, problem.Everything())
	c := evolve.ConstraintConfig{Tau: 10, Width: 0.5}
	p := New(1, 1, choices)
	p.Alpha = [][]float64{{0, 9}, {9, 0, 9}}
	want := []evolve.Arch{{{0}, {}}, {{0}, {0}}}
	if got := Probable(problem, c, choices, p.Probabilities(), 5); !reflect.DeepEqual(got, want) {
		t.Errorf("architectures %v, want %v", got, want)
	}
	if got := Probable(problem, c, choices, p.Without(0, choices).Probabilities(), 5); len(got) != 0 {
		t.Errorf("architectures %v without the one cheap operation, want none", got)
	}
}
