package tensors

import (
	"math"
	"slices"
	"testing"
)

func TestCopyFiniteFindsEveryValue(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	for n := range 40 {
		src, dst := make([]float32, n), make([]float32, n)
		for i := range src {
			src[i] = math.MaxFloat32 * float32(1-i%3)
		}
		if !copyFinite(dst, src) || !slices.Equal(dst, src) {
			t.Errorf("%v of finite values became %v", src, dst)
		}
		for i, old := range src {
			for _, src[i] = range []float32{nan, -nan, inf, -inf} {
				if copyFinite(dst, src) {
					t.Errorf("%v at %d of %d was not found", src[i], i, n)
				}
			}
			src[i] = old
		}
	}
}

// Long tensors go another way, up to the few floats at their end.
func TestTakeFiniteFindsEveryValue(t *testing.T) {
	const n = part + 45
	src := make([]float32, n)
	for i := range src {
		src[i] = math.MaxFloat32 / float32(1-2*(i%2)*(i%5))
	}
	for shift := range 9 { // of dst against the cache lines
		dst := make([]float32, n+9)
		dst = dst[shift:][:n]
		if !takeFinite(dst, src) || !slices.Equal(dst, src) {
			t.Errorf("finite values, shifted by %d, were refused or changed", shift)
		}
	}
	dst := make([]float32, n)
	for i := 0; i < n; i += 1 + i%1009 {
		old := src[i]
		for _, src[i] = range []float32{float32(math.NaN()), float32(math.Inf(-1))} {
			if takeFinite(dst, src) {
				t.Fatalf("%v at %d of %d was not found", src[i], i, n)
			}
		}
		src[i] = old
	}
}
