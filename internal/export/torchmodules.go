package export

import (
	"fmt"

	"github.com/nse-dev/nse/sdk"
)

func torchConv(n node) string {
	c := n.Primitive.(sdk.Conv2D)
	text := fmt.Sprintf("conv(%d, %d", n.input().Channels, c.Out)
	one := [2]int{1, 1}
	if c.Kernel != one {
		text += ", " + pair(c.Kernel)
	}
	text += option("stride", c.Stride, one) + option("padding", c.Pad, [2]int{}) + option("dilation", c.Dilation, one)
	if c.Groups > 1 {
		text += fmt.Sprintf(", groups=%d", c.Groups)
	}
	if c.Bias {
		text += ", bias=True"
	}
	return text + ")"
}

// option is a keyword argument, unless it has the value that it has by default.
func option(name string, v, usual [2]int) string {
	if v == usual {
		return ""
	}
	return ", " + name + "=" + pair(v)
}

// pair writes one number where both are the same.
func pair(v [2]int) string {
	if v[0] == v[1] {
		return fmt.Sprint(v[0])
	}
	return fmt.Sprintf("(%d, %d)", v[0], v[1])
}

func torchLinear(n node) string {
	return fmt.Sprintf("Linear(%d, %d)", n.input().Channels, n.Primitive.(sdk.Linear).Out)
}

func torchBatchNorm(n node) string {
	b, text := n.Primitive.(sdk.BatchNorm), fmt.Sprintf("nn.BatchNorm2d(%d", n.input().Channels)
	if b.Eps != 1e-5 {
		text += fmt.Sprintf(", eps=%v", b.Eps)
	}
	if b.Momentum != 0.1 {
		text += fmt.Sprintf(", momentum=%v", b.Momentum)
	}
	return text + ")"
}

func torchSqueezeExcite(n node) string {
	s, c := n.Primitive.(sdk.SqueezeExcite), n.input().Channels
	return fmt.Sprintf("SqueezeExcite(%d, %d, %s)", c, s.Hidden(c), activations[s.Activation].torch(n))
}

func torchMaxPool(n node) string {
	p := n.Primitive.(sdk.MaxPool)
	return fmt.Sprintf("nn.MaxPool2d(%s, %s, %s)", pair(p.Kernel), pair(p.Stride), pair(p.Pad))
}

func torchAvgPool(n node) string {
	p := n.Primitive.(sdk.AvgPool)
	return fmt.Sprintf("nn.AvgPool2d(%s, %s, %s, count_include_pad=False)", pair(p.Kernel), pair(p.Stride), pair(p.Pad))
}

func torchSlice(n node) string {
	s := n.Primitive.(sdk.Slice)
	return fmt.Sprintf("Slice(%d, %d)", s.From, s.From+s.Channels)
}

func torchShuffle(n node) string {
	return fmt.Sprintf("Shuffle(%d)", n.Primitive.(sdk.ChannelShuffle).Groups)
}

func torchDropout(n node) string {
	return fmt.Sprintf("nn.Dropout(%v)", n.Primitive.(sdk.Dropout).Rate)
}

func torchDropPath(n node) string {
	return fmt.Sprintf("DropPath(%v)", n.Primitive.(sdk.DropPath).Rate)
}
