package block

import "github.com/nse-dev/nse/sdk"

// Keep appends a residual block that keeps its shape. At a normal layer it is body alone, since the layer's join has
// the shortcut. At any other layer down comes first, and body is added to it as in the published network.
func Keep(x sdk.Tensor, l sdk.Layer, down, body func(sdk.Tensor) sdk.Tensor) sdk.Tensor {
	if l.Normal() {
		return body(x)
	}
	x = down(x)
	return x.Add(body(x))
}

// Two appends two residual blocks in a row without the outer shortcut: first(x) + second(x + first(x)). With x added to
// that, it is the published pair.
func Two(x sdk.Tensor, first, second func(sdk.Tensor) sdk.Tensor) sdk.Tensor {
	y := first(x)
	return y.Add(second(x.Add(y)))
}

// Overlap is a 3×3 convolution with the layer's stride to its output channels, and batch normalisation.
func Overlap(l sdk.Layer) func(sdk.Tensor) sdk.Tensor {
	return func(x sdk.Tensor) sdk.Tensor { return x.ConvKxK(l.Out, 3, l.Stride, 1, 1).BatchNorm() }
}

// Patches is a convolution of stride×stride with the layer's stride to its output channels: patches side by side. It is
// a 1×1 convolution at stride 1. Where the stride does not divide a side, the last patches reach into padding.
func Patches(l sdk.Layer) sdk.Conv2D {
	s := [2]int{l.Stride, l.Stride}
	return sdk.Conv2D{Out: l.Out, Kernel: s, Stride: s, Pad: fit(l)}
}

// MaxPatches pools the greatest value of each patch of stride×stride, AvgPatches the mean. Padding counts for neither.
// Both pass x on at stride 1.
func MaxPatches(g *sdk.Graph, x sdk.Tensor, l sdk.Layer) sdk.Tensor {
	s := [2]int{l.Stride, l.Stride}
	return patched(g, x, l, sdk.MaxPool{Kernel: s, Stride: s, Pad: fit(l)})
}

// AvgPatches is described at MaxPatches.
func AvgPatches(g *sdk.Graph, x sdk.Tensor, l sdk.Layer) sdk.Tensor {
	s := [2]int{l.Stride, l.Stride}
	return patched(g, x, l, sdk.AvgPool{Kernel: s, Stride: s, Pad: fit(l)})
}

func patched(g *sdk.Graph, x sdk.Tensor, l sdk.Layer, pool sdk.Primitive) sdk.Tensor {
	if l.Stride == 1 {
		return x
	}
	return g.Add(pool, x)
}

// fit is the padding with which windows of the stride's size give as many outputs as the layer needs: none where the
// stride divides the side.
func fit(l sdk.Layer) [2]int {
	pad := func(side int) int { return ((l.Stride-side%l.Stride)%l.Stride + 1) / 2 }
	return [2]int{pad(l.Height), pad(l.Width)}
}
