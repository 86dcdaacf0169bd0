package figures

import "math"

// shape is a figure of radius about 1 around the origin.
type shape struct {
	name   string
	inside func(u, v float64) bool
}

// figures are what the generated set shows.
func shapes() []shape {
	return []shape{
		{"disc", func(u, v float64) bool { return u*u+v*v < 0.75 }},
		{"ring", func(u, v float64) bool { r := u*u + v*v; return r > 0.3 && r < 0.85 }},
		{"frame", func(u, v float64) bool { return box(u, v) < 0.8 && box(u, v) > 0.45 }},
		{"triangle", func(u, v float64) bool { return v > -0.55 && sides3(u, v) == 2 }},
		{"cross", func(u, v float64) bool { return box(u, v) < 0.95 && min(math.Abs(u), math.Abs(v)) < 0.28 }},
	}
}

// pair is one class of the generated set: two figures, the upper one first.
type pair [2]shape

// pairs are the classes in the order of their labels: every figure above the next one, and below it.
func pairs() (classes []pair) {
	all := shapes()
	for i, a := range all {
		b := all[(i+1)%len(all)]
		classes = append(classes, pair{a, b}, pair{b, a})
	}
	return classes
}

func (p pair) String() string { return p[0].name + "-over-" + p[1].name }

// box is the distance from the origin in the maximum norm.
func box(u, v float64) float64 { return max(math.Abs(u), math.Abs(v)) }

// sides3 counts on how many of the two slanted sides of an equilateral triangle the point is within.
func sides3(u, v float64) (within int) {
	const sin60 = 0.8660254037844386
	for _, d := range [2]float64{v/2 + sin60*u, v/2 - sin60*u} {
		if d < 0.55 {
			within++
		}
	}
	return within
}
