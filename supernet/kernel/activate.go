package kernel

import "math"

// Activation is an elementwise non-linearity.
type Activation int

// The activations.
const (
	ReLU        Activation = iota // max(x, 0)
	Swish                         // x·sigmoid(x)
	HSwish                        // x·min(max(x+3, 0), 6)/6
	Sigmoid                       // 1/(1+exp(−x))
	GELU                          // x·Φ(x), with the normal distribution Φ
	GELUTanh                      // x·(1+tanh(√(2/π)·(x+0.044715·x³)))/2
	ReLU6                         // min(max(x, 0), 6)
	HardSigmoid                   // min(max(x+3, 0), 6)/6
)

// SavesOutput reports whether ActivateBackward wants the output of Activate rather than its input.
func (a Activation) SavesOutput() bool { return a == ReLU || a == Sigmoid || a == ReLU6 }

// Activate sets dst[i] = a(x[i]); dst may be x. NaN stays NaN.
func Activate(p *Pool, a Activation, dst, x []float32) {
	need(dst, len(x))
	over(p, parts{len(x), chunk}, activation{a, dst, x})
}

type activation struct {
	Activation
	dst, x []float32
}

func (w *activation) do(from, to int) { w.forward()(w.dst[from:to], w.x[from:to]) }

// ActivateBackward sets dx[i] = dy[i]·a′(x[i]). saved is the output of Activate if a.SavesOutput, and otherwise its
// input x. dx may be dy. The derivative of ReLU is 0 at 0, that of HSwish 0 at −3 and 1 at 3, those of ReLU6 and
// HardSigmoid 0 where they bend. Where ReLU is 0, dx is 0 whatever dy.
func ActivateBackward(p *Pool, a Activation, dx, saved, dy []float32) {
	need(dx, len(dy))
	need(saved, len(dy))
	over(p, parts{len(dy), chunk}, activationGradient{a, dx, saved, dy})
}

type activationGradient struct {
	Activation
	dx, saved, dy []float32
}

func (w *activationGradient) do(from, to int) {
	w.backward()(w.dx[from:to], w.saved[from:to], w.dy[from:to])
}

func (a Activation) forward() func(dst, x []float32) {
	switch a {
	case ReLU:
		return relu
	case Swish:
		return swish
	case HSwish:
		return hswish
	case Sigmoid:
		return sigmoid
	case GELU:
		return gelu
	case GELUTanh:
		return geluTanh
	case ReLU6:
		return relu6
	case HardSigmoid:
		return hardSigmoid
	}
	panic(unknownAct)
}

func (a Activation) backward() func(dx, saved, dy []float32) {
	switch a {
	case ReLU:
		return reluBackward
	case Swish:
		return swishBackward
	case HSwish:
		return hswishBackward
	case Sigmoid:
		return sigmoidBackward
	case GELU:
		return geluBackward
	case GELUTanh:
		return geluTanhBackward
	case ReLU6:
		return relu6Backward
	case HardSigmoid:
		return hardSigmoidBackward
	}
	panic(unknownAct)
}

func reluPortable(dst, x []float32) {
	x = x[:len(dst)]
	for i := range dst {
		dst[i] = max(x[i], 0)
	}
}

// reluBackwardPortable masks bits instead of branching: signs of activations are as good as random.
func reluBackwardPortable(dx, y, dy []float32) {
	y, dy = y[:len(dx)], dy[:len(dx)]
	for i := range dx {
		b := math.Float32bits(y[i]) << 1
		mask := uint32(int32(b|-b) >> 31)
		dx[i] = math.Float32frombits(math.Float32bits(dy[i]) & mask)
	}
}

// sigmoidPortable sets dst[i] = 1/(1 + exp(−x[i])), to the last bit but one. The exponential is 2^k·exp(r) with |r| ≤
// ln 2/2, and exp(r) comes from its series.
func sigmoidPortable(dst, x []float32) {
	const shift = 1 << 10 // makes the truncated quotient a rounded one
	x = x[:len(dst)]
	for i := range dst {
		y := -float64(x[i])
		if y > 104 { // beyond, the result is 0 or 1 in float32
			y = 104
		}
		if y < -104 {
			y = -104
		}
		k := int(y*math.Log2E+(shift+0.5)) - shift
		r := y - float64(k)*math.Ln2
		r2 := r * r
		e := (1 + r) + r2*(1./2+r*(1./6)) + r2*r2*((1./24+r*(1./120))+r2*(1./720+r*(1./5040)))
		dst[i] = float32(1 / (1 + e*math.Float64frombits(uint64(k+1023)<<52)))
	}
}

func sigmoidBackward(dx, y, dy []float32) {
	for i, v := range y {
		dx[i] = dy[i] * v * (1 - v)
	}
}

func swishPortable(dst, x []float32) {
	var s [256]float32
	for len(x) > 0 {
		n := min(len(x), len(s))
		sigmoidPortable(s[:n], x[:n])
		multiply(dst[:n], x[:n], s[:n])
		dst, x = dst[n:], x[n:]
	}
}

func swishBackwardPortable(dx, x, dy []float32) {
	var s [256]float32
	for len(x) > 0 {
		n := min(len(x), len(s))
		sigmoidPortable(s[:n], x[:n])
		for i, v := range x[:n] {
			dx[i] = dy[i] * s[i] * (1 + v*(1-s[i]))
		}
		dx, x, dy = dx[n:], x[n:], dy[n:]
	}
}

func hswishPortable(dst, x []float32) {
	for i, v := range x {
		dst[i] = v * min(max(v+3, 0), 6) / 6
	}
}

func hswishBackwardPortable(dx, x, dy []float32) {
	for i, v := range x {
		switch {
		case v <= -3:
			dx[i] = 0
		case v >= 3:
			dx[i] = dy[i]
		default:
			dx[i] = dy[i] * (v/3 + 0.5)
		}
	}
}
