package wire

import (
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/nse-dev/nse/sdk"
)

// newer is why a host may not know what a plugin sends.
const newer = "the plugin was built with a newer sdk"

// encodeTyped is the message of a typed primitive. A type that is not in sdk.Kinds is an error.
func encodeTyped(p sdk.Typed) (isNode_Primitive, error) {
	k, ok := kindOf(p.Kind())
	v := reflect.ValueOf(p)
	if !ok || v.Type() != reflect.TypeOf(k.Zero) {
		return nil, fmt.Errorf("protocol version %d has no primitive %s", ProtocolVersion, p.Kind())
	}
	m := &Typed{Kind: p.Kind(), Attributes: map[string]*Value{}}
	for i, field := range attributeFields(v.Type()) {
		value, err := encodeAttribute(v.FieldByIndex(field))
		if err != nil {
			return nil, fmt.Errorf("%s: attribute %q: %w", p.Kind(), k.Attributes[i], err)
		}
		m.Attributes[k.Attributes[i]] = value
	}
	return &Node_Typed{m}, nil
}

// decodeTyped is the primitive of a message, not checked by Infer yet. A kind or an attribute that this version does
// not have is an error, and so is one that is missing, of another type or not a number of its type.
func decodeTyped(m *Typed) (sdk.Primitive, error) {
	k, ok := kindOf(m.GetKind())
	if !ok {
		return nil, unknownKind(m.GetKind())
	}
	for _, name := range slices.Sorted(maps.Keys(m.GetAttributes())) {
		if !slices.Contains(k.Attributes, name) {
			return nil, fmt.Errorf("%s has no attribute %.64q in protocol version %d: %s", m.Kind, name,
				ProtocolVersion, newer)
		}
	}
	v := reflect.New(reflect.TypeOf(k.Zero)).Elem()
	for i, field := range attributeFields(v.Type()) {
		name := k.Attributes[i]
		sent, ok := m.Attributes[name]
		if !ok {
			return nil, fmt.Errorf("%s needs the attribute %q", m.Kind, name)
		}
		if err := decodeAttribute(v.FieldByIndex(field), sent); err != nil {
			return nil, fmt.Errorf("%s: attribute %q: %w", m.Kind, name, err)
		}
	}
	return v.Interface().(sdk.Primitive), nil
}

// unknownKind tells kinds that have a message of their own from those of a later version.
func unknownKind(kind string) error {
	fields := new(Node).ProtoReflect().Descriptor().Fields()
	if f := fields.ByName(protoreflect.Name(kind)); f != nil && f.ContainingOneof() != nil {
		return fmt.Errorf("primitive %q has a field of its own in Node: want that", kind)
	}
	return fmt.Errorf("protocol version %d has no primitive %.64q: %s", ProtocolVersion, kind, newer)
}

func kindOf(name string) (k sdk.Kind, ok bool) {
	kinds := sdk.Kinds()
	i := slices.IndexFunc(kinds, func(k sdk.Kind) bool { return k.Zero.Kind() == name })
	if i < 0 {
		return k, false
	}
	return kinds[i], true
}

// attributeFields are the fields of a typed primitive that are attributes, in the order of sdk.Kind.Attributes.
func attributeFields(t reflect.Type) (fields [][]int) {
	for i := range t.NumField() {
		if f := t.Field(i); f.IsExported() {
			fields = append(fields, f.Index)
		}
	}
	return fields
}

// encodeAttribute is the message of a field. A whole number that decodeAttribute refuses is an error.
func encodeAttribute(field reflect.Value) (*Value, error) {
	switch v := field.Interface().(type) {
	case sdk.Activation:
		return EncodeValue(v.String())
	case int:
		if int(int32(v)) != v {
			return nil, outOfRange(int64(v))
		}
		return EncodeValue(v)
	case [2]int:
		for _, n := range v {
			if int(int32(n)) != n {
				return nil, outOfRange(int64(n))
			}
		}
		return EncodeValue(v[:])
	case float32:
		return EncodeValue(float64(v))
	}
	return EncodeValue(field.Interface())
}

// decodeAttribute sets a field. Whole numbers have 32 bits, so that what Infer computes from them cannot overflow.
// Numbers are finite, and rounded to the field's type.
func decodeAttribute(field reflect.Value, m *Value) error {
	switch at := field.Addr().Interface().(type) {
	case *int:
		if v, ok := m.GetKind().(*Value_Whole); ok {
			return decodeWhole(at, v.Whole)
		}
		return wrongType(m, "a whole number")
	case *[2]int:
		v := m.GetWholes().GetValues()
		if len(v) != 2 {
			return wrongType(m, "a list of two whole numbers")
		}
		if err := decodeWhole(&at[0], v[0]); err != nil {
			return err
		}
		return decodeWhole(&at[1], v[1])
	case *bool:
		v, ok := m.GetKind().(*Value_Switch)
		if !ok {
			return wrongType(m, "a switch (true or false)")
		}
		*at = v.Switch
		return nil
	}
	if field.CanFloat() {
		v, ok := m.GetKind().(*Value_Number)
		if !ok {
			return wrongType(m, "a number")
		}
		if math.IsNaN(v.Number) || math.IsInf(v.Number, 0) || field.OverflowFloat(v.Number) {
			return fmt.Errorf("%v is not a finite %s", v.Number, field.Type())
		}
		field.SetFloat(v.Number)
		return nil
	}
	v, ok := m.GetKind().(*Value_Text)
	if !ok {
		return wrongType(m, "a text")
	}
	return decodeText(field, v.Text)
}

// decodeText sets a string of at most 256 bytes, or an activation by its name.
func decodeText(field reflect.Value, text string) error {
	if len(text) > 256 {
		return fmt.Errorf("a text of %d bytes is longer than 256", len(text))
	}
	if a, ok := field.Addr().Interface().(*sdk.Activation); ok {
		return a.UnmarshalText([]byte(text))
	}
	field.SetString(text)
	return nil
}

func decodeWhole(at *int, v int64) error {
	if int64(int32(v)) != v {
		return outOfRange(v)
	}
	*at = int(v)
	return nil
}

func outOfRange(v int64) error {
	return fmt.Errorf("%d is not in %d..%d", v, math.MinInt32, math.MaxInt32)
}

// wrongType says what a value is and what it should be.
func wrongType(m *Value, want string) error {
	got := "no value"
	switch v := m.GetKind().(type) {
	case *Value_Whole:
		got = "a whole number"
	case *Value_Wholes:
		got = fmt.Sprintf("a list of %d whole numbers", len(v.Wholes.GetValues()))
	case *Value_Number:
		got = "a number"
	case *Value_Switch:
		got = "a switch (true or false)"
	case *Value_Text:
		got = "a text"
	}
	return fmt.Errorf("got %s, want %s", got, want)
}
