//go:build linux

package kernel

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestFlatLoops: elementwise loops equal the portable ones to the bit, in place too; those with a sigmoid, which the
// portable ones take in float64, nearly.
func TestFlatLoops(t *testing.T) {
	two := func(fast, plain func(dst, x []float32)) [2]func(v [3][]float32) {
		return [2]func(v [3][]float32){func(v [3][]float32) { fast(v[0], v[1]) },
			func(v [3][]float32) { plain(v[0], v[1]) }}
	}
	three := func(fast, plain func(dst, x, y []float32)) [2]func(v [3][]float32) {
		return [2]func(v [3][]float32){func(v [3][]float32) { fast(v[0], v[1], v[2]) },
			func(v [3][]float32) { plain(v[0], v[1], v[2]) }}
	}
	scaled := func(f func(dst, x []float32, s float32)) func(dst, x []float32) {
		return func(dst, x []float32) { f(dst, x, 0.3) }
	}
	step := func(f func(w, v, g []float32, lr, momentum, decay float32)) func(w, v, g []float32) {
		return func(w, v, g []float32) { f(w, v, g, 0.1, 0.9, 0.01) }
	}
	loops := map[string][2]func(v [3][]float32){
		"add": three(add, addPortable), "scale": two(scaled(scale), scaled(scalePortable)),
		"axpy":    two(scaled(axpy), scaled(axpyPortable)),
		"sigmoid": two(sigmoid, sigmoidPortable), "swish": two(swish, swishPortable),
		"swishBackward": three(swishBackward, swishBackwardPortable),
		"hswish":        two(hswish, hswishPortable), "hswishBackward": three(hswishBackward, hswishBackwardPortable),
		"relu": two(relu, reluPortable), "reluBackward": three(reluBackward, reluBackwardPortable),
		"nesterov": three(step(nesterov), step(nesterovPortable)),
	}
	nearly := func(x, y float32) bool { return equal(x, y) || math.Abs(float64(x-y)) <= 1e-6*(1+math.Abs(float64(y))) }
	equals := map[string]func(x, y float32) bool{"sigmoid": nearly, "swish": nearly, "swishBackward": nearly}
	onLevels(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(5, 1))
		fences := [3]*fence{newFence(t, 128), newFence(t, 128), newFence(t, 128)}
		for name, f := range loops {
			same := equals[name]
			if same == nil {
				same = equalBits
			}
			t.Run(name, func(t *testing.T) {
				for n := range 71 {
					for place := range 3 { // the operand that the destination is
						var got, want [3][]float32
						for i := range got {
							x := normals(r, n)
							if r.IntN(2) == 0 {
								x = operands(r, n, true)
							}
							got[i], want[i] = fences[i].fill(x), x
						}
						if name != "nesterov" {
							got[0], want[0] = got[place], want[place]
						}
						f[0](got)
						f[1](want)
						for i := range got {
							if i != 0 || place == 0 {
								fences[i].compare(t, want[i], same)
							}
						}
					}
				}
			})
		}
	})
}
