package graph

import (
	"fmt"
	"testing"

	"github.com/nse-dev/nse/internal/difference"
	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/sdk/sdktest"
)

type example struct {
	name string
	in   sdk.Shape
	f    func(x sdk.Tensor) sdk.Tensor
}

var examples = []example{
	{"identity", sdk.Shape{Height: 3, Width: 2, Channels: 2}, func(x sdk.Tensor) sdk.Tensor { return x }},
	{"conv3x3", image(4), func(x sdk.Tensor) sdk.Tensor { return x.ConvKxK(6, 3, 1, 1, 1) }},
	{"conv-stride2-groups", image(4), func(x sdk.Tensor) sdk.Tensor { return x.ConvKxK(6, 3, 2, 1, 2) }},
	{"conv-1x1", image(4), func(x sdk.Tensor) sdk.Tensor { return x.Conv1x1(5, 1) }},
	{"conv-1x1-groups", image(6), func(x sdk.Tensor) sdk.Tensor { return x.Conv1x1(9, 3) }},
	{"depthwise-dilated", image(3), func(x sdk.Tensor) sdk.Tensor { return x.Depthwise(3, 2, 2) }},
	{"conv-1x5-bias", image(3), func(x sdk.Tensor) sdk.Tensor {
		return x.Conv(sdk.Conv2D{Out: 4, Kernel: [2]int{1, 5}, Stride: [2]int{1, 2}, Pad: [2]int{0, 2}, Bias: true})
	}},
	{"one channel", image(1), func(x sdk.Tensor) sdk.Tensor { return x.Conv1x1(1, 1).BatchNorm() }},
	{"linear", image(5), func(x sdk.Tensor) sdk.Tensor { return x.GlobalAvgPool().Linear(7) }},
	{"batchnorm", image(3), func(x sdk.Tensor) sdk.Tensor { return x.BatchNorm() }},
	{"relu", image(3), func(x sdk.Tensor) sdk.Tensor { return x.Activate(sdk.ReLU) }},
	{"swish", image(3), func(x sdk.Tensor) sdk.Tensor { return x.Activate(sdk.Swish) }},
	{"hswish", image(3), func(x sdk.Tensor) sdk.Tensor { return x.Activate(sdk.HSwish) }},
	{"sigmoid", image(3), func(x sdk.Tensor) sdk.Tensor { return x.Activate(sdk.Sigmoid) }},
	{"gelu", image(3), func(x sdk.Tensor) sdk.Tensor { return x.Activate(sdk.GELU) }},
	{"gelu-tanh", image(3), func(x sdk.Tensor) sdk.Tensor { return x.Activate(sdk.GELUTanh) }},
	{"relu6", image(3), func(x sdk.Tensor) sdk.Tensor { return x.Activate(sdk.ReLU6) }},
	{"hard-sigmoid", image(3), func(x sdk.Tensor) sdk.Tensor { return x.Activate(sdk.HardSigmoid) }},
	{"squeeze-excite", image(8), func(x sdk.Tensor) sdk.Tensor { return x.SqueezeExcite(4, sdk.Swish) }},
	{"max-pool", image(3), func(x sdk.Tensor) sdk.Tensor { return x.MaxPool(3, 2, 1) }},
	{"avg-pool", image(3), func(x sdk.Tensor) sdk.Tensor { return x.AvgPool(3, 2, 1) }},
	{"global-pool", image(3), func(x sdk.Tensor) sdk.Tensor { return x.GlobalAvgPool() }},
	{"add", image(3), func(x sdk.Tensor) sdk.Tensor { return x.Conv1x1(3, 1).Add(x, x.Depthwise(3, 1, 1)) }},
	{"add-to-itself", image(3), func(x sdk.Tensor) sdk.Tensor { return x.Add(x, x) }},
	{"add twice", image(3), func(x sdk.Tensor) sdk.Tensor {
		a := x.Depthwise(3, 1, 1)
		return a.Add(x, a).Conv1x1(2, 1)
	}},
	{"multiply", image(3), func(x sdk.Tensor) sdk.Tensor { return x.Multiply(x.Conv1x1(3, 1)) }},
	{"square", image(3), func(x sdk.Tensor) sdk.Tensor { return x.Multiply(x) }},
	{"gate", image(3), func(x sdk.Tensor) sdk.Tensor { return x.Multiply(x.GlobalAvgPool()) }},
	{"gate of one pixel", sdk.Shape{Height: 1, Width: 1, Channels: 3}, func(x sdk.Tensor) sdk.Tensor {
		return x.Multiply(x.Linear(3))
	}},
	{"concat", image(3), func(x sdk.Tensor) sdk.Tensor { return x.Concat(x.Conv1x1(2, 1), x.Conv1x1(4, 1)) }},
	{"split", image(5), func(x sdk.Tensor) sdk.Tensor {
		parts := x.Split(2, 3)
		return parts[1].Conv1x1(2, 1).Multiply(parts[0])
	}},
	{"shuffle", image(6), func(x sdk.Tensor) sdk.Tensor { return x.Depthwise(3, 1, 1).ChannelShuffle(2) }},
	{"dropout", image(4), func(x sdk.Tensor) sdk.Tensor { return x.Dropout(0.3) }},
	{"dropped product", image(4), func(x sdk.Tensor) sdk.Tensor { return x.Conv1x1(4, 1).Dropout(0.4).Multiply(x) }},
	{"drop-path", image(4), func(x sdk.Tensor) sdk.Tensor { return x.Conv1x1(4, 1).DropPath(0.5).Add(x) }},
	{"fan-out", image(3), func(x sdk.Tensor) sdk.Tensor {
		a := x.Conv1x1(4, 1).Activate(sdk.Swish)
		return a.Depthwise(3, 1, 1).Add(a, a.Depthwise(5, 1, 1), a.Multiply(a))
	}},
	{"mbconv", image(4), func(x sdk.Tensor) sdk.Tensor { return mbconv(x, 6, 5, 3, 1, 1, sdk.Swish) }},
	{"mbconv-se", image(4), func(x sdk.Tensor) sdk.Tensor {
		h := x.Conv1x1(12, 1).BatchNormAct(sdk.HSwish).Depthwise(3, 2, 1).BatchNormAct(sdk.HSwish)
		return h.SqueezeExcite(4, sdk.HSwish).Conv1x1(6, 1).BatchNorm()
	}},
	{"mbconv-groups-dilation", image(4), func(x sdk.Tensor) sdk.Tensor { return mbconv(x, 4, 3, 2, 2, 2, sdk.Swish) }},
	{"ssc", image(4), ssc},
	{"conv", image(4), func(x sdk.Tensor) sdk.Tensor {
		x = x.Conv1x1(8, 1).BatchNormAct(sdk.Swish).ConvKxK(8, 3, 2, 1, 1).BatchNormAct(sdk.Swish)
		return x.Conv1x1(6, 1).BatchNorm()
	}},
	{"dualconv", image(4), func(x sdk.Tensor) sdk.Tensor {
		h := x.Conv1x1(4, 1).BatchNormAct(sdk.Swish).ConvKxK(4, 3, 1, 1, 1).BatchNormAct(sdk.Swish)
		return h.ConvKxK(4, 3, 2, 1, 1).BatchNormAct(sdk.Swish).Conv1x1(6, 1).BatchNorm()
	}},
	{"shufflenet", image(8), shufflenet},
}

