package text

import (
	"math"
	"strings"
	"testing"
)

func TestLog10(t *testing.T) {
	for digits, want := range map[string]float64{"1": 0, "1000": 3, "5": math.Log10(5), "12" + strings.Repeat("0", 500): 501 + math.Log10(1.2)} {
		if got := Log10(digits); math.Abs(got-want) > 1e-9 {
			t.Errorf("Log10(%s) = %v, want %v", digits, got, want)
		}
	}
}
