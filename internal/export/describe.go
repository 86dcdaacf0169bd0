package export

import (
	"encoding/json"
	"fmt"

	"google.golang.org/protobuf/encoding/protojson"

	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/sdk/wire"
	"github.com/nse-dev/nse/supernet"
)

// Description is a network with all that follows from its graphs, in JSON. Shapes are [height, width, channels].
type Description struct {
	Name       string   `json:"name"`
	Image      [3]int   `json:"image"`
	Classes    int      `json:"classes"`
	ClassNames []string `json:"class_names,omitempty"`
	Resize     int      `json:"resize,omitempty"` // Network.Resize
	sdk.Count
	Stem   Part    `json:"stem"`
	Layers []Layer `json:"layers"`
	Head   Part    `json:"head"`
}

// Layer describes one layer. Its output is the mean of its branches, and of its input if it has an identity. Join names
// another rule: the "sum" of the branches, or "residual", which is the input and the mean of the branches.
type Layer struct {
	Input    [3]int `json:"input"`
	Output   [3]int `json:"output"`
	Stride   int    `json:"stride"`
	Identity bool   `json:"identity"`
	Join     string `json:"join,omitempty"`
	sdk.Count
	Branches []Part `json:"branches"`
}

// Part describes a graph.
type Part struct {
	Op      string `json:"op,omitempty"` // none for stem and head
	Tensors string `json:"tensors"`      // what their names begin with
	sdk.Count
	Nodes []Node `json:"nodes"`
}

// Node describes a node. It reads the nodes named by Inputs, or the graph's "input".
type Node struct {
	Name       string          `json:"name"`
	Primitive  string          `json:"primitive"`
	Attributes json.RawMessage `json:"attributes"` // as the plugin protocol names them
	Inputs     []string        `json:"inputs"`
	Output     [3]int          `json:"output"`
	MACs       int64           `json:"macs"`
	Tensors    []Tensor        `json:"tensors"`
}

// Tensor describes a parameter, or a buffer if it is not trained.
type Tensor struct {
	Name    string `json:"name"`
	Shape   []int  `json:"shape"` // in PyTorch's order
	Trained bool   `json:"trained"`
}

// Describe describes the network. It needs no weights. A graph with Exec primitives is described too, though it cannot
// be exported.
func (n *Network) Describe() (d Description, err error) {
	d = Description{Name: n.Name, Image: shape(n.Stem.In), Classes: n.classes(), ClassNames: n.Classes,
		Resize: n.Resize}
	if d.Stem, err = n.stem().describe(""); err != nil {
		return d, err
	}
	if d.Head, err = n.head().describe(""); err != nil {
		return d, err
	}
	d.Count = n.Fixed()
	for l, place := range n.Layers {
		layer := Layer{Input: shape(place.Input()), Output: shape(place.Output()), Stride: place.Stride,
			Identity: place.Normal(), Branches: []Part{}}
		if join := n.Join(l); join != supernet.Mean && len(n.Branches[l]) > 0 {
			layer.Join, layer.Identity = join.String(), join == supernet.Residual
		}
		for i, b := range n.Branches[l] {
			part, err := n.branch(l, i).describe(b.Op)
			if err != nil {
				return d, err
			}
			layer.Count = layer.Plus(part.Count)
			layer.Branches = append(layer.Branches, part)
		}
		d.Count = d.Plus(layer.Count)
		d.Layers = append(d.Layers, layer)
	}
	return d, nil
}

func (b block) describe(op string) (Part, error) {
	p := Part{Op: op, Tensors: b.prefix, Count: b.Count(), Nodes: []Node{}}
	message, err := wire.EncodeGraph(b.Graph)
	if err != nil {
		return p, fmt.Errorf("export: %s: %w", b.title, err)
	}
	for i, m := range message.Nodes {
		n := b.node(i)
		node := Node{Name: n.Name, Primitive: n.Primitive.Kind(), Output: shape(n.Shape), MACs: n.Primitive.MACs(n.in),
			Tensors: []Tensor{}}
		if node.Attributes, err = attributes(m); err != nil {
			return p, fmt.Errorf("export: %s: node %d: %w", b.title, i, err)
		}
		for _, from := range n.Inputs {
			name := "input"
			if from != sdk.InputNode {
				name = b.Nodes[from].Name
			}
			node.Inputs = append(node.Inputs, name)
		}
		for _, t := range n.Primitive.Params(n.in) {
			node.Tensors = append(node.Tensors, Tensor{n.tensor(t.Name), t.Shape, t.Init.Trained()})
		}
		p.Nodes = append(p.Nodes, node)
	}
	return p, nil
}

// attributes are the fields of the message that is set in a node's oneof, or a typed primitive's attributes.
func attributes(n *wire.Node) (json.RawMessage, error) {
	if t := n.GetTyped(); t != nil {
		values, err := wire.DecodeAttrs(t.Attributes)
		if err != nil {
			return nil, err
		}
		return json.Marshal(values)
	}
	m := n.ProtoReflect()
	set := m.WhichOneof(m.Descriptor().Oneofs().ByName("primitive"))
	return protojson.MarshalOptions{UseProtoNames: true, EmitUnpopulated: true}.
		Marshal(m.Get(set).Message().Interface())
}

func shape(s sdk.Shape) [3]int { return [3]int{s.Height, s.Width, s.Channels} }
