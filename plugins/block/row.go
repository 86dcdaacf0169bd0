package block

import "github.com/nse-dev/nse/sdk"

// Row appends n steps, each reading the one before, the first x. It returns x and all their outputs, concatenated.
func Row(x sdk.Tensor, n int, step func(sdk.Tensor) sdk.Tensor) sdk.Tensor {
	outputs := make([]sdk.Tensor, n)
	y := x
	for i := range outputs {
		y = step(y)
		outputs[i] = y
	}
	return x.Concat(outputs...)
}
