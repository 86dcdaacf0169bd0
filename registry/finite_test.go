package registry

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
