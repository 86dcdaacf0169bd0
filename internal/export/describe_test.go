package export

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/nse-dev/nse/sdk"
)

// A description lists the tensors of the weights, its counts are those of its parts, and each layer begins where the
// one before ends.
func TestDescriptions(t *testing.T) {
	for _, n := range networks(t) {
		d, err := n.Describe()
		if err != nil {
			t.Fatal(err)
		}
		var names, want []string
		var sum sdk.Count
		add := func(p Part) {
			for _, node := range p.Nodes {
				sum.MACs += node.MACs
				for _, tensor := range node.Tensors {
					names = append(names, tensor.Name)
					if size := (sdk.Param{Shape: tensor.Shape}).Size(); tensor.Trained {
						sum.Params += int64(size)
					}
				}
			}
		}
		add(d.Stem)
		at := d.Stem.Nodes[len(d.Stem.Nodes)-1].Output
		for l, layer := range d.Layers {
			if layer.Input != at {
				t.Errorf("%s: layer %d reads %v after %v", n.Name, l, layer.Input, at)
			}
			for _, b := range layer.Branches {
				add(b)
			}
			at = layer.Output
		}
		add(d.Head)
		for _, tensor := range n.Weights.Tensors {
			want = append(want, tensor.Name)
		}
		if !slices.Equal(names, want) {
			t.Errorf("%s: tensors %v, want %v", n.Name, names, want)
		}
		if d.Count != sum {
			t.Errorf("%s: %+v, but the nodes have %+v", n.Name, d.Count, sum)
		}
	}
}

func TestAttributesHaveTheNamesOfTheProtocol(t *testing.T) {
	n := network(t, "one", sdk.Shape{Height: 4, Width: 4, Channels: 3}, macroOf("N"), [][]member{{}})
	d, err := n.Describe()
	if err != nil {
		t.Fatal(err)
	}
	var conv struct {
		Out    int
		Kernel struct{ Vertical, Horizontal int }
		Bias   *bool
	}
	if err := json.Unmarshal(d.Stem.Nodes[0].Attributes, &conv); err != nil {
		t.Fatal(err)
	}
	if conv.Out != 8 || conv.Kernel.Vertical != 3 || conv.Kernel.Horizontal != 3 || conv.Bias == nil {
		t.Errorf("attributes %s", d.Stem.Nodes[0].Attributes)
	}
}
