package export

import (
	"slices"
	"strings"
	"testing"

	"github.com/nse-dev/nse/plugins"
	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/sdk/wire"
)

// kinds are the primitives of the plugin protocol, which are all that there are.
func kinds(t *testing.T) (list []string) {
	fields := new(wire.Node).ProtoReflect().Descriptor().Oneofs().ByName("primitive").Fields()
	for i := range fields.Len() {
		if name := string(fields.Get(i).Name()); name != "activate" && name != "typed" {
			list = append(list, name)
		}
	}
	for a := range wire.Activation_name {
		list = append(list, sdk.Activation(a).Kind())
	}
	for _, k := range sdk.Kinds() {
		list = append(list, k.Zero.Kind())
	}
	if len(list) < 15 {
		t.Fatalf("the protocol has no more primitives than %v", list)
	}
	return list
}

// The tables have every primitive but exec and nothing else, and the networks of these tests have every primitive and
// every operation that ships.
func TestTablesAreComplete(t *testing.T) {
	mapped, used := []string{"exec"}, []string{"exec"}
	for kind := range mappings {
		mapped = append(mapped, kind)
	}
	for kind := range typed {
		mapped = append(mapped, kind)
	}
	for a := range activations {
		mapped = append(mapped, a.Kind())
	}
	var ops []string
	for _, n := range networks(t) {
		for b := range n.blocks() {
			for _, node := range b.Nodes {
				used = append(used, node.Primitive.Kind())
			}
		}
		for _, branches := range n.Branches {
			for _, b := range branches {
				ops = append(ops, b.Op)
			}
		}
	}
	want := kinds(t)
	slices.Sort(want)
	for what, got := range map[string][]string{"the tables have": mapped, "the networks of the tests have": used} {
		slices.Sort(got)
		if got = slices.Compact(got); !slices.Equal(got, want) {
			t.Errorf("%s %v, want %v", what, got, want)
		}
	}
	for _, op := range plugins.All() {
		if !slices.Contains(ops, op.Name) {
			t.Errorf("no network has %s", op.Name)
		}
	}
}

func TestExecIsRefused(t *testing.T) {
	pass := func(sdk.Call) error { return nil }
	op := sdk.Op{Name: "median", Kernels: []sdk.Kernel{{Name: "middle", Forward: pass, Backward: pass}},
		Build: func(g *sdk.Graph, l sdk.Layer, _ sdk.Attrs) (sdk.Tensor, error) {
			return g.Input().Conv1x1(l.Out, 1).Exec(sdk.Exec{Kernel: "middle", Out: l.Output()}), nil
		}}
	n := network(t, "with-exec", sdk.Shape{Height: 4, Width: 4, Channels: 1}, macroOf("N N"),
		[][]member{{}, {{op, nil}}})
	_, onnx := n.ONNX(ONNXConfig{})
	_, torch := n.Torch(TorchConfig{})
	for _, err := range []error{onnx, torch} {
		want := "export: layer 1: median: node 1 is exec middle, which runs in its plugin and nowhere else"
		if err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestWrongWeightsAreRefused(t *testing.T) {
	for want, damage := range map[string]func(n *Network){
		`stem: the weights have no tensor "stem.0.weight"`: func(n *Network) {
			n.Weights.Tensors = n.Weights.Tensors[1:]
		},
		`stem: tensor "stem.1.weight" has shape [8 1], want [8]`: func(n *Network) {
			n.Weights.Tensors[1].Shape = []int{8, 1}
		},
		`stem: safetensors: tensor "stem.1.bias" is F16, not F32`: func(n *Network) {
			n.Weights.Tensors[2].DType = "F16"
		},
		`tensor "stem.9.weight" belongs to no operation of the network`: func(n *Network) {
			extra := n.Weights.Tensors[0]
			extra.Name = "stem.9.weight"
			n.Weights.Tensors = append(n.Weights.Tensors, extra)
		},
	} {
		n := network(t, "damaged", sdk.Shape{Height: 4, Width: 4, Channels: 1}, macroOf("N"), [][]member{{}})
		damage(n)
		if _, err := n.ONNX(ONNXConfig{}); err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	n := network(t, "gray", sdk.Shape{Height: 4, Width: 4, Channels: 1}, macroOf("N"), [][]member{{}})
	_, onnx := n.ONNX(ONNXConfig{Normalise: true})
	_, torch := n.Torch(TorchConfig{Normalise: true})
	if onnx != errNoData || torch != errNoData {
		t.Errorf("normalisation without data gives %v and %v", onnx, torch)
	}
}
