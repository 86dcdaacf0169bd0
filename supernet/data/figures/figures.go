// Package figures draws the images of the generated set: two figures, and the class says which lies above which.
package figures

import (
	"math"
	"math/rand/v2"
)

// Classes names the classes by label.
func Classes() (names []string) {
	for _, p := range pairs() {
		names = append(names, p.String())
	}
	return names
}

// Draw draws an image of the class of a label to dst [size, size, 3]. Everything else about it is drawn from r.
func Draw(dst []uint8, size, label int, r *rand.Rand) {
	p := &painter{Rand: r, size: size, pix: make([]float64, size*size*3)}
	p.paint(pairs()[label])
	p.develop(dst)
}

// painter draws one image.
type painter struct {
	*rand.Rand
	size int
	pix  []float64 // [size, size, 3], nominally 0..1
}

type colour [3]float64

// paint draws the two figures one above the other, with clutter behind and before them.
func (p *painter) paint(class pair) {
	from, to := p.background()
	for range 1 + p.IntN(3) {
		p.clutter()
	}
	for i, at := range p.stacked() {
		p.place(class[i].inside, at.radius, at.x, at.y, p.brighter(from, to))
	}
	for range p.IntN(2) {
		p.clutter()
	}
	if p.IntN(2) == 0 {
		p.blur()
	}
}

// circle is a place in the image, in parts of its side.
type circle struct{ radius, x, y float64 }

// stacked draws two circles that lie within the image and do not touch. The first lies higher by 0.15 of the side
// or more.
func (p *painter) stacked() (two [2]circle) {
	for {
		for i := range two {
			r := p.uniform(0.13, 0.2)
			two[i] = circle{r, p.uniform(r, 1-r), p.uniform(r, 1-r)}
		}
		dx, dy := two[1].x-two[0].x, two[1].y-two[0].y
		if r := two[0].radius + two[1].radius; dy > 0.15 && dx*dx+dy*dy > r*r {
			return two
		}
	}
}

func (p *painter) uniform(from, to float64) float64 { return from + (to-from)*p.Float64() }

func (p *painter) colour() colour { return colour{p.Float64(), p.Float64(), p.Float64()} }

// dark draws a colour of at most 0.6 in each channel.
func (p *painter) dark() (c colour) {
	for i := range c {
		c[i] = p.uniform(0, 0.6)
	}
	return c
}

// brighter draws a colour that is brighter than two dark colours together.
func (p *painter) brighter(a, b colour) colour {
	for {
		c, more := p.colour(), 0.0
		for i := range c {
			more += c[i] - (a[i]+b[i])/2
		}
		if more > 0.5 {
			return c
		}
	}
}

// direction draws a unit vector from the square around the circle, without trigonometry.
func (p *painter) direction() (x, y float64) {
	for {
		x, y = p.uniform(-1, 1), p.uniform(-1, 1)
		if r := x*x + y*y; r > 0.01 && r < 1 {
			r = math.Sqrt(r)
			return x / r, y / r
		}
	}
}

// background fills the image with a gradient between two colours.
func (p *painter) background() (from, to colour) {
	from, to = p.dark(), p.dark()
	dx, dy := p.direction()
	for y := range p.size {
		for x := range p.size {
			t := 0.5 + (dx*p.unit(x)+dy*p.unit(y))*0.7 // 0.005..0.995: a diagonal is √2 long
			for c := range from {
				p.pix[(y*p.size+x)*3+c] = from[c] + (to[c]-from[c])*t
			}
		}
	}
	return from, to
}

// unit maps a pixel to −0.5..0.5.
func (p *painter) unit(x int) float64 { return (float64(x)+0.5)/float64(p.size) - 0.5 }

// clutter draws a small bar or blob anywhere.
func (p *painter) clutter() {
	long := p.uniform(0.3, 1)
	bar := func(u, v float64) bool { return math.Abs(u) < long && math.Abs(v) < 0.3 }
	p.place(bar, p.uniform(0.05, 0.16), p.Float64(), p.Float64(), p.colour())
}

// place draws a figure of the given radius, rotated at random, around (cx, cy); all in parts of the image's side.
func (p *painter) place(inside func(u, v float64) bool, radius, cx, cy float64, c colour) {
	dx, dy := p.direction()
	size := float64(p.size)
	reach := radius * 1.45
	for y := p.clip((cy - reach) * size); y < p.clip((cy+reach)*size+1); y++ {
		for x := p.clip((cx - reach) * size); x < p.clip((cx+reach)*size+1); x++ {
			covered := 0.0
			for _, o := range [4][2]float64{{0.25, 0.25}, {0.75, 0.25}, {0.25, 0.75}, {0.75, 0.75}} {
				u, v := ((float64(x)+o[0])/size-cx)/radius, ((float64(y)+o[1])/size-cy)/radius
				if inside(dx*u+dy*v, dx*v-dy*u) {
					covered += 0.25
				}
			}
			p.blend(x, y, c, covered)
		}
	}
}

func (p *painter) clip(x float64) int { return int(min(max(x, 0), float64(p.size))) }

func (p *painter) blend(x, y int, c colour, alpha float64) {
	pixel := p.pix[(y*p.size+x)*3:][:3]
	for i := range pixel {
		pixel[i] += (c[i] - pixel[i]) * alpha
	}
}

// blur averages each pixel with its right and lower neighbours; the last row and column stay.
func (p *painter) blur() {
	row := p.size * 3
	for y := range p.size - 1 {
		for i := y * row; i < (y+1)*row-3; i++ {
			p.pix[i] = (p.pix[i] + p.pix[i+3] + p.pix[i+row] + p.pix[i+row+3]) / 4
		}
	}
}

// develop adds noise and rounds to bytes. The noise has a triangular distribution.
func (p *painter) develop(dst []uint8) {
	amount := p.uniform(0.02, 0.14)
	for i := 0; i < len(dst); i += 3 {
		bits := p.Uint64()
		for c := range 3 {
			a, b := float64(bits>>(16*c)&255), float64(bits>>(16*c+8)&255)
			v := p.pix[i+c] + amount*(a-b)/255
			dst[i+c] = uint8(min(max(v, 0), 1)*255 + 0.5)
		}
	}
}
