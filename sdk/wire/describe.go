package wire

import (
	"fmt"
	"runtime/debug"
	"strings"
	"unicode"

	"github.com/nse-dev/nse/sdk"
)

// ProgramVersion is the version of the program's main module, as Go built it. It is empty if the program was built
// without modules, and "(devel)" if Go knew no version.
func ProgramVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	return info.Main.Version
}

// CheckVersion refuses what cannot be a plugin's version: more than 128 bytes, spaces, and characters that cannot be
// printed. An empty version is none, and no error.
func CheckVersion(version string) error {
	strange := func(r rune) bool { return !unicode.IsPrint(r) || unicode.IsSpace(r) || r == unicode.ReplacementChar }
	if len(version) > 128 || strings.ContainsFunc(version, strange) {
		return fmt.Errorf("%q is not at most 128 printable characters without spaces", version)
	}
	return nil
}

// EncodeFamily is the message of a family's declaration. Build and the kernels stay in the plugin. A default of an
// unknown type is an error.
func EncodeFamily(op sdk.Op) (*Family, error) {
	m := &Family{Name: op.Name, Doc: op.Doc}
	for _, a := range op.Attrs {
		v, err := EncodeValue(a.Default)
		if err != nil {
			return nil, fmt.Errorf("%s: attribute %q: %w", op.Name, a.Name, err)
		}
		m.Attributes = append(m.Attributes, &Attribute{Name: a.Name, Short: a.Short, Doc: a.Doc, DefaultValue: v,
			Required: a.Required})
	}
	return m, nil
}

// DecodeFamily is the declaration in a message, without Build and Kernels. It is checked by sdk.Op.Validate, and
// returned with the error too, for messages.
func DecodeFamily(m *Family) (sdk.Op, error) {
	op := sdk.Op{Name: m.GetName(), Doc: m.GetDoc()}
	for _, a := range m.GetAttributes() {
		v, err := DecodeValue(a.GetDefaultValue())
		if err != nil {
			return op, fmt.Errorf("%q: attribute %q: %w", op.Name, a.GetName(), err)
		}
		op.Attrs = append(op.Attrs, sdk.Attr{Name: a.GetName(), Short: a.GetShort(), Doc: a.GetDoc(), Default: v,
			Required: a.GetRequired()})
	}
	return op, op.Validate()
}

// EncodeAttrs is the message of complete attributes. A value of an unknown type is an error, which names the attribute.
func EncodeAttrs(attrs sdk.Attrs) (map[string]*Value, error) {
	m := make(map[string]*Value, len(attrs))
	for name, v := range attrs {
		value, err := EncodeValue(v)
		if err != nil {
			return nil, fmt.Errorf("attribute %q: %w", name, err)
		}
		m[name] = value
	}
	return m, nil
}

// DecodeAttrs is the reverse of EncodeAttrs. A value that is not set is an error. Op.Graph checks names and types.
func DecodeAttrs(m map[string]*Value) (sdk.Attrs, error) {
	attrs := make(sdk.Attrs, len(m))
	for name, value := range m {
		v, err := DecodeValue(value)
		if err != nil {
			return nil, fmt.Errorf("attribute %q: %w", name, err)
		}
		attrs[name] = v
	}
	return attrs, nil
}

// EncodeValue is the message of an int, []int, float64, bool or string. Any other type is an error.
func EncodeValue(v any) (*Value, error) {
	switch v := v.(type) {
	case int:
		return &Value{Kind: &Value_Whole{int64(v)}}, nil
	case []int:
		list := &Wholes{}
		for _, n := range v {
			list.Values = append(list.Values, int64(n))
		}
		return &Value{Kind: &Value_Wholes{list}}, nil
	case float64:
		return &Value{Kind: &Value_Number{v}}, nil
	case bool:
		return &Value{Kind: &Value_Switch{v}}, nil
	case string:
		return &Value{Kind: &Value_Text{v}}, nil
	}
	return nil, fmt.Errorf("a value of type %T cannot be an attribute's", v)
}

// DecodeValue is the reverse of EncodeValue. A nil message and one without a value are errors.
func DecodeValue(m *Value) (any, error) {
	switch v := m.GetKind().(type) {
	case *Value_Whole:
		return int(v.Whole), nil
	case *Value_Wholes:
		list := make([]int, len(v.Wholes.GetValues()))
		for i, n := range v.Wholes.GetValues() {
			list[i] = int(n)
		}
		return list, nil
	case *Value_Number:
		return v.Number, nil
	case *Value_Switch:
		return v.Switch, nil
	case *Value_Text:
		return v.Text, nil
	}
	return nil, fmt.Errorf("it has no value")
}

// EncodeLayer is the message of a layer.
func EncodeLayer(l sdk.Layer) *Layer {
	return &Layer{
		Index: uint32(l.Index), In: uint32(l.In), Out: uint32(l.Out), Stride: uint32(l.Stride),
		Height: uint32(l.Height), Width: uint32(l.Width),
		Activation: Activation(l.Activation), SqueezeExcite: l.SqueezeExcite,
	}
}

// DecodeLayer is the reverse of EncodeLayer; Op.Graph validates the layer.
func DecodeLayer(m *Layer) sdk.Layer {
	return sdk.Layer{
		Index: int(m.GetIndex()), In: int(m.GetIn()), Out: int(m.GetOut()), Stride: int(m.GetStride()),
		Height: int(m.GetHeight()), Width: int(m.GetWidth()),
		Activation: sdk.Activation(m.GetActivation()), SqueezeExcite: m.GetSqueezeExcite(),
	}
}
