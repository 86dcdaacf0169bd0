package kernel

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// A weight of 1 has the gradients 0.5 and −0.5. The moments are 0.05 and 0.00025 after the first step, and −0.005 and
// 0.00049975 after the second. Without their bias, these are 0.5, 0.25, −0.0263158 and 0.25. So the weight becomes
// 0.999 − 0.1·0.5/0.5 = 0.899, and 0.899·0.999 + 0.1·0.0263158/0.5 = 0.9033642.
func TestAdamWByHand(t *testing.T) {
	p := NewPool(1)
	defer p.Close()
	w, m, s := []float32{1}, []float32{0}, []float32{0}
	for i, want := range []struct{ w, m, s float64 }{{0.899, 0.05, 0.00025}, {0.9033642, -0.005, 0.00049975}} {
		g := []float32{[]float32{0.5, -0.5}[i]}
		AdamW(p, w, m, s, g, Adaptive{Rate: 0.1, Decay: 0.01, Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-8, Step: i + 1})
		near(t, "w", w, []float64{want.w}, []float64{1}, 1e-6)
		near(t, "m", m, []float64{want.m}, []float64{1}, 1e-8)
		near(t, "s", s, []float64{want.s}, []float64{1}, 1e-10)
	}
}

// TestAdamW writes out three steps of torch.optim.AdamW(lr, betas, eps, weight_decay), with the moments' bias removed
// from them and not from the learning rate.
func TestAdamW(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r, n := drawRand(t), rapid.IntRange(1, 40000).Draw(t, "n")
		w0 := normals(r, n)
		grads := [][]float32{normals(r, n), normals(r, n), normals(r, n)}
		const lr, beta1, beta2, eps, decay = 0.01, 0.8, 0.99, 1e-3, 0.1
		got := onPools(t, func(p *Pool) [][]float32 {
			w, m, s := append([]float32(nil), w0...), make([]float32, n), make([]float32, n)
			for i, g := range grads {
				AdamW(p, w, m, s, g, Adaptive{lr, decay, beta1, beta2, eps, i + 1})
			}
			return [][]float32{w, m, s}
		})
		w, m, s := wide(w0), make([]float64, n), make([]float64, n)
		for step, grad := range grads {
			for i, g := range wide(grad) {
				w[i] -= lr * decay * w[i]
				m[i] = beta1*m[i] + (1-beta1)*g
				s[i] = beta2*s[i] + (1-beta2)*g*g
				mean := m[i] / (1 - math.Pow(beta1, float64(step+1)))
				square := s[i] / (1 - math.Pow(beta2, float64(step+1)))
				w[i] -= lr * mean / (math.Sqrt(square) + eps)
			}
		}
		near(t, "w", got[0], w, ones(n), 3e-6)
		near(t, "m", got[1], m, ones(n), 1e-6)
		near(t, "s", got[2], s, ones(n), 1e-6)
	})
}
