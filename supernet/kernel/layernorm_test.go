package kernel

import (
	"fmt"
	"math"
	"slices"
	"testing"
)

// Both forms of layer normalisation are their formulas in float64, at widths that fill no whole vectors.
func TestLayerNorm(t *testing.T) {
	for _, rms := range []bool{false, true} {
		for _, c := range []int{1, 3, 16, 35} {
			t.Run(fmt.Sprintf("%d channels, rms %v", c, rms), func(t *testing.T) {
				n, rows := LayerNorm{Channels: c, Eps: 0.01, RMS: rms}, 130
				x, dy, weight := ramp(rows*c, 7), ramp(rows*c, 5), ramp(c, 3)
				var bias, dbias []float32
				if !rms {
					bias, dbias = ramp(c, 2), make([]float32, c)
				}
				y, dx, dweight := make([]float32, len(x)), make([]float32, len(x)), make([]float32, c)
				p := NewPool(2)
				defer p.Close()
				n.Forward(p, y, x, weight, bias)
				n.Backward(p, dx, dweight, dbias, x, weight, dy)
				wantW, wantB := make([]float64, c), make([]float64, c)
				for r := range rows {
					z, inverse := normalised(x[r*c:(r+1)*c], rms)
					var mean, slope float64
					for i, v := range z {
						g := float64(dy[r*c+i]) * float64(weight[i])
						mean, slope = mean+g/float64(c), slope+g*v/float64(c)
						wantW[i] += float64(dy[r*c+i]) * v
						wantB[i] += float64(dy[r*c+i])
					}
					for i, v := range z {
						want := v * float64(weight[i])
						g := float64(dy[r*c+i]) * float64(weight[i])
						wantDX := (g - mean - v*slope) * inverse
						if rms {
							wantDX = (g - v*slope) * inverse
						} else {
							want += float64(bias[i])
						}
						close32(t, "y", y[r*c+i], want)
						close32(t, "dx", dx[r*c+i], wantDX)
					}
				}
				for i := range c {
					close32(t, "dweight", dweight[i], wantW[i])
					if !rms {
						close32(t, "dbias", dbias[i], wantB[i])
					}
				}
			})
		}
	}
}

// The gradient may lie where dy does, need not be wanted, and has the same bits on any number of workers.
func TestLayerNormPlaces(t *testing.T) {
	const c, rows = 20, 333
	n := LayerNorm{Channels: c, Eps: 1e-6}
	x, dy, weight := ramp(rows*c, 7), ramp(rows*c, 5), ramp(c, 3)
	run := func(workers int, dx, dy []float32) []float32 {
		p := NewPool(workers)
		defer p.Close()
		sums := make([]float32, 2*c)
		n.Backward(p, dx, sums[:c], sums[c:], x, weight, dy)
		return sums
	}
	want := make([]float32, len(x))
	sums := run(1, want, dy)
	over := slices.Clone(dy)
	if got := run(3, over, over); !slices.Equal(got, sums) || !slices.Equal(over, want) {
		t.Error("a gradient over dy, of 3 workers, is another one")
	}
	if got := run(2, nil, dy); !slices.Equal(got, sums) {
		t.Error("sums without dx are others")
	}
	p := NewPool(1)
	defer p.Close()
	nan := []float32{1, float32(math.NaN()), 2, 3, 4, 5}
	LayerNorm{Channels: 3, Eps: 1}.Forward(p, nan, nan, weight[:3], weight[:3])
	for i, v := range nan {
		if math.IsNaN(float64(v)) != (i < 3) {
			t.Errorf("a NaN in the first row makes %v", nan)
			break
		}
	}
}

// normalised is z of a row and 1/√(variance + eps), in float64.
func normalised(x []float32, rms bool) (z []float64, inverse float64) {
	var mean, variance float64
	for _, v := range x {
		mean += float64(v) / float64(len(x))
	}
	if rms {
		mean = 0
	}
	for _, v := range x {
		variance += (float64(v) - mean) * (float64(v) - mean) / float64(len(x))
	}
	inverse = 1 / math.Sqrt(variance+float64(float32(0.01)))
	for _, v := range x {
		z = append(z, (float64(v)-mean)*inverse)
	}
	return z, inverse
}

// ramp are n numbers of about −1..2 that repeat rarely.
func ramp(n, step int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32((i*step*37+i*i)%101)/33 - 1
	}
	return x
}

func close32(t *testing.T, what string, got float32, want float64) {
	t.Helper()
	if !(math.Abs(float64(got)-want) <= 2e-5*(1+math.Abs(want))) {
		t.Errorf("%s is %g, want %g", what, got, want)
	}
}
