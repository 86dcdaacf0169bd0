package sdk_test

import (
	"fmt"
	"testing"

	"github.com/nse-dev/nse/sdk"
)

// A constant initial value is trained, is its number, and is none that kernels of an Exec may ask for.
func TestConstant(t *testing.T) {
	for _, v := range []float32{0, 1, -2.5, 1e-6} {
		if i := sdk.Constant(v); i.Value() != v || !i.Trained() {
			t.Errorf("the constant %g is %g, trained %v", v, i.Value(), i.Trained())
		}
	}
	for i, want := range map[sdk.Init]float32{sdk.Kaiming: 0, sdk.Zero: 0, sdk.One: 1, sdk.RunningVar: 1} {
		if i.Value() != want || i.Trained() != (i != sdk.RunningVar) {
			t.Errorf("initial value %d is %g, trained %v", i, i.Value(), i.Trained())
		}
	}
	_, err := sdk.Scale{Start: 1001}.Infer([]sdk.Shape{{Height: 1, Width: 1, Channels: 1}})
	if fmt.Sprint(err) != "start 1001 is not from -1000 to 1000" {
		t.Error(err)
	}
}
