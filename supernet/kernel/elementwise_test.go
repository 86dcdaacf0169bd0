package kernel

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// exact demands equal values, NaN equal to NaN.
func exact(t rapid.TB, what string, got []float32, want func(i int) float32) {
	t.Helper()
	for i, v := range got {
		if w := want(i); v != w && !(isNaN(v) && isNaN(w)) {
			t.Fatalf("%s[%d] = %g, want %g", what, i, v, w)
		}
	}
}

func TestElementwise(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r, n := drawRand(t), rapid.IntRange(0, 50000).Draw(t, "n")
		x, y, z := normals(r, n), normals(r, n), normals(r, n)
		copy(x, []float32{float32(math.NaN()), float32(math.Inf(1))})
		copy(y, []float32{1, float32(math.Inf(-1))})
		got := onPools(t, func(p *Pool) [][]float32 {
			sum, product, scaled, mean := garbage(n), garbage(n), garbage(n), garbage(n)
			axpy, own := append([]float32(nil), y...), append([]float32(nil), z...)
			Add(p, sum, x, y)
			Multiply(p, product, x, y)
			Scale(p, scaled, x, 0.3)
			AddScaled(p, axpy, x, -0.7)
			Mean(p, mean, x, y, z)
			Mean(p, own, x, y, own)
			three := append([]float32(nil), z...)
			Sum(p, three, x, y, three)
			return [][]float32{sum, product, scaled, axpy, mean, own, three}
		})
		exact(t, "sum", got[0], func(i int) float32 { return x[i] + y[i] })
		exact(t, "product", got[1], func(i int) float32 { return x[i] * y[i] })
		exact(t, "scaled", got[2], func(i int) float32 { return x[i] * 0.3 })
		wide := func(v float32) float64 { return float64(v) }
		for i := range n {
			if want := wide(y[i]) - 0.7*wide(x[i]); !(math.Abs(wide(got[3][i])-want) <= 1e-6) && i > 1 {
				t.Fatalf("axpy[%d] = %g, want %g", i, got[3][i], want)
			}
		}
		third := float32(1) / 3
		exact(t, "mean", got[4], func(i int) float32 { return ((x[i] + y[i]) + z[i]) * third })
		exact(t, "mean in place", got[5], func(i int) float32 { return got[4][i] })
		exact(t, "sum of three", got[6], func(i int) float32 { return (x[i] + y[i]) + z[i] })
	})
}

func TestDot(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r, n := drawRand(t), rapid.IntRange(0, 70000).Draw(t, "n")
		x, y := normals(r, n), normals(r, n)
		var bits []uint64
		for _, w := range workers {
			p := NewPool(w)
			bits = append(bits, math.Float64bits(Dot(p, x, y)))
			p.Close()
		}
		if bits[0] != bits[1] || bits[0] != bits[2] {
			t.Fatalf("workers disagree: %x", bits)
		}
		if got, want := math.Float64frombits(bits[0]), inner(x, y); math.Abs(got-want) > 1e-9 {
			t.Fatalf("dot = %g, want %g", got, want)
		}
	})
}

func TestScaleChannels(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, hw := rapid.IntRange(1, 5).Draw(t, "n"), rapid.IntRange(1, 300).Draw(t, "hw")
		c := rapid.IntRange(1, 70).Draw(t, "c")
		r := drawRand(t)
		x, dy, gate := normals(r, n*hw*c), normals(r, n*hw*c), normals(r, n*c)
		got := onPools(t, func(p *Pool) [][]float32 {
			y, dx, dgate := append([]float32(nil), x...), append([]float32(nil), dy...), garbage(n*c)
			ScaleChannels(p, y, y, gate, n, hw, c)
			ScaleChannelsBackward(p, dx, dgate, x, gate, dx, n, hw, c)
			return [][]float32{y, dx, dgate}
		})
		of := func(i int) int { return i/c/hw*c + i%c }
		exact(t, "y", got[0], func(i int) float32 { return x[i] * gate[of(i)] })
		exact(t, "dx", got[1], func(i int) float32 { return dy[i] * gate[of(i)] })
		dgate := make([]float64, n*c)
		for i := range x {
			dgate[of(i)] += float64(x[i]) * float64(dy[i])
		}
		near(t, "dgate", got[2], dgate, ones(n*c), 1e-5)
	})
}

// TestCopyChannels splits rows in two and joins them again in the other order.
func TestCopyChannels(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, rows := rapid.IntRange(2, 70).Draw(t, "c"), rapid.IntRange(1, 900).Draw(t, "rows")
		cut := rapid.IntRange(1, c-1).Draw(t, "cut")
		x := normals(drawRand(t), rows*c)
		got := onPools(t, func(p *Pool) [][]float32 {
			left, right, joined := garbage(rows*cut), garbage(rows*(c-cut)), garbage(rows*c)
			CopyChannels(p, left, cut, 0, x, c, 0, cut)
			CopyChannels(p, right, c-cut, 0, x, c, cut, c-cut)
			CopyChannels(p, joined, c, c-cut, left, cut, 0, cut)
			CopyChannels(p, joined, c, 0, right, c-cut, 0, c-cut)
			return [][]float32{left, joined}
		})
		exact(t, "left", got[0], func(i int) float32 { return x[i/cut*c+i%cut] })
		exact(t, "joined", got[1], func(i int) float32 { return x[i/c*c+(i%c+cut)%c] })
	})
}

func TestShuffleChannels(t *testing.T) {
	p := NewPool(1)
	defer p.Close()
	y := garbage(12)
	ShuffleChannels(p, y, []float32{0, 1, 2, 3, 4, 5, 10, 11, 12, 13, 14, 15}, 6, 2)
	want := []float32{0, 3, 1, 4, 2, 5, 10, 13, 11, 14, 12, 15}
	exact(t, "y", y, func(i int) float32 { return want[i] })

	rapid.Check(t, func(t *rapid.T) {
		groups, size := rapid.IntRange(1, 8).Draw(t, "groups"), rapid.IntRange(1, 9).Draw(t, "size")
		rows := rapid.IntRange(1, 900).Draw(t, "rows")
		c := groups * size
		x := normals(drawRand(t), rows*c)
		got := onPools(t, func(p *Pool) [][]float32 {
			y, back := garbage(len(x)), garbage(len(x))
			ShuffleChannels(p, y, x, c, groups)
			ShuffleChannels(p, back, y, c, size)
			return [][]float32{y, back}
		})
		exact(t, "y", got[0], func(i int) float32 { return x[i/c*c+i%c%groups*size+i%c/groups] })
		exact(t, "back", got[1], func(i int) float32 { return x[i] })
	})
}
