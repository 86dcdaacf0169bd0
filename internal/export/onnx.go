package export

import (
	"fmt"
	"strconv"

	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/supernet"
)

// ONNXConfig says what an ONNX file holds besides the network.
type ONNXConfig struct {
	KeepBN    bool // as operators of their own, rather than in the weights of the convolutions before them
	Normalise bool // pixels of 0..1 with the data's mean and standard deviation, so that the input is pixels
}

// ONNX is the network in inference as an ONNX model of opset 17: images [batch, C, H, W] to logits [batch, classes],
// all float32. Values are named layers/LAYER/BRANCH/NODE, constants as the tensors are. The metadata "classes" is a
// JSON array of the classes' names, and "resize" is n.Resize. A network with an Exec primitive is an error.
func (n *Network) ONNX(c ONNXConfig) ([]byte, error) {
	if err := n.mappable(); err != nil {
		return nil, err
	}
	tensors, err := n.tensors()
	if err != nil {
		return nil, err
	}
	o := &onnx{tensors: tensors, keepBN: c.KeepBN}
	x := "image"
	in := n.Stem.In
	o.graph = o.graph.text(2, n.Name).bytes(11, valueProto(x, in.Channels, in.Height, in.Width))
	if c.Normalise {
		if n.Data == nil {
			return nil, errNoData
		}
		x = o.normalise(x, n.Data.Mean, n.Data.Std)
	}
	x = o.block(n.stem(), x)
	for l := range n.Branches {
		x = o.layer(n, l, x)
	}
	x = o.block(n.head(), x)
	o.operator("logits", "Flatten", []string{x})
	o.graph = o.graph.bytes(12, valueProto("logits", n.classes()))
	model := modelProto(o.graph)
	if n.Classes != nil {
		model = model.bytes(fieldMetadata, message(nil).text(1, "classes").text(2, n.classNames()))
	}
	if n.Resize > 0 {
		model = model.bytes(fieldMetadata, message(nil).text(1, "resize").text(2, strconv.Itoa(n.Resize)))
	}
	return model, nil
}

// onnx is a graph under construction.
type onnx struct {
	graph   message
	tensors map[string][]float32
	keepBN  bool
}

// normalise computes (x − mean)/std for each channel.
func (o *onnx) normalise(x string, mean, std []float32) string {
	shape := []int{1, len(mean), 1, 1}
	x = o.operator("normalise/centred", "Sub", []string{x, constant(o, "normalise/mean", shape, mean)})
	return o.operator("normalise/scaled", "Div", []string{x, constant(o, "normalise/std", shape, std)})
}

// layer is the output of layer l, by its rule.
func (o *onnx) layer(n *Network, l int, x string) string {
	var values []string
	for i := range n.Branches[l] {
		values = append(values, o.block(n.branch(l, i), x))
	}
	join, normal := n.Join(l), n.Layers[l].Normal()
	switch {
	case len(values) == 0:
		return x
	case join == supernet.Sum:
		return o.joined(l, "sum", "Sum", values)
	case join == supernet.Residual:
		return o.joined(l, "residual", "Sum", []string{o.joined(l, "mean", "Mean", values), x})
	case normal:
		values = append(values, x)
	}
	return o.joined(l, "mean", "Mean", values)
}

// joined adds an operator of several values. One value is its own.
func (o *onnx) joined(l int, name, op string, values []string) string {
	if len(values) == 1 {
		return values[0]
	}
	return o.operator(fmt.Sprintf("layers/%d/%s", l, name), op, values)
}

// block adds a block's nodes and returns the value of its output.
func (o *onnx) block(b block, x string) string {
	values := make([]string, len(b.Nodes))
	value := func(i int) string {
		if i == sdk.InputNode {
			return x
		}
		return values[i]
	}
	for i := range b.Nodes {
		n := b.node(i)
		if values[i] != "" {
			continue // it is in the convolution before it
		}
		in := make([]string, len(n.Inputs))
		for j, from := range n.Inputs {
			in[j] = value(from)
		}
		norm, fold := b.norm(i)
		if fold = fold && !o.keepBN; fold {
			n.norm = &norm
		}
		m, _ := mappingOf(n.Primitive)
		values[i] = m.onnx(o, n, in)
		if fold {
			values[b.readers(i)[0]] = values[i]
		}
	}
	return value(b.Output)
}

// attribute is an attribute of an operator: an int, a []int or a float32.
type attribute struct {
	name  string
	value any
}

// operator adds an operator whose only output has its own name, and returns it.
func (o *onnx) operator(name, op string, inputs []string, attributes ...attribute) string {
	m := nodeProto(op, name, inputs, name)
	for _, a := range attributes {
		m = m.bytes(fieldAttributes, attributeProto(a.name, a.value))
	}
	o.graph = o.graph.bytes(fieldNode, m)
	return name
}

// add adds an operator for a node, or for a part of one that takes several.
func (o *onnx) add(n node, part, op string, inputs []string, attributes ...attribute) string {
	name := n.block.values + "/" + n.Name
	if part != "" {
		name += "/" + part
	}
	return o.operator(name, op, inputs, attributes...)
}

// constant adds a tensor and returns its name.
func constant[T float32 | int64](o *onnx, name string, shape []int, v []T) string {
	o.graph = o.graph.bytes(fieldConstant, tensorProto(name, shape, v))
	return name
}

// weights adds a node's tensors as they are, and returns their names.
func (o *onnx) weights(n node) (names []string) {
	for _, p := range n.Primitive.Params(n.in) {
		name := n.tensor(p.Name)
		names = append(names, constant(o, name, p.Shape, o.tensors[name]))
	}
	return names
}
