package export

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/nse-dev/nse/internal/safetensors"
	"github.com/nse-dev/nse/plugins"
	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/sdk/sdktest"
	"github.com/nse-dev/nse/supernet"
	"github.com/nse-dev/nse/supernet/data"
	"github.com/nse-dev/nse/supernet/graph"
	"github.com/nse-dev/nse/supernet/kernel"
)

// member is an operation of a test network.
type member struct {
	op    sdk.Op
	attrs sdk.Attrs
}

// networks use, taken together, every operation that ships and every primitive but exec.
func networks(t testing.TB) []*Network {
	op := func(name string, attrs sdk.Attrs) member {
		family, err := plugins.Builtin(name)
		if err != nil {
			t.Fatal(err)
		}
		return member{family, attrs}
	}
	mbconv := func(kernel, expand, dilation, first, last int) member {
		return op("mbconv",
			sdk.Attrs{"kernel": kernel, "expand": expand, "dilation": dilation, "groups": []int{first, last}})
	}
	wide := func(name string, kernel, expand int) member {
		return op(name, sdk.Attrs{"kernel": kernel, "expand": expand})
	}
	unit := op("shuffle", sdk.Attrs{"kernel": 5})
	return append([]*Network{
		network(t, "dilated", sdk.Shape{Height: 19, Width: 16, Channels: 3},
			supernet.Macro{Channels: []int{8, 12, 16}, Layers: "N R N R", StemStride: 1},
			[][]member{{mbconv(3, 2, 3, 1, 1)}, {mbconv(5, 3, 2, 1, 1)}, {mbconv(7, 1, 1, 1, 1)},
				{mbconv(3, 2, 2, 1, 1)}}),
		network(t, "grouped", sdk.Shape{Height: 12, Width: 15, Channels: 1},
			supernet.Macro{Channels: []int{8, 16}, Layers: "N R N", StemStride: 2, SqueezeExcite: true},
			[][]member{{mbconv(3, 2, 1, 2, 4)}, {mbconv(5, 3, 1, 4, 2)}, {mbconv(3, 1, 1, 8, 1)}}),
		network(t, "branches", sdk.Shape{Height: 17, Width: 18, Channels: 3},
			supernet.Macro{Channels: []int{8, 16, 12}, Layers: "N R N E", StemStride: 1, Activation: sdk.HSwish},
			[][]member{{wide("ssc", 5, 2), mbconv(3, 1, 1, 1, 1)},
				{wide("ssc", 7, 1), wide("ssc", 3, 2), mbconv(5, 1, 1, 1, 1)}, {wide("ssc", 5, 1)},
				{wide("ssc", 3, 1)}}),
		network(t, "excited", sdk.Shape{Height: 16, Width: 16, Channels: 3},
			supernet.Macro{Channels: []int{8, 12}, Layers: "N R N", StemStride: 1, Activation: sdk.Swish,
				SqueezeExcite: true},
			[][]member{{wide("conv", 3, 1)}, {wide("dualconv", 3, 1), wide("conv", 5, 2)}, {wide("dualconv", 3, 1)}}),
		network(t, "shuffled", sdk.Shape{Height: 13, Width: 14, Channels: 2},
			supernet.Macro{Channels: []int{8, 12, 7}, Layers: "N R N R N", StemStride: 1},
			[][]member{{unit}, {unit}, {unit}, {unit}, {unit, mbconv(3, 1, 1, 1, 1)}}),
		network(t, "identities", sdk.Shape{Height: 9, Width: 9, Channels: 3},
			supernet.Macro{Channels: []int{8, 12}, Layers: "N N R N", StemStride: 2},
			[][]member{{}, {}, {mbconv(3, 1, 1, 1, 1)}, {}}),
		network(t, "summed", sdk.Shape{Height: 14, Width: 14, Channels: 3},
			supernet.Macro{Channels: []int{8, 12}, Layers: "N N R N", StemStride: 1, StemKernel: 5, StemPool: 3,
				Join: "sum"},
			[][]member{{}, {wide("conv", 3, 1)}, {unit, mbconv(3, 1, 1, 1, 1)},
				{mbconv(3, 2, 1, 1, 1), wide("ssc", 5, 1)}}),
		network(t, "residual", sdk.Shape{Height: 14, Width: 14, Channels: 3},
			supernet.Macro{Channels: []int{8, 12}, Layers: "N N R N N", StemStride: 1,
				Join: "residual residual residual residual mean"},
			[][]member{{}, {wide("conv", 3, 1)}, {unit, mbconv(3, 1, 1, 1, 1)},
				{mbconv(3, 2, 1, 1, 1), wide("ssc", 5, 1), unit}, {unit}}),
		network(t, "primitives", sdk.Shape{Height: 12, Width: 11, Channels: 3},
			supernet.Macro{Channels: []int{8, 12}, Layers: "N R N", StemStride: 1, Activation: sdk.Swish},
			[][]member{{{every(), nil}}, {mbconv(3, 1, 1, 1, 1)}, {{every(), nil}, {passing(), nil}}}),
		network(t, "modern", sdk.Shape{Height: 29, Width: 26, Channels: 3},
			supernet.Macro{Channels: []int{8, 12, 16, 20}, Layers: "N N N R R R", StemStride: 1,
				Activation: sdk.HSwish, SqueezeExcite: true}, modern(op)),
	}, typedNetworks(t)...)
}

