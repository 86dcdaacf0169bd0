package kernel

import (
	"math"
	"math/rand/v2"

	"pgregory.net/rapid"
)

// The references are the loops of the doc comments, in float64.

// workers are the pools that every kernel must agree on to the bit.
var workers = []int{1, 2, 7}

// onPools runs f on pools of 1, 2 and 7 workers and demands that its results are equal bit for bit; it returns them.
func onPools(t rapid.TB, f func(p *Pool) [][]float32) (results [][]float32) {
	t.Helper()
	for _, n := range workers {
		p := NewPool(n)
		p.scratch32(64)[0] = float32(math.NaN()) // scratch memory is not zero
		got := f(p)
		p.Close()
		if results == nil {
			results = got
		}
		for i := range got {
			for j, v := range got[i] {
				if math.Float32bits(v) != math.Float32bits(results[i][j]) {
					t.Fatalf("result %d element %d: %g with %d workers, %g with %d", i, j, v, n, results[i][j],
						workers[0])
				}
			}
		}
	}
	return results
}

// normals are n values of the standard normal distribution.
func normals(r *rand.Rand, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(r.NormFloat64())
	}
	return x
}

// garbage is what a kernel must overwrite.
func garbage(n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(math.NaN())
	}
	return x
}

func drawRand(t *rapid.T) *rand.Rand {
	return rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
}

// near demands |got − want| ≤ tolerance·size, where size is a magnitude of what was summed.
func near(t rapid.TB, what string, got []float32, want, size []float64, tolerance float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d elements, want %d", what, len(got), len(want))
	}
	for i, v := range got {
		if !(math.Abs(float64(v)-want[i]) <= tolerance*size[i]) {
			t.Fatalf("%s[%d] = %g, want %g ± %g", what, i, v, want[i], tolerance*size[i])
		}
	}
}

func wide(x []float32) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = float64(v)
	}
	return y
}

// ones are sizes for absolute tolerances.
func ones(n int) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = 1
	}
	return x
}

func inner(x, y []float32) (sum float64) {
	for i, v := range x {
		sum += float64(v) * float64(y[i])
	}
	return sum
}

// equalBits tells zeros apart.
func equalBits(x, y float32) bool {
	return math.Float32bits(x) == math.Float32bits(y) || isNaN(x) && isNaN(y)
}
