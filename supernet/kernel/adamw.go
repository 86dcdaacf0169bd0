package kernel

import "math"

// Adaptive are the numbers of a step of AdamW.
type Adaptive struct {
	Rate, Decay  float64
	Beta1, Beta2 float64 // decays of the moments
	Epsilon      float64
	Step         int // from 1
}

// AdamW is one step of PyTorch's AdamW (Loshchilov and Hutter, 2019) on weights w, with the moments m and s, which are
// 0 at the start. The gradients g stay as they are. t is the step:
//
//	m[i] = β₁·m[i] + (1−β₁)·g[i];  s[i] = β₂·s[i] + (1−β₂)·g[i]²
//	w[i] = (1 − rate·decay)·w[i] − rate/(1−β₁ᵗ) · m[i] / (√(s[i]/(1−β₂ᵗ)) + ε)
func AdamW(p *Pool, w, m, s, g []float32, a Adaptive) {
	need(m, len(w))
	need(s, len(w))
	need(g, len(w))
	first, second := 1-math.Pow(a.Beta1, float64(a.Step)), 1-math.Pow(a.Beta2, float64(a.Step))
	over(p, parts{len(w), chunk}, adamStep{w, m, s, g, float32(a.Beta1), float32(a.Beta2),
		float32(1 - a.Beta1), float32(1 - a.Beta2), float32(1 - a.Rate*a.Decay), float32(a.Rate / first),
		float32(1 / math.Sqrt(second)), float32(a.Epsilon)})
}

type adamStep struct {
	w, m, s, g                  []float32
	beta1, beta2, rest1, rest2  float32 // rest is 1−β
	keep, rate, spread, epsilon float32 // spread is 1/√(1−β₂ᵗ)
}

func (a *adamStep) do(from, to int) {
	w, m, s, g := a.w[from:to], a.m[from:to], a.s[from:to], a.g[from:to]
	for i, d := range g {
		m[i] = a.beta1*m[i] + a.rest1*d
		s[i] = a.beta2*s[i] + a.rest2*d*d
		w[i] = a.keep*w[i] - a.rate*m[i]/(a.spread*float32(math.Sqrt(float64(s[i])))+a.epsilon)
	}
}
