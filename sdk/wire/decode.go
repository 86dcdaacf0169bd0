package wire

import (
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/nse-dev/nse/sdk"
)

// DecodeGraph rebuilds a graph for an input of shape in and an output of shape want. Nothing in the message is trusted:
// every node passes sdk.Graph.Add, which infers and limits its shape, and the output passes Finish. An error names the
// node. The Run of Exec primitives is nil: sdk.Graph.Bind sets it.
func DecodeGraph(m *Graph, in, want sdk.Shape) (*sdk.Graph, error) {
	g := sdk.NewGraph(in)
	for i, n := range m.GetNodes() {
		if err := decodeNode(g, i, n); err != nil {
			return nil, err
		}
	}
	y, err := g.At(int(m.GetOutput()))
	if err != nil {
		return nil, fmt.Errorf("output: %w", err)
	}
	if err := g.Finish(y, want); err != nil {
		return nil, err
	}
	return g, nil
}

// UnmarshalGraph is DecodeGraph for what MarshalGraph gives. Bytes that are no message are an error.
func UnmarshalGraph(text []byte, in, want sdk.Shape) (*sdk.Graph, error) {
	m := new(Graph)
	if err := proto.Unmarshal(text, m); err != nil {
		return nil, err
	}
	return DecodeGraph(m, in, want)
}

// decodeNode adds a node of a message to a graph. It may read only the input and nodes before it.
func decodeNode(g *sdk.Graph, index int, n *Node) error {
	p, err := decodePrimitive(n)
	if err != nil {
		return fmt.Errorf("node %d: %w", index, err)
	}
	inputs := make([]sdk.Tensor, len(n.GetInputs()))
	for i, in := range n.GetInputs() {
		if inputs[i], err = g.At(int(in)); err != nil {
			return fmt.Errorf("node %d (%s): %w", index, p.Kind(), err)
		}
	}
	y := g.Add(p, inputs...)
	if n.GetName() != "" {
		y.Named(n.GetName())
	}
	return g.Err()
}

// decodePrimitive is the primitive of a node, not checked yet. A kind that this version does not have is an error.
func decodePrimitive(n *Node) (sdk.Primitive, error) {
	switch p := n.GetPrimitive().(type) {
	case *Node_Conv2D:
		c := p.Conv2D
		return sdk.Conv2D{
			Out: int(c.GetOut()), Kernel: decodePair(c.GetKernel()), Stride: decodePair(c.GetStride()),
			Pad:      decodePair(c.GetPad()),
			Dilation: decodePair(c.GetDilation()), Groups: int(c.GetGroups()), Bias: c.GetBias(),
		}, nil
	case *Node_Linear:
		return sdk.Linear{Out: int(p.Linear.GetOut())}, nil
	case *Node_Batchnorm:
		return sdk.BatchNorm{Eps: p.Batchnorm.GetEps(), Momentum: p.Batchnorm.GetMomentum()}, nil
	case *Node_Activate:
		return sdk.Activation(p.Activate.GetActivation()), nil
	case *Node_SqueezeExcite:
		s := p.SqueezeExcite
		return sdk.SqueezeExcite{Reduction: int(s.GetReduction()), Activation: sdk.Activation(s.GetActivation())}, nil
	case *Node_MaxPool:
		w := p.MaxPool
		return sdk.MaxPool{Kernel: decodePair(w.GetKernel()), Stride: decodePair(w.GetStride()),
			Pad: decodePair(w.GetPad())}, nil
	case *Node_AvgPool:
		w := p.AvgPool
		return sdk.AvgPool{Kernel: decodePair(w.GetKernel()), Stride: decodePair(w.GetStride()),
			Pad: decodePair(w.GetPad())}, nil
	case *Node_GlobalAvgPool:
		return sdk.GlobalAvgPool{}, nil
	case *Node_Add:
		return sdk.Add{}, nil
	case *Node_Multiply:
		return sdk.Multiply{}, nil
	case *Node_Concat:
		return sdk.Concat{}, nil
	case *Node_Slice:
		return sdk.Slice{From: int(p.Slice.GetFrom()), Channels: int(p.Slice.GetChannels())}, nil
	case *Node_ChannelShuffle:
		return sdk.ChannelShuffle{Groups: int(p.ChannelShuffle.GetGroups())}, nil
	case *Node_Dropout:
		return sdk.Dropout{Rate: p.Dropout.GetRate()}, nil
	case *Node_DropPath:
		return sdk.DropPath{Rate: p.DropPath.GetRate()}, nil
	case *Node_Exec:
		return decodeExec(p.Exec), nil
	case *Node_Typed:
		return decodeTyped(p.Typed)
	}
	return nil, unknownPrimitive(n)
}

// unknownPrimitive names the field of a primitive that this version of the protocol does not have.
func unknownPrimitive(n *Node) error {
	if unknown := n.ProtoReflect().GetUnknown(); len(unknown) > 0 {
		return fmt.Errorf("a primitive that protocol version %d does not have: %s",
			ProtocolVersion, newer)
	}
	return fmt.Errorf("it has no primitive")
}

// decodePair is a pair, vertical first. A nil message is 0, 0.
func decodePair(p *Pair) [2]int { return [2]int{int(p.GetVertical()), int(p.GetHorizontal())} }
