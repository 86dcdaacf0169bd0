package data

import "math"

// shape is one class of the generated set: a figure of radius about 1 around the origin.
type shape struct {
	name   string
	inside func(u, v float64) bool
}

// shapes are the classes in the order of their labels. Each looks the same in a mirror, so that flips keep the label.
func shapes() []shape {
	return []shape{
		{"disc", func(u, v float64) bool { return u*u+v*v < 0.75 }},
		{"ring", func(u, v float64) bool { r := u*u + v*v; return r > 0.3 && r < 0.85 }},
		{"square", func(u, v float64) bool { return box(u, v) < 0.75 }},
		{"frame", func(u, v float64) bool { return box(u, v) < 0.8 && box(u, v) > 0.45 }},
		{"triangle", func(u, v float64) bool { return v > -0.55 && sides3(u, v) == 2 }},
		{"cross", func(u, v float64) bool { return box(u, v) < 0.95 && min(math.Abs(u), math.Abs(v)) < 0.28 }},
		{"star", func(u, v float64) bool { return sides5(u, v) >= 4 }},
		{"crescent", func(u, v float64) bool { return u*u+v*v < 0.9 && (u-0.45)*(u-0.45)+v*v > 0.6 }},
		{"stripes", func(u, v float64) bool { return box(u, v) < 0.85 && cell(u, 5)%2 == 0 }},
		{"checker", func(u, v float64) bool { return box(u, v) < 0.85 && (cell(u, 4)+cell(v, 4))%2 == 0 }},
	}
}

// box is the distance from the origin in the maximum norm.
func box(u, v float64) float64 { return max(math.Abs(u), math.Abs(v)) }

// cell numbers the n equal bands of −0.85..0.85.
func cell(u float64, n int) int { return int((u + 0.85) / 1.7 * float64(n)) }

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

// sides5 counts on how many of the five long lines of a pentagram the point is within: a star has 4 or 5.
func sides5(u, v float64) (within int) {
	const sin72, cos72, sin36, cos36 = 0.9510565162951535, 0.30901699437494745, 0.5877852522924731, 0.8090169943749475
	for _, d := range [5]float64{v, cos72*v + sin72*u, cos72*v - sin72*u, sin36*u - cos36*v, -sin36*u - cos36*v} {
		if d < 0.36 {
			within++
		}
	}
	return within
}