func image(c int) sdk.Shape { return sdk.Shape{Height: 5, Width: 6, Channels: c} }

func mbconv(x sdk.Tensor, out, kernel, expand, dilation, groups int, a sdk.Activation) sdk.Tensor {
	c := x.Shape().Channels * expand
	h := x.Conv1x1(c, groups).BatchNormAct(a).Depthwise(kernel, 1, dilation).BatchNormAct(a)
	return h.Conv1x1(out, groups).BatchNorm()
}

func ssc(x sdk.Tensor) sdk.Tensor {
	h := x.Conv1x1(8, 1).BatchNormAct(sdk.Swish)
	row := sdk.Conv2D{Out: 8, Kernel: [2]int{1, 5}, Stride: [2]int{1, 2}, Pad: [2]int{0, 2}}
	column := sdk.Conv2D{Out: 8, Kernel: [2]int{5, 1}, Stride: [2]int{2, 1}, Pad: [2]int{2, 0}}
	h = h.Conv(row).BatchNormAct(sdk.Swish)
	h = h.Conv(column).BatchNormAct(sdk.Swish)
	return h.Conv1x1(6, 1).BatchNorm()
}

func shufflenet(x sdk.Tensor) sdk.Tensor {
	parts := x.Split(4, 4)
	h := parts[1].Conv1x1(4, 1).BatchNormAct(sdk.Swish).Depthwise(3, 1, 1).BatchNorm()
	h = h.Conv1x1(4, 1).BatchNormAct(sdk.Swish)
	return parts[0].Concat(h).ChannelShuffle(2)
}

// TestGradients compares dx and every parameter's gradient with central differences of ⟨dy, y⟩ in Train mode.
func TestGradients(t *testing.T) {
	for _, e := range examples {
		t.Run(e.name, func(t *testing.T) { checkGradients(t, e.name, build(t, e.in, e.f)) })
	}
}

// TestGradientsOfTyped does the same for the examples of typed primitives.
func TestGradientsOfTyped(t *testing.T) {
	for _, k := range sdk.Kinds() {
		for i, e := range k.Zero.Examples() {
			name := fmt.Sprintf("%s %d", k.Zero.Kind(), i)
			t.Run(name, func(t *testing.T) { checkGradients(t, name, sdktest.ExampleGraph(t, e)) })
		}
	}
}

func checkGradients(t *testing.T, name string, g *sdk.Graph) {
	b := compile(t, name, g)
	s := newSession(t, 3, Train)
	x, dy := noise(3*g.In.Size(), 1), noise(3*b.OutShape().Size(), 2)
	avoidKinks(x)
	y, dx := make([]float32, len(dy)), noise(len(x), 3)
	loss := func() float64 {
		defer s.Arena.Release(s.Arena.Mark())
		b.Forward(s, y, x)
		return dot(y, dy)
	}
	b.Forward(s, y, x)
	b.Backward(s, dx, dy)
	if s.Arena.Mark() != (Mark{}) {
		t.Errorf("the arena is at %+v after backward", s.Arena.Mark())
	}
	agrees(t, "dx", x, dx, loss)
	for _, p := range b.Params {
		if p.Init.Trained() {
			agrees(t, p.Name, p.Value, p.Grad, loss)
		}
	}
}

// avoidKinks keeps x away from 0, where relu has no derivative, and apart from each other, for max pooling.
func avoidKinks(x []float32) {
	for i := range x {
		x[i] += 0.02 * float32(i%7)
		if x[i] > -0.01 && x[i] < 0.01 {
			x[i] = 0.05
		}
	}
}

// agrees compares at most 60 elements of a gradient with central differences.
func agrees(t *testing.T, what string, v, grad []float32, loss func() float64) {
	t.Helper()
	if worst, largest := difference.Compare(v, grad, 60, loss); !(worst <= 3e-3*(largest+0.1)) {
		t.Errorf("%s is off by %g from central differences (largest %g)", what, worst, largest)
	}
}
