package sdk

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
)

// Attr declares one attribute of an operation family. Names and short names are unique in the family.
type Attr struct {
	Name    string // as in ops.toml
	Short   string // prefix of the value in a member's name: "k" makes k3
	Doc     string // one sentence
	Default any    // its type is the attribute's: int, []int, float64, bool or string
	// Required attributes must be given in ops.toml and always appear in names. Others appear in a name where they
	// differ from Default. The Default of a required attribute tells its type alone.
	Required bool
}

// Attrs are the attributes of one member of a family, by name. Values are int, []int, float64, bool or string. Build
// only reads them.
type Attrs map[string]any

// Int returns an integer attribute. It panics if the family does not declare it as one.
func (a Attrs) Int(name string) int { return attr[int](a, name) }

// Ints returns a list of integers, which belongs to the attributes. It panics if the family does not declare it as one.
func (a Attrs) Ints(name string) []int { return attr[[]int](a, name) }

// Float returns a number. It panics if the family does not declare it as one.
func (a Attrs) Float(name string) float64 { return attr[float64](a, name) }

// Bool returns a switch. It panics if the family does not declare it as one.
func (a Attrs) Bool(name string) bool { return attr[bool](a, name) }

// Text returns a string. It panics if the family does not declare it as one.
func (a Attrs) Text(name string) string { return attr[string](a, name) }

func attr[T any](a Attrs, name string) T {
	v, ok := a[name].(T)
	if !ok {
		panic(fmt.Sprintf("sdk: attribute %q is %T, not %T: declare it in Op.Attrs", name, a[name], v))
	}
	return v
}

// Complete checks the names and types of attributes and adds the defaults. The result is a new map, which may share
// lists with a and with the declaration. Nil attributes stand for none. A missing required attribute, an unknown name
// and a value of another type are errors.
func (op Op) Complete(a Attrs) (Attrs, error) {
	full := Attrs{}
	for _, d := range op.Attrs {
		v, given := a[d.Name]
		if !given && d.Required {
			return nil, fmt.Errorf("%s needs the attribute %q (%s)", op.Name, d.Name, d.Doc)
		}
		if !given {
			v = d.Default
		}
		v, err := d.Check(v)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", op.Name, err)
		}
		full[d.Name] = v
	}
	for _, name := range slices.Sorted(maps.Keys(a)) {
		if _, ok := full[name]; !ok {
			return nil, op.Unknown(name)
		}
	}
	return full, nil
}

// Check returns a value for the attribute if it has the attribute's type and can stand in a member's name. A whole
// number is taken for a number. A number must be finite, a list has at most 64 numbers, and a text is 1 to 64 letters,
// digits, dots and underscores.
func (d Attr) Check(v any) (any, error) {
	if n, ok := v.(int); ok && kind(d.Default) == "number" {
		v = float64(n)
	}
	if kind(v) != kind(d.Default) {
		return nil, fmt.Errorf("attribute %q is a %s, not a %s", d.Name, kind(d.Default), kind(v))
	}
	if err := representable(v); err != nil {
		return nil, fmt.Errorf("attribute %q: %w", d.Name, err)
	}
	return v, nil
}

// Unknown is the error of an attribute that the family does not have. It names those that it has.
func (op Op) Unknown(name string) error {
	if len(op.Attrs) == 0 {
		return fmt.Errorf("%s has no attribute %q: it has none", op.Name, name)
	}
	return fmt.Errorf("%s has no attribute %q: it has %s", op.Name, name, strings.Join(op.attrNames(), ", "))
}

// representable refuses values that cannot stand in a member's name.
func representable(v any) error {
	switch v := v.(type) {
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("%v is not a finite number", v)
		}
	case []int:
		if len(v) > 64 {
			return fmt.Errorf("a list of %d numbers is longer than 64", len(v))
		}
	case string:
		if v == "" || len(v) > 64 || !only(v, lower+upper+digits+"_.") {
			return fmt.Errorf("%q is not 1 to 64 letters, digits, dots and underscores", v)
		}
	}
	return nil
}

// Member is the name of the member with complete attributes a, such as mbconv-k3-e6-d2 or mbconv-k5-e3-g1.2. The name
// is stable, unique in the family, and short enough for tables. A search records operations by it, so that a family
// must keep the short names and defaults of its attributes.
func (op Op) Member(a Attrs) string {
	name := op.Name
	for _, d := range op.Attrs {
		v := a[d.Name]
		if !d.Required && equal(v, d.Default) {
			continue
		}
		name += "-" + d.Short + text(v)
	}
	return name
}

func (op Op) attrNames() (names []string) {
	for _, d := range op.Attrs {
		names = append(names, d.Name)
	}
	return names
}

func kind(v any) string {
	switch v.(type) {
	case int:
		return "whole number"
	case []int:
		return "list of whole numbers"
	case float64:
		return "number"
	case bool:
		return "switch (true or false)"
	case string:
		return "text"
	}
	return fmt.Sprintf("%T", v)
}

func equal(a, b any) bool {
	x, ok := a.([]int)
	y, ok2 := b.([]int)
	if ok || ok2 {
		return ok && ok2 && slices.Equal(x, y)
	}
	return a == b
}

func text(v any) string {
	list, ok := v.([]int)
	if !ok {
		return fmt.Sprint(v)
	}
	parts := make([]string, len(list))
	for i, n := range list {
		parts[i] = fmt.Sprint(n)
	}
	return strings.Join(parts, ".")
}