// typedNetworks have a layer for each example of a typed primitive, one network a kind.
func typedNetworks(t testing.TB) (list []*Network) {
	for _, k := range sdk.Kinds() {
		m := supernet.Macro{Channels: []int{6}, StemStride: 1}
		image, ops := sdk.Shape{Height: 1, Width: 1, Channels: 3}, [][]member{}
		for _, e := range k.Zero.Examples() {
			for _, s := range e.In {
				image.Height, image.Width = max(image.Height, s.Height), max(image.Width, s.Width)
			}
			m.Layers += " N"
			ops = append(ops, []member{{gated(e), nil}})
		}
		m.Layers = m.Layers[1:]
		list = append(list, network(t, k.Zero.Kind(), image, m, ops))
	}
	return list
}

// gated is an operation that scales its input by all that the node of an example computes of it.
func gated(e sdk.Example) sdk.Op {
	return sdk.Op{Name: "gated", Build: func(g *sdk.Graph, l sdk.Layer, _ sdk.Attrs) (sdk.Tensor, error) {
		y := sdktest.Place(g, g.Input(), e)
		whole := sdk.Conv2D{Out: l.Out, Kernel: [2]int{e.Out.Height, e.Out.Width}}
		return g.Input().Multiply(y.Conv(whole)), nil
	}}
}

// modern are the families of pools/modern.toml over three layers, and once more over the next three.
func modern(op func(string, sdk.Attrs) member) [][]member {
	layers := slices.Collect(slices.Chunk([]member{
		op("acb", nil), op("bsconv", sdk.Attrs{"kernel": 3, "rank": 0.5}), op("convmixer", sdk.Attrs{"kernel": 5}),
		op("eesp", nil), op("elan", nil), op("fusedmb", sdk.Attrs{"expand": 2}), op("ghost", sdk.Attrs{"expand": 1}),
		op("hg", nil), op("inceptionnext", nil), op("lcnet", sdk.Attrs{"kernel": 5}),
		op("mixconv", sdk.Attrs{"kernels": []int{3, 5}, "expand": 2}), op("mobileone", sdk.Attrs{"branches": 2}),
		op("msca", nil), op("osa", nil), op("parnet", nil), op("pconv", nil), op("regnet", sdk.Attrs{"group": 4}),
		op("replk", sdk.Attrs{"kernel": 13}), op("repvgg", nil), op("repvit", nil), op("res2", sdk.Attrs{"width": 64}),
		op("sandglass", sdk.Attrs{"reduce": 2}), op("star", nil),
		op("uib", sdk.Attrs{"start": 3, "mid": 5, "expand": 2}), op("van", nil),
	}, 9))
	return append(layers, layers...)
}

// every is an operation of a normal layer that has what the shipped ones do without: pooling, sums, products, a linear
// map, dropout, uneven kernels and biases. Some of its normalisations cannot be folded, and some of its names are none
// that PyTorch would give.
func every() sdk.Op {
	return sdk.Op{Name: "every", Build: func(g *sdk.Graph, l sdk.Layer, _ sdk.Attrs) (sdk.Tensor, error) {
		x := g.Input().BatchNorm().Named("before.0")
		y := x.Conv(sdk.Conv2D{Out: l.Out, Kernel: [2]int{3, 5}, Pad: [2]int{2, 4}, Dilation: [2]int{2, 2}, Groups: 2,
			Bias: true}).Named("forward")
		// y has another reader.
		normal := g.Add(sdk.BatchNorm{Eps: 1e-3, Momentum: 0.01}, y).Named("before.norm").Activate(sdk.HSwish)
		pooled := y.MaxPool(3, 1, 1).Add(normal.AvgPool(3, 1, 1), x).Dropout(0.2)
		gate := pooled.GlobalAvgPool().Linear(l.Out).Activate(sdk.Sigmoid)
		for a := sdk.GELU; a <= sdk.HardSigmoid; a++ {
			gate = gate.SqueezeExcite(2, a).Linear(l.Out).Activate(a)
		}
		product := pooled.Multiply(gate).Multiply(normal)
		biased := product.Conv(sdk.Conv2D{Out: 6, Kernel: [2]int{1, 1}, Bias: true}).BatchNorm().Activate(sdk.ReLU)
		parts := biased.SqueezeExcite(3, sdk.HSwish).Split(2, 4)
		return parts[1].Concat(parts[0]).ChannelShuffle(3).Conv1x1(l.Out, 1).DropPath(0.1), nil
	}}
}

