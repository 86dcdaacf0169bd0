// Package elan is the efficient layer aggregation of YOLOv7: two 1×1, and after one of them a row of convolutions that
// is tapped twice.
//
// C.-Y. Wang et al., YOLOv7: Trainable bag-of-freebies sets new state-of-the-art for real-time object detectors, 2022,
// arXiv 2207.02696, Section 3.1 and Figure 2(c); the widths are those of its configuration file yolov7.yaml.
package elan

import (
	"fmt"

	"github.com/nse-dev/nse/plugins/block"
	"github.com/nse-dev/nse/sdk"
)

// Op is the family: two 1×1 to width·c_out channels, convs kernel×kernel convolutions in a row after the second, and
// 1×1 to c_out of both and of every second convolution. Each is followed by batch normalisation and the network's
// activation in place of SiLU.
//
// At a stride YOLOv7's downsampling comes first, which keeps the number of channels: a half from the greatest values of
// stride×stride pixels and 1×1, a half from 1×1 and 3×3 with the stride. Squeeze-and-excite, where the layer asks for
// it, stands before the last 1×1. The published block has no shortcut.
func Op() sdk.Op {
	return block.Op("elan", "ELAN of YOLOv7: two 1×1, k×k in a row after one, 1×1 of every second output.", build,
		block.Odd("kernel", "k", "side of the kernels, odd", 3),
		block.Int("convs", "n", "convolutions in a row, even", 4, 2, 16),
		block.Width("width of the convolutions as a part of the output channels", 0.25))
}

// build draws the member for one layer. The attributes are complete and have passed their checks.
func build(g *sdk.Graph, l sdk.Layer, a sdk.Attrs) (sdk.Tensor, error) {
	kernel, convs, width := a.Int("kernel"), a.Int("convs"), a.Float("width")
	if convs%2 == 1 {
		return sdk.Tensor{}, fmt.Errorf("convs %d is not even", convs)
	}
	step := func(x sdk.Tensor, out, kernel, stride int) sdk.Tensor {
		return x.ConvKxK(out, kernel, stride, 1, 1).BatchNormAct(l.Activation)
	}
	x := g.Input()
	if l.Stride > 1 {
		half := l.In / 2
		if half < 1 {
			return sdk.Tensor{}, fmt.Errorf("%d channel cannot be halved", l.In)
		}
		pooled := step(block.MaxPatches(g, x, l), l.In-half, 1, 1)
		x = step(step(x, half, 1, 1), half, 3, l.Stride).Concat(pooled)
	}
	inner := block.Part(l.Out, width)
	parts := []sdk.Tensor{step(x, inner, 1, 1), step(x, inner, 1, 1)}
	y := parts[1]
	for i := range convs {
		y = step(y, inner, kernel, 1)
		if i%2 == 1 {
			parts = append(parts, y)
		}
	}
	return step(block.Gate(parts[0].Concat(parts[1:]...), l), l.Out, 1, 1), nil
}
