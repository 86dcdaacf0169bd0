package difference

import (
	"math"
	"slices"
	"testing"
)

// The gradient of Σ v³ is 3v². A wrong element of it shows with its whole distance, and v stays as it was.
func TestCompare(t *testing.T) {
	v := []float32{0.5, -1, 2, 0}
	before, grad := slices.Clone(v), []float32{0.75, 3, 12, 0}
	loss := func() (sum float64) {
		for _, x := range v {
			sum += float64(x) * float64(x) * float64(x)
		}
		return sum
	}
	if worst, largest := Compare(v, grad, 8, loss); worst > 1e-4 || math.Abs(largest-12) > 1e-3 {
		t.Errorf("a right gradient is off by %g of %g", worst, largest)
	}
	grad[1] = 2
	if worst, _ := Compare(v, grad, 8, loss); math.Abs(worst-1) > 1e-3 {
		t.Errorf("a gradient that is off by 1 is off by %g", worst)
	}
	if !slices.Equal(v, before) {
		t.Errorf("v is %v, was %v", v, before)
	}
}

// The narrow difference does not reach a kink that the wide one crosses.
func TestCompareBesideKinks(t *testing.T) {
	v := []float32{0.008}
	loss := func() float64 { return math.Max(float64(v[0]), 0) }
	if worst, _ := Compare(v, []float32{1}, 1, loss); worst > 1e-4 {
		t.Errorf("the gradient of a rectifier is off by %g at %g", worst, v[0])
	}
}

// At most so many elements are compared.
func TestCompareTakesSome(t *testing.T) {
	v, grad, losses := make([]float32, 100), make([]float32, 100), 0
	Compare(v, grad, 16, func() float64 { losses++; return 0 })
	if losses/6 > 16 || losses < 60 {
		t.Errorf("%d losses for 100 elements, at most 16 of them", losses)
	}
}
