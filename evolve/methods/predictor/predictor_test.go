package predictor

import (
	"errors"
	"fmt"
	"math"
	"testing"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/internal/random"
)

// problem has 8 operations in 4 layers.
func problem() evolve.Problem {
	p := evolve.Problem{Normal: []bool{true, false, true, false}}
	r := random.New(1, "problem", 0, 0, 0)
	for i := range 8 {
		c := evolve.Candidate{Name: fmt.Sprint(i)}
		for range p.Normal {
			c.Cost, c.Params = append(c.Cost, 0.1+r.Float64()), append(c.Params, 1e4*(1+r.Float64()))
		}
		p.Pool = append(p.Pool, c)
	}
	return p
}

// worth is the mean quality of an architecture's operations: each has one of its own in every layer.
func worth(p evolve.Problem, a evolve.Arch) float64 {
	sum, n := 0.0, 0.0
	for l, path := range a {
		for _, op := range path {
			sum += random.New(2, "quality", 0, l, int(op)).Float64()
			n++
		}
	}
	return sum / max(n, 1)
}

func draw(p evolve.Problem, seed uint64, n int) (list []evolve.Arch) {
	r := random.New(seed, "draw", 0, 0, 0)
	for range n {
		a := make(evolve.Arch, len(p.Normal))
		for l := range a {
			for op := range p.Pool {
				if r.IntN(4) == 0 {
					a[l] = append(a[l], evolve.OpID(op))
				}
			}
			if len(a[l]) == 0 {
				a[l] = evolve.Path{evolve.OpID(r.IntN(len(p.Pool)))}
			}
		}
		list = append(list, a)
	}
	return list
}

func trial(a evolve.Arch, epochs int, accuracy float64) evolve.Trial {
	t := evolve.Trial{Done: true}
	t.Arch, t.Epochs, t.Accuracy = a, epochs, accuracy
	return t
}

// TestPredictsWhatIsPlanted ranks architectures that were not trained.
func TestPredictsWhatIsPlanted(t *testing.T) {
	p := problem()
	var trials []evolve.Trial
	for _, a := range draw(p, 1, 120) {
		trials = append(trials, trial(a, 4, worth(p, a)))
	}
	f, err := Fit(p, trials)
	if err != nil {
		t.Fatal(err)
	}
	other := draw(p, 2, 60)
	agree, pairs := 0, 0
	for i, a := range other {
		for _, b := range other[:i] {
			x, _ := f.At(a)
			y, _ := f.At(b)
			if (x-y)*(worth(p, a)-worth(p, b)) > 0 {
				agree++
			}
			pairs++
		}
	}
	if tau := 2*float64(agree)/float64(pairs) - 1; tau < 0.6 {
		t.Errorf("Kendall's τ is %.2f", tau)
	}
}

// TestKnowsWhatItKnows compares deviations at trained architectures and at others, and the accuracy at the former.
func TestKnowsWhatItKnows(t *testing.T) {
	p := problem()
	known, unknown := draw(p, 1, 40), draw(p, 3, 40)
	var trials []evolve.Trial
	for _, a := range known {
		trials = append(trials, trial(a, 1, worth(p, a)))
	}
	f, err := Fit(p, trials)
	if err != nil {
		t.Fatal(err)
	}
	var near, far, off float64
	for i := range known {
		accuracy, deviation := f.At(known[i])
		near, off = near+deviation, off+math.Abs(accuracy-worth(p, known[i]))
		_, deviation = f.At(unknown[i])
		far += deviation
	}
	if near > 0.7*far || off/40 > 0.03 {
		t.Errorf("deviations %.3f and %.3f, off by %.3f", near/40, far/40, off/40)
	}
}

// TestLevelled: from 1 to 2 epochs architectures gain 0.1 in the mean, from 2 to 4 they gain 0.05.
func TestLevelled(t *testing.T) {
	a, b, c := evolve.Arch{{0}}, evolve.Arch{{1}}, evolve.Arch{{2}}
	archs, level := Levelled([]evolve.Trial{trial(a, 1, 0.3), trial(b, 1, 0.4), trial(c, 1, 0.2), trial(a, 2, 0.38),
		trial(b, 2, 0.52), trial(b, 4, 0.57)})
	if fmt.Sprint(archs) != "[[[0]] [[1]] [[2]]]" {
		t.Fatalf("architectures %v", archs)
	}
	for i, want := range []float64{0.38 + 0.05, 0.57, 0.2 + 0.1 + 0.05} {
		if math.Abs(level[i]-want) > 1e-12 {
			t.Errorf("architecture %d is at %v, want %v", i, level[i], want)
		}
	}
}

func TestFewArchitectures(t *testing.T) {
	p := problem()
	archs := draw(p, 1, 4)
	for _, trials := range [][]evolve.Trial{
		nil,
		{trial(archs[0], 1, 0.1), trial(archs[1], 1, 0.2), trial(archs[0], 2, 0.3)},
		{trial(archs[0], 1, 0.1), trial(archs[1], 1, 0.1), trial(archs[2], 1, 0.1)},
	} {
		if _, err := Fit(p, trials); !errors.Is(err, ErrFew) {
			t.Errorf("error %v of %d trials", err, len(trials))
		}
	}
}

// TestKnowsOperationsByTheirForms: accuracy grows with width, and two operations that were never trained differ in it.
func TestKnowsOperationsByTheirForms(t *testing.T) {
	p := problem()
	r := random.New(4, "forms", 0, 0, 0)
	for i := range p.Pool {
		form := evolve.Form{Width: 1 + 5*r.Float64(), Window: 3, Dilation: 1}
		switch i {
		case 6:
			form.Width = 6
		case 7:
			form.Width = 1
		}
		for l := range p.Normal {
			p.Pool[i].Cost[l], p.Pool[i].Params[l] = 1, 1e4
			p.Pool[i].Forms = append(p.Pool[i].Forms, form)
		}
	}
	known := p
	known.Pool = p.Pool[:6]
	var trials []evolve.Trial
	for i, a := range draw(known, 1, 30) {
		width := 0.0
		for l, path := range a {
			for _, op := range path {
				width += p.Pool[op].Forms[l].Width
			}
		}
		noise := 0.01 * random.New(5, "noise", 0, i, 0).NormFloat64()
		trials = append(trials, trial(a, 4, 0.5+0.1*math.Log(width)+noise))
	}
	f, err := Fit(p, trials)
	if err != nil {
		t.Fatal(err)
	}
	wide, narrow := f.Mean(p.Stack(evolve.Path{6})), f.Mean(p.Stack(evolve.Path{7}))
	if wide < narrow+0.05 {
		t.Errorf("the wide operation has %.3f, the narrow one %.3f", wide, narrow)
	}
}
