package kernel

import (
	"math"
	"testing"
)

// Both forms of GELU are within one unit in the last place of their formulas, tails included, and gradients within two
// of the larger of their terms.
func TestGELUToTheLastPlace(t *testing.T) {
	p := NewPool(1)
	defer p.Close()
	var x, dy []float32
	for v := -13.; v < 13; v += 0.00173 {
		x, dy = append(x, float32(v)), append(dy, 1)
	}
	for _, a := range []Activation{GELU, GELUTanh} {
		y, dx := make([]float32, len(x)), make([]float32, len(x))
		Activate(p, a, y, x)
		ActivateBackward(p, a, dx, x, dy)
		for i, v := range x {
			want, slope := formulas[a][0](float64(v)), formulas[a][1](float64(v))
			if e := math.Abs(float64(y[i]) - want); e > place(want) {
				t.Fatalf("activation %d of %g is %g, want %g", a, v, y[i], want)
			}
			if e := math.Abs(float64(dx[i]) - slope); e > 2*place(max(math.Abs(slope), math.Abs(want))) {
				t.Fatalf("the derivative of activation %d at %g is %g, want %g", a, v, dx[i], slope)
			}
		}
	}
}

// place is the distance of float32 numbers at x.
func place(x float64) float64 {
	v := float32(math.Abs(x))
	return float64(math.Nextafter32(v, math.MaxFloat32) - v)
}

// Bits of GELU, which are those of every machine.
func TestGELUBits(t *testing.T) {
	p := NewPool(1)
	defer p.Close()
	x := []float32{-9, -1.5, -0.25, 0.75, 2}
	y := make([]float32, len(x))
	for a, want := range map[Activation][]uint32{
		GELU:     {0xa195e52e, 0xbdcd3b52, 0xbdcd765d, 0x3f147cd0, 0x3ffa2d0c},
		GELUTanh: {0x91296a98, 0xbdcdad6b, 0xbdcd7703, 0x3f14784c, 0x3ffa3042},
	} {
		Activate(p, a, y, x)
		for i, v := range y {
			if i >= len(want) || math.Float32bits(v) != want[i] {
				t.Errorf("activation %d of %g is %#x, %g", a, x[i], math.Float32bits(v), v)
			}
		}
	}
}
