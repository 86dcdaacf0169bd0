// Package block has what the blocks of several families share: checks of attributes, paddings for odd sizes,
// downsampling, and branches that merge.
package block

import "github.com/nse-dev/nse/sdk"

// Part is the whole number of channels nearest to the part w of them, and at least 1.
func Part(channels int, w float64) int { return max(1, int(w*float64(channels)+0.5)) }

// Divisor is the largest number up to limit that divides all counts. The limit is at least 1.
func Divisor(limit int, counts ...int) int {
	for d := limit; d > 1; d-- {
		divides := true
		for _, n := range counts {
			divides = divides && n%d == 0
		}
		if divides {
			return d
		}
	}
	return 1
}

// reduction is the ratio of channels to hidden channels of squeeze-and-excite.
const reduction = 4

// Gate appends squeeze-and-excite with reduction 4 and the layer's activation, where the layer asks for it.
func Gate(x sdk.Tensor, l sdk.Layer) sdk.Tensor {
	if !l.SqueezeExcite {
		return x
	}
	return x.SqueezeExcite(reduction, l.Activation)
}

// Window is a convolution of height×width to out channels, with the stride in both directions. It is padded by
// sdk.Same, so that the output's size is the input's divided by the stride, rounded up. Both sides are odd.
func Window(out, height, width, stride, dilation, groups int) sdk.Conv2D {
	return sdk.Conv2D{Out: out, Kernel: [2]int{height, width}, Stride: [2]int{stride, stride},
		Pad:      [2]int{sdk.Same(height, dilation), sdk.Same(width, dilation)},
		Dilation: [2]int{dilation, dilation}, Groups: groups}
}

// Biased is a convolution as c, with a bias. Families use it where no normalisation follows at once, since one that
// follows makes a bias idle.
func Biased(c sdk.Conv2D) sdk.Conv2D {
	c.Bias = true
	return c
}