// passing is an operation without a node.
func passing() sdk.Op {
	return sdk.Op{Name: "passing",
		Build: func(g *sdk.Graph, _ sdk.Layer, _ sdk.Attrs) (sdk.Tensor, error) { return g.Input(), nil }}
}

// network lays out a network of 5 classes with random weights and running statistics. Only those for coloured images
// know their classes and the statistics of their data.
func network(t testing.TB, name string, image sdk.Shape, m supernet.Macro, ops [][]member) *Network {
	t.Helper()
	if m.Head = 24; name == "summed" {
		m.Head = 0
	}
	s, err := m.Skeleton(supernet.Input{Height: image.Height, Width: image.Width, Channels: image.Channels, Classes: 5})
	if err != nil {
		t.Fatal(err)
	}
	n := &Network{Name: name, Skeleton: s}
	for l, path := range ops {
		branches := make([]Branch, len(path))
		for i, op := range path {
			g, err := op.op.Graph(s.Layers[l], op.attrs)
			if err != nil {
				t.Fatal(err)
			}
			branches[i] = Branch{op.op.Name, g}
		}
		n.Branches = append(n.Branches, branches)
	}
	if image.Channels == 3 {
		n.Classes = []string{"cat", "dog", "fox", "\"x\"", "é"}
		n.Data = &data.Normalization{Mean: []float32{0.3, 0.4, 0.5}, Std: []float32{0.2, 0.25, 0.3}}
	}
	n.Weights = randomWeights(n)
	return n
}

// randomWeights leave no scale at 1 and no shift, mean or bias at 0, so that an error in any of them shows.
func randomWeights(n *Network) *safetensors.File {
	r, f := rand.New(rand.NewPCG(1, uint64(len(n.Name)))), new(safetensors.File)
	for b := range n.blocks() {
		for _, p := range b.Params() {
			v := make([]float32, p.Size())
			for i := range v {
				switch p.Init {
				case sdk.Kaiming:
					v[i] = float32(r.NormFloat64() * math.Sqrt(2/float64(p.Size()/p.Shape[0])))
				case sdk.One, sdk.RunningVar:
					v[i] = 0.5 + r.Float32()
				default:
					v[i] = r.Float32() - 0.5
				}
			}
			f.Tensors = append(f.Tensors, safetensors.NewFloat32(b.prefix+p.Name, p.Shape, v))
		}
	}
	return f
}

// logits are nse's own on normalised images [N, H, W, C].
func (n *Network) logits(t testing.TB, images int, x []float32) []float32 {
	t.Helper()
	s := &graph.Session{Pool: kernel.NewPool(2), Arena: new(graph.Arena), Batch: images, Mode: graph.Eval}
	defer s.Pool.Close()
	run := func(b block, x []float32) []float32 {
		compiled, err := graph.Compile(b.title, b.Graph)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range compiled.Params {
			tensor, _ := n.Weights.Tensor(b.prefix + p.Name)
			v, err := tensor.Float32s()
			if err != nil {
				t.Fatal(err)
			}
			p.SetTorch(p.Value, v)
		}
		y := make([]float32, images*compiled.OutShape().Size())
		compiled.Forward(s, y, x)
		return y
	}
	x = run(n.stem(), x)
	for l := range n.Branches {
		var outputs [][]float32
		for i := range n.Branches[l] {
			outputs = append(outputs, run(n.branch(l, i), x))
		}
		x = joined(n.Join(l), n.Layers[l].Normal(), x, outputs)
	}
	return run(n.head(), x)
}

// joined is the output of a layer with an input and outputs of branches.
func joined(join supernet.Join, normal bool, x []float32, outputs [][]float32) []float32 {
	if len(outputs) == 0 {
		return x
	}
	y, k := make([]float32, len(outputs[0])), float32(len(outputs))
	for i := range y {
		var sum float32
		for _, o := range outputs {
			sum += o[i]
		}
		switch {
		case join == supernet.Sum:
			y[i] = sum
		case join == supernet.Residual:
			y[i] = x[i] + sum/k
		case normal:
			y[i] = (sum + x[i]) / (k + 1)
		default:
			y[i] = sum / k
		}
	}
	return y
}
