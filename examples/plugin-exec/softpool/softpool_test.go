package softpool

import (
	"testing"

	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/sdk/sdktest"
)

// Equal values have themselves as their mean, and one that is far above the others is it.
func TestForward(t *testing.T) {
	row := sdk.Shape{Height: 1, Width: 3, Channels: 1}
	c := sdk.Call{Images: 1, In: row, Out: row, Args: []int{3, 1}, X: []float32{2, 2, 50}, Y: make([]float32, 3)}
	if err := forward(c); err != nil {
		t.Fatal(err)
	}
	for i, want := range []float32{2, 50, 50} {
		if c.Y[i] != want {
			t.Errorf("y[%d] = %v, want %v", i, c.Y[i], want)
		}
	}
}

func TestConformance(t *testing.T) {
	sdktest.Run(t, Op(), nil, sdk.Attrs{"kernel": 5})
}
