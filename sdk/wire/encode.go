package wire

import (
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/nse-dev/nse/sdk"
)

// EncodeGraph is the message of a finished graph. A primitive that the protocol does not have is an error, which names
// the node.
func EncodeGraph(g *sdk.Graph) (*Graph, error) {
	m := &Graph{Output: int32(g.Output)}
	for i, n := range g.Nodes {
		node, err := encodeNode(n)
		if err != nil {
			return nil, fmt.Errorf("node %d: %w", i, err)
		}
		m.Nodes = append(m.Nodes, node)
	}
	return m, nil
}

// MarshalGraph is a finished graph in bytes. Two graphs have the same bytes only if they are equal. Caches and latency
// tables compare graphs by them.
func MarshalGraph(g *sdk.Graph) ([]byte, error) {
	m, err := EncodeGraph(g)
	if err != nil {
		return nil, err
	}
	return proto.MarshalOptions{Deterministic: true}.Marshal(m)
}

func encodeNode(n sdk.Node) (*Node, error) {
	m := &Node{Name: n.Name}
	for _, in := range n.Inputs {
		m.Inputs = append(m.Inputs, int32(in))
	}
	var err error
	m.Primitive, err = encodePrimitive(n.Primitive)
	return m, err
}

// encodePrimitive is the message of a primitive. A type that the protocol does not have is an error.
func encodePrimitive(p sdk.Primitive) (isNode_Primitive, error) {
	switch p := p.(type) {
	case sdk.Conv2D:
		return &Node_Conv2D{&Conv2D{
			Out: uint32(p.Out), Kernel: encodePair(p.Kernel), Stride: encodePair(p.Stride), Pad: encodePair(p.Pad),
			Dilation: encodePair(p.Dilation), Groups: uint32(p.Groups), Bias: p.Bias,
		}}, nil
	case sdk.Linear:
		return &Node_Linear{&Linear{Out: uint32(p.Out)}}, nil
	case sdk.BatchNorm:
		return &Node_Batchnorm{&BatchNorm{Eps: p.Eps, Momentum: p.Momentum}}, nil
	case sdk.Activation:
		return &Node_Activate{&Activate{Activation: Activation(p)}}, nil
	case sdk.SqueezeExcite:
		return &Node_SqueezeExcite{&SqueezeExcite{Reduction: uint32(p.Reduction),
			Activation: Activation(p.Activation)}}, nil
	case sdk.MaxPool:
		return &Node_MaxPool{encodePool(p.Kernel, p.Stride, p.Pad)}, nil
	case sdk.AvgPool:
		return &Node_AvgPool{encodePool(p.Kernel, p.Stride, p.Pad)}, nil
	case sdk.GlobalAvgPool:
		return &Node_GlobalAvgPool{&Plain{}}, nil
	case sdk.Add:
		return &Node_Add{&Plain{}}, nil
	case sdk.Multiply:
		return &Node_Multiply{&Plain{}}, nil
	case sdk.Concat:
		return &Node_Concat{&Plain{}}, nil
	case sdk.Slice:
		return &Node_Slice{&Slice{From: uint32(p.From), Channels: uint32(p.Channels)}}, nil
	case sdk.ChannelShuffle:
		return &Node_ChannelShuffle{&ChannelShuffle{Groups: uint32(p.Groups)}}, nil
	case sdk.Dropout:
		return &Node_Dropout{&Drop{Rate: p.Rate}}, nil
	case sdk.DropPath:
		return &Node_DropPath{&Drop{Rate: p.Rate}}, nil
	case sdk.Exec:
		return &Node_Exec{encodeExec(p)}, nil
	case sdk.Typed:
		return encodeTyped(p)
	}
	return nil, fmt.Errorf("protocol version %d has no primitive %s", ProtocolVersion, p.Kind())
}

func encodePair(p [2]int) *Pair { return &Pair{Vertical: uint32(p[0]), Horizontal: uint32(p[1])} }

func encodePool(kernel, stride, pad [2]int) *Pool {
	return &Pool{Kernel: encodePair(kernel), Stride: encodePair(stride), Pad: encodePair(pad)}
}
