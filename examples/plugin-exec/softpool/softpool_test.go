package softpool

import (
	"math"
	"testing"

	"github.com/nse-dev/nse/sdk"
)

func call(images int, in, out sdk.Shape, args ...int) sdk.Call {
	c := sdk.Call{Images: images, In: in, Out: out, Args: args}
	for i := range images * in.Size() {
		c.X = append(c.X, float32(math.Sin(float64(3*i))))
	}
	for i := range images * out.Size() {
		c.DY = append(c.DY, float32(math.Cos(float64(5*i))))
	}
	c.Y, c.DX = make([]float32, len(c.DY)), make([]float32, len(c.X))
	return c
}

// Equal values have themselves as their mean, and one that is far above the others is it.
func TestForward(t *testing.T) {
	c := call(1, sdk.Shape{Height: 1, Width: 3, Channels: 1}, sdk.Shape{Height: 1, Width: 3, Channels: 1}, 3, 1)
	copy(c.X, []float32{2, 2, 50})
	if err := forward(c); err != nil {
		t.Fatal(err)
	}
	for i, want := range []float32{2, 50, 50} {
		if c.Y[i] != want {
			t.Errorf("y[%d] = %v, want %v", i, c.Y[i], want)
		}
	}
}

func TestBackward(t *testing.T) {
	c := call(2, sdk.Shape{Height: 5, Width: 4, Channels: 3}, sdk.Shape{Height: 3, Width: 2, Channels: 3}, 3, 2)
	if err := backward(c); err != nil {
		t.Fatal(err)
	}
	loss := func() (sum float64) {
		if err := forward(c); err != nil {
			t.Fatal(err)
		}
		for i, y := range c.Y {
			sum += float64(y) * float64(c.DY[i])
		}
		return sum
	}
	for i, x := range c.X {
		const h = 1e-2
		c.X[i] = x + h
		up := loss()
		c.X[i] = x - h
		down := loss()
		c.X[i] = x
		if want := (up - down) / (2 * h); math.Abs(want-float64(c.DX[i])) > 1e-3 {
			t.Errorf("dx[%d] = %v, want %v", i, c.DX[i], want)
		}
	}
}
