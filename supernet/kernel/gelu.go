package kernel

import "math"

// gelu sets dst[i] = x[i]·Φ(x[i]), to the last bit but one. Products are rounded to float64 before they are added, so
// that every machine has the same bits.
func gelu(dst, x []float32) {
	x = x[:len(dst)]
	for i := range dst {
		v := float64(x[i])
		below, _ := gaussian(v)
		dst[i] = float32(v * below)
	}
}

// geluBackward sets dx[i] = dy[i]·(Φ(x[i]) + x[i]·φ(x[i])), with the normal density φ.
func geluBackward(dx, x, dy []float32) {
	x, dy = x[:len(dx)], dy[:len(dx)]
	for i := range dx {
		v := float64(x[i])
		below, density := gaussian(v)
		if density != 0 {
			below += float64(v * density)
		}
		dx[i] = float32(float64(dy[i]) * below)
	}
}

// gaussian returns the normal distribution and density at x, with a relative error of 1e-8. Beyond ±15, where float32
// has no number between, they are 0 or 1 and 0. The smaller tail is exp(−x²/2)·t·p(t) with t = 1/(1 + 0.3·|x|), and the
// polynomial p interpolates at Chebyshev's nodes.
func gaussian(x float64) (below, density float64) {
	switch {
	case x < -15:
		return 0, 0
	case x > 15:
		return 1, 0
	}
	t := 1 / (1 + float64(0.3*math.Abs(x)))
	p := -0.020984669361051
	for _, c := range [...]float64{0.11440211186287, -0.23283548305323, 0.19792164407389, -0.084481282524871,
		0.098830841310834, 0.077485770647012, 0.1104231966148, 0.11955011827808, 0.11968775022812} {
		p = float64(p*t) + c
	}
	e := exponential(x * x / -2)
	tail := e * t * p
	if x > 0 {
		tail = 1 - tail
	}
	return tail, e / math.Sqrt(2*math.Pi)
}

// geluTanh sets dst[i] = x[i]·s, to the last bit but one, where s = 1/(1 + exp(−2u)) = (1 + tanh u)/2 and u =
// √(2/π)·(x[i] + 0.044715·x[i]³).
func geluTanh(dst, x []float32) {
	x = x[:len(dst)]
	for i := range dst {
		v := float64(x[i])
		dst[i] = float32(v * tanhGate(v))
	}
}

// geluTanhBackward sets dx[i] = dy[i]·(s + x[i]·s·(1 − s)·2u′), as geluTanh has s and u.
func geluTanhBackward(dx, x, dy []float32) {
	x, dy = x[:len(dx)], dy[:len(dx)]
	for i := range dx {
		v := float64(x[i])
		s := tanhGate(v)
		slope := s
		if rest := s * (1 - s); rest != 0 {
			slope += float64(v * rest * twoRoot * (1 + float64(3*tanhCube*v*v)))
		}
		dx[i] = float32(float64(dy[i]) * slope)
	}
}

const (
	twoRoot  = 2 * 0.79788456080286535588 // 2·√(2/π)
	tanhCube = 0.044715
)

// tanhGate is 0 or 1 where exp(−2u) is beyond exp(±110), and float32 has no number between.
func tanhGate(x float64) float64 {
	y := -twoRoot * x * (1 + float64(tanhCube*x*x))
	switch {
	case y > 110:
		return 0
	case y < -110:
		return 1
	}
	return 1 / (1 + exponential(y))
}

// exponential is exp(y) for |y| < 700, with a relative error of 1e-8: 2^k·exp(r) with |r| ≤ ln 2/2, and exp(r) from its
// series.
func exponential(y float64) float64 {
	const shift = 1 << 10 // makes the truncated quotient a rounded one
	k := int(float64(y*math.Log2E)+(shift+0.5)) - shift
	r := y - float64(float64(k)*math.Ln2)
	e := 1. / 5040
	for _, c := range [...]float64{1. / 720, 1. / 120, 1. / 24, 1. / 6, 1. / 2, 1, 1} {
		e = float64(e*r) + c
	}
	return e * math.Float64frombits(uint64(k+1023)<<52)
}
