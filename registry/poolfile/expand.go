package poolfile

import (
	"reflect"
	"slices"
	"strings"

	"github.com/nse-dev/nse/internal/tomlpos"
	"github.com/nse-dev/nse/sdk"
)

// MaxOps bounds the operations of a pool. More are an error.
const MaxOps = 1 << 14

// Member is one operation of a pool before its plugin has seen it.
type Member struct {
	At     int       // byte offset of its [[plugin.op]]
	Name   string    // sdk.Op.Member
	Family string    // sdk.Op.Name
	Doc    string    // the family's sentence
	Attrs  sdk.Attrs // complete
}

// Expand lists the operations that a pool file names for a plugin that offers families. Each [[plugin.op]] is the
// product of the values of its attributes. They come as from nested loops in the order in which the attributes are
// written: the last one varies fastest. Unknown families and attributes, values of another type, and more than MaxOps
// operations in one table are errors.
func (f File) Expand(e Entry, families []sdk.Op) (members []Member, err error) {
	for _, l := range e.ops {
		op, err := f.family(e, l, families)
		if err != nil {
			return nil, err
		}
		products := []sdk.Attrs{{}}
		for _, s := range l.attrs {
			values, err := f.values(op, s)
			if err != nil {
				return nil, err
			}
			if len(values)*len(products) > MaxOps {
				return nil, f.Errorf(s.spot.Key, "these are more than %d operations", MaxOps)
			}
			products = product(products, s.name, values)
		}
		for _, attrs := range products {
			attrs, err := op.Complete(attrs)
			if err != nil {
				return nil, f.Errorf(l.at, "%w", err)
			}
			members = append(members, Member{l.at, op.Member(attrs), op.Name, op.Doc, attrs})
		}
	}
	return members, nil
}

// product is every combination with each of the values of one more attribute. The values vary fastest.
func product(combinations []sdk.Attrs, name string, values []any) (all []sdk.Attrs) {
	for _, c := range combinations {
		for _, v := range values {
			next := sdk.Attrs{name: v}
			for k, old := range c {
				next[k] = old
			}
			all = append(all, next)
		}
	}
	return all
}

// family is the family that a listing names. One that the plugin does not offer is an error, which names those that it
// does.
func (f File) family(e Entry, l listing, families []sdk.Op) (sdk.Op, error) {
	var names []string
	for _, op := range families {
		if op.Name == l.family {
			return op, nil
		}
		names = append(names, op.Name)
	}
	return sdk.Op{}, f.Errorf(l.source, "plugin %q has no operation %q: it has %s", e.Name(), l.family,
		strings.Join(names, ", "))
}

// values lists the values that a key gives to an attribute. One value stands for itself, and a list for each of its
// values. An attribute whose values are lists takes a list for one value, and a list of lists for several.
func (f File) values(op sdk.Op, s setting) ([]any, error) {
	i := slices.IndexFunc(op.Attrs, func(a sdk.Attr) bool { return a.Name == s.name })
	if i < 0 {
		return nil, f.Errorf(s.spot.Key, "%w", op.Unknown(s.name))
	}
	attr := op.Attrs[i]
	list, several := s.value.([]any)
	if _, isList := attr.Default.([]int); isList {
		several = several && slices.ContainsFunc(list, func(v any) bool { _, ok := v.([]any); return ok })
	}
	if !several {
		v, err := f.value(attr, s.value, s.spot)
		return []any{v}, err
	}
	if len(list) == 0 {
		return nil, f.Errorf(s.spot.At, "attribute %q has no value: the list is empty", s.name)
	}
	var values []any
	for i, item := range list {
		v, err := f.value(attr, item, s.spot.Items[i])
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(values, func(old any) bool { return reflect.DeepEqual(old, v) }) {
			return nil, f.Errorf(s.spot.Items[i].At, "attribute %q lists %v twice", s.name, v)
		}
		values = append(values, v)
	}
	return values, nil
}

// value turns a value of TOML into one of an attribute.
func (f File) value(attr sdk.Attr, v any, s *tomlpos.Spot) (any, error) {
	switch toml := v.(type) {
	case int64:
		v = int(toml)
	case []any:
		whole := make([]int, len(toml))
		for i, item := range toml {
			n, ok := item.(int64)
			if !ok {
				return nil, f.Errorf(s.Items[i].At, "attribute %q: %v in a list of whole numbers", attr.Name, item)
			}
			whole[i] = int(n)
		}
		v = whole
	}
	v, err := attr.Check(v)
	if err != nil {
		return nil, f.Errorf(s.At, "%w", err)
	}
	return v, nil
}
