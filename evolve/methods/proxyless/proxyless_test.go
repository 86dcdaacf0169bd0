package proxyless

import (
	"context"
	"math"
	"testing"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/evolve/methods/relaxation"
)

// gates is an engine whose gradient by the gate of an operation is a constant.
type gates []float64

func (gates) Begin(int, []evolve.Path) error                  { return nil }
func (gates) Train(evolve.Step, evolve.Arch) (float64, error) { return 1, nil }
func (g gates) Fitness(_ evolve.Step, a, b evolve.Arch) (evolve.Gradient, error) {
	return evolve.Gradient{A: []float64{g[a[0][0]]}, B: []float64{g[b[0][0]]}}, nil
}
func (gates) Score(context.Context, []evolve.Arch, func(int, float64) error) error { return nil }

// A reduction layer of two operations draws both of them. The rest follows by hand.
func TestUpdateByHand(t *testing.T) {
	p := evolve.Problem{Normal: []bool{false}, Pool: []evolve.Candidate{{Cost: []float64{1}}, {Cost: []float64{3}}}}
	s := evolve.Search{Problem: p, Engine: gates{2, -2}}
	s.Config.Constraint.Tau = 2
	m := Method{Default()}
	m.Config.LR = 0.01
	choices := relaxation.Choices(s)
	before := relaxation.Parameters{Alpha: [][]float64{{0, 0}}, Mean: [][]float64{{0, 0}}, Square: [][]float64{{0, 0}}}
	step := evolve.Step{Round: 1, Total: published / 4}
	st, err := m.update(s, evolve.State{Round: 1}, step, before, choices)
	if err != nil {
		t.Fatal(err)
	}
	after, err := relaxation.Recall(st, choices)
	if err != nil {
		t.Fatal(err)
	}
	// By the gates: ½·½·(2 + 2) = 1 and −1. By the resource term, whose λ/τ is 0.05: ½·(1 − 2)·0.05 and the opposite.
	const gradient = 1 - 0.025
	if got := after.Square[0]; math.Abs(got[0]-0.001*gradient*gradient) > 1e-12 || math.Abs(got[0]-got[1]) > 1e-12 {
		t.Errorf("mean squares %v of the gradient, want %v", got, 0.001*gradient*gradient)
	}
	// The rate is doubled at a quarter of the paper's updates. The first step of Adam is the rate, and then both move
	// so that their exponentials sum up to 2 as before.
	offset := math.Log(math.Cosh(0.02))
	for i, want := range []float64{-0.02 - offset, 0.02 - offset} {
		if math.Abs(after.Alpha[0][i]-want) > 1e-7 {
			t.Errorf("α %d is %v, want %v", i, after.Alpha[0][i], want)
		}
	}
	if sum := math.Exp(after.Alpha[0][0]) + math.Exp(after.Alpha[0][1]); math.Abs(sum-2) > 1e-9 {
		t.Errorf("exponentials sum up to %v, want 2", sum)
	}
}

// α stays in the first quarter of training, and is updated after every fifth weight update from then on.
func TestWarmupComesFirst(t *testing.T) {
	s := evolve.Search{Engine: gates{2, -2}, Problem: evolve.Problem{Normal: []bool{false},
		Pool: []evolve.Candidate{{Cost: []float64{1}}, {Cost: []float64{3}}}}}
	s.Config.TrainSteps, s.Config.Constraint.Tau = 40, 2
	m := Method{Default()}
	var steps []int
	s.Observe = func(e evolve.Event) error {
		if b, ok := e.Body.(evolve.FitnessUpdated); ok {
			steps = append(steps, b.Step)
		}
		return nil
	}
	choices := relaxation.Choices(s)
	st, err := relaxation.New(1, 1, choices).Remember(evolve.State{Round: 1})
	if err != nil {
		t.Fatal(err)
	}
	start := string(st.Memory)
	for st.Step < s.Config.TrainSteps {
		if st, err = m.step(s, st); err != nil {
			t.Fatal(err)
		}
		if st.Step < 15 && string(st.Memory) != start {
			t.Errorf("after %d weight updates of 40, α has changed", st.Step)
		}
		if want := max(0, (st.Step-10)/5); len(steps) != want {
			t.Errorf("after %d weight updates: %d updates of α, want %d", st.Step, len(steps), want)
		}
	}
}
