package export

import (
	"encoding/binary"
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// message is an encoded protobuf message. The functions below write the messages of onnx.proto that a network needs,
// with its field numbers.
type message []byte

func (m message) number(field protowire.Number, v int) message {
	return protowire.AppendVarint(protowire.AppendTag(m, field, protowire.VarintType), uint64(v))
}

func (m message) bytes(field protowire.Number, v []byte) message {
	return protowire.AppendBytes(protowire.AppendTag(m, field, protowire.BytesType), v)
}

func (m message) text(field protowire.Number, v ...string) message {
	for _, s := range v {
		m = m.bytes(field, []byte(s))
	}
	return m
}

// The versions of the format, and its numbers of types.
const (
	irVersion = 8
	opset     = 17

	typeFloat = 1
	typeInt64 = 7

	attributeFloat  = 1
	attributeInt    = 2
	attributeInts   = 7
	fieldDimension  = 1
	fieldParameter  = 2 // a dimension that has a name in place of a size
	fieldNode       = 1
	fieldConstant   = 5
	fieldAttributes = 5
	fieldMetadata   = 14
)

// modelProto is the whole file.
func modelProto(graph message) message {
	return message(nil).number(1, irVersion).text(2, "nse").bytes(7, graph).
		bytes(8, message(nil).text(1, "").number(2, opset))
}

// nodeProto is one operator; its attributes follow as fieldAttributes.
func nodeProto(op, name string, inputs []string, output string) message {
	return message(nil).text(1, inputs...).text(2, output).text(3, name).text(4, op)
}

// attributeProto is an attribute whose value is an int, a []int or a float32.
func attributeProto(name string, value any) message {
	m := message(nil).text(1, name)
	switch v := value.(type) {
	case float32:
		m = protowire.AppendFixed32(protowire.AppendTag(m, 2, protowire.Fixed32Type), math.Float32bits(v))
		return m.number(20, attributeFloat)
	case int:
		return m.number(3, v).number(20, attributeInt)
	case []int:
		for _, n := range v {
			m = m.number(8, n)
		}
		return m.number(20, attributeInts)
	}
	panic("export: an attribute is an int, a []int or a float32")
}

// tensorProto is a constant of float32 or int64, in row-major order.
func tensorProto[T float32 | int64](name string, shape []int, v []T) message {
	kind := typeFloat
	if _, whole := any(v).([]int64); whole {
		kind = typeInt64
	}
	data, err := binary.Append(nil, binary.LittleEndian, v)
	if err != nil {
		panic(err) // both types have a fixed size
	}
	var m message
	for _, d := range shape {
		m = m.number(1, d)
	}
	return m.number(2, kind).text(8, name).bytes(9, data)
}

// valueProto is a float32 input or output: [batch, shape...], of any batch.
func valueProto(name string, shape ...int) message {
	dims := message(nil).bytes(fieldDimension, message(nil).text(fieldParameter, "batch"))
	for _, d := range shape {
		dims = dims.bytes(fieldDimension, message(nil).number(fieldDimension, d))
	}
	tensor := message(nil).number(1, typeFloat).bytes(2, dims)
	return message(nil).text(1, name).bytes(2, message(nil).bytes(1, tensor))
}
