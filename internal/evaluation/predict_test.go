package evaluation

import (
	"math"
	"strings"
	"testing"
)

func TestProbable(t *testing.T) {
	got := probable(strings.Fields("cat dog fox"), []float32{0, 1000, 1000}, 2)
	if len(got) != 2 || got[0] != (Probability{"dog", 0.5}) || got[1] != (Probability{"fox", 0.5}) {
		t.Errorf("got %v", got)
	}
	sum := 0.0
	for _, p := range probable(strings.Fields("cat dog fox"), []float32{-1, 2, 0.5}, 9) {
		sum += p.Value
	}
	if math.Abs(sum-1) > 1e-12 {
		t.Errorf("the probabilities of all classes make %g", sum)
	}
}
