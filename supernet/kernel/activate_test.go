package kernel

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// formulas are the activations and their derivatives in float64.
var formulas = map[Activation][2]func(x float64) float64{
	ReLU: {func(x float64) float64 { return max(x, 0) }, func(x float64) float64 {
		if x > 0 {
			return 1
		}
		return 0
	}},
	Sigmoid: {logistic, func(x float64) float64 { return logistic(x) * logistic(-x) }},
	Swish: {func(x float64) float64 { return x * logistic(x) }, func(x float64) float64 {
		return logistic(x) * (1 + x*logistic(-x))
	}},
	HSwish: {func(x float64) float64 { return x * min(max(x+3, 0), 6) / 6 }, func(x float64) float64 {
		if x <= -3 || x >= 3 {
			return max(0, math.Copysign(1, x))
		}
		return x/3 + 0.5
	}},
	GELU: {func(x float64) float64 { return x * gauss(x) }, func(x float64) float64 {
		return gauss(x) + x*math.Exp(-x*x/2)/math.Sqrt(2*math.Pi)
	}},
	GELUTanh: {func(x float64) float64 { return x * logistic(2*bent(x)) }, func(x float64) float64 {
		return logistic(2*bent(x)) * (1 + x*logistic(-2*bent(x))*2*math.Sqrt(2/math.Pi)*(1+3*0.044715*x*x))
	}},
	ReLU6: {func(x float64) float64 { return min(max(x, 0), 6) }, func(x float64) float64 {
		if x <= 0 || x >= 6 {
			return 0
		}
		return 1
	}},
	HardSigmoid: {func(x float64) float64 { return min(max(x/6+0.5, 0), 1) }, func(x float64) float64 {
		if x <= -3 || x >= 3 {
			return 0
		}
		return 1. / 6
	}},
}

// gauss is the normal distribution.
func gauss(x float64) float64 { return math.Erfc(-x/math.Sqrt2) / 2 }

// bent is the argument of the tanh that approximates GELU, in bounds where the derivative is finite.
func bent(x float64) float64 {
	x = min(max(x, -100), 100)
	return math.Sqrt(2/math.Pi) * (x + 0.044715*x*x*x)
}

func logistic(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

func TestActivate(t *testing.T) {
	onLevels(t, func(t *testing.T) { rapid.Check(t, activates) })
}

func activates(t *rapid.T) {
	a := Activation(rapid.IntRange(0, int(HardSigmoid)).Draw(t, "activation"))
	r, n := drawRand(t), rapid.IntRange(0, 40000).Draw(t, "n")
	x, dy := normals(r, n), normals(r, n)
	for i := range x {
		x[i] *= 4
	}
	copy(x, []float32{0, -3, 3, 30, -30, 1e30, -1e30, 100, -100, 1e-30})
	got := onPools(t, func(p *Pool) [][]float32 {
		y := append([]float32(nil), x...)
		Activate(p, a, y, y)
		saved, dx := x, append([]float32(nil), dy...)
		if a.SavesOutput() {
			saved = y
		}
		ActivateBackward(p, a, dx, saved, dx)
		return [][]float32{y, dx}
	})
	y, dx, size := make([]float64, n), make([]float64, n), make([]float64, n)
	for i, v := range x {
		y[i] = formulas[a][0](float64(v))
		dx[i] = formulas[a][1](float64(v)) * float64(dy[i])
		size[i] = 1 + math.Abs(float64(dy[i]))
	}
	near(t, "y", got[0], y, wider(y), 3e-7)
	near(t, "dx", got[1], dx, size, 1e-6)
}

// wider are the magnitudes, and at least 1e-30.
func wider(x []float64) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = math.Abs(v) + 1e-30
	}
	return y
}

// TestFormulas differentiates what TestActivate compares with.
func TestFormulas(t *testing.T) {
	for a, f := range formulas {
		for x := -6.013; x < 6; x += 0.1 {
			const h = 1e-5
			if got, want := f[1](x), (f[0](x+h)-f[0](x-h))/(2*h); math.Abs(got-want) > 1e-6 {
				t.Errorf("activation %d at %g: derivative %g, want %g", a, x, got, want)
			}
		}
	}
}

func TestActivateSpecialValues(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	p := NewPool(1)
	defer p.Close()
	for a, want := range map[Activation][3]float32{
		ReLU:    {inf, 0, nan},
		Sigmoid: {1, 0, nan},
		Swish:   {inf, nan, nan},
		HSwish:  {inf, nan, nan},

		GELU:        {inf, nan, nan},
		GELUTanh:    {inf, nan, nan},
		ReLU6:       {6, 0, nan},
		HardSigmoid: {1, 0, nan},
	} {
		y := garbage(3)
		Activate(p, a, y, []float32{inf, -inf, nan})
		for i := range y {
			if y[i] != want[i] && !(isNaN(y[i]) && isNaN(want[i])) {
				t.Errorf("activation %d: %v, want %v", a, y, want)
			}
		}
	}
	dx, want := garbage(4), []float32{0, nan, 3, 0}
	ActivateBackward(p, ReLU, dx, []float32{0, 2, nan, float32(math.Copysign(0, -1))}, []float32{nan, nan, 3, inf})
	exact(t, "relu backward", dx, func(i int) float32 { return want[i] })
}
