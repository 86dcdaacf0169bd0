package config

import (
	"bytes"
	"cmp"
	"encoding"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/BurntSushi/toml"

	"github.com/nse-dev/nse/internal/text"
	"github.com/nse-dev/nse/internal/tomlpos"
)

// Decode reads a TOML text strictly into v, a pointer to a struct whose fields all have toml tags. A key that the
// struct does not have is an error, and so is a value of another type. Errors start with name:line:column.
func Decode(name string, text []byte, v any) error {
	if err := check(name, text, reflect.ValueOf(v).Elem().Interface()); err != nil {
		return err
	}
	if _, err := toml.Decode(string(text), v); err != nil {
		return Positioned(name, text, err)
	}
	return nil
}

// At is name:line:column of a dotted key in a text, or name where the text does not have the key.
func At(name string, text []byte, key string) string {
	return at(name, text, toml.Key(strings.Split(key, ".")))
}

// bounded refuses texts that the decoder would need very long for: its time grows with the square of a key's parts.
func bounded(name string, text []byte) error {
	const most, mostOfLine = 1 << 18, 1 << 12
	if len(text) > most {
		return fmt.Errorf("%s: the file is longer than %d bytes", name, most)
	}
	number := 0
	for line := range bytes.Lines(text) {
		if number++; len(line) > mostOfLine {
			return fmt.Errorf("%s:%d:1: the line is longer than %d bytes", name, number, mostOfLine)
		}
	}
	return nil
}

// check refuses keys that the type of v does not have, and values of other types, in the order of the file.
func check(name string, text []byte, v any) error {
	if err := bounded(name, text); err != nil {
		return err
	}
	var tree map[string]any
	md, err := toml.Decode(string(text), &tree)
	if err != nil {
		return Positioned(name, text, err)
	}
	for _, key := range md.Keys() {
		problem := checkValue(reflect.TypeOf(v), key, md.Type(key...), valueAt(tree, key))
		if problem != "" {
			return fmt.Errorf("%s: %s", at(name, text, key), problem)
		}
	}
	return nil
}

// Mistake is a key that a table must not have, and what is wrong with it.
type Mistake struct {
	Key     []string // from the table on
	Problem string
}

// Mistakes lists the keys of a decoded TOML table that are no settings of Config, or whose values have other types.
// They come in the order of the keys.
func Mistakes(table map[string]any) (list []Mistake) { return mistakes(nil, table) }

// mistakes lists those of a table at a key.
func mistakes(at toml.Key, table map[string]any) (list []Mistake) {
	for _, name := range slices.Sorted(maps.Keys(table)) {
		key := append(at[:len(at):len(at)], name)
		value := table[name]
		problem := checkValue(reflect.TypeFor[Config](), key, tomlType(value), value)
		if problem != "" {
			list = append(list, Mistake{key, problem})
		} else if inner, ok := value.(map[string]any); ok {
			list = append(list, mistakes(key, inner)...)
		}
	}
	return list
}

// tomlType is the TOML type of a decoded value, as toml.MetaData names it.
func tomlType(v any) string {
	switch v.(type) {
	case map[string]any:
		return "Hash"
	case []map[string]any:
		return "ArrayHash"
	case []any:
		return "Array"
	case string:
		return "String"
	case bool:
		return "Bool"
	case float64:
		return "Float"
	case int64:
		return "Integer"
	}
	return "Datetime"
}

// checkKey follows key into the type t and says what is wrong with a value of a TOML type there.
func checkKey(t reflect.Type, key toml.Key, tomlType string) string {
	for i, part := range key {
		if t.Kind() != reflect.Struct {
			return fmt.Sprintf("%q is not a table", strings.Join(key[:i], "."))
		}
		names, types := fields(t)
		j := slices.Index(names, part)
		if j < 0 {
			where := "there is no setting"
			if i > 0 {
				where = "[" + strings.Join(key[:i], ".") + "] has no setting"
			}
			return fmt.Sprintf("%s %q: %s", where, part, Suggest(part, names))
		}
		t = types[j]
	}
	if want := tomlName(t); want != tomlType && !(want == "Float" && tomlType == "Integer") {
		return fmt.Sprintf("%q is %s, not %s", key.String(), article(want), article(tomlType))
	}
	return ""
}

// valueAt is the value of a key of nested tables, or nil.
func valueAt(tree map[string]any, key toml.Key) any {
	for _, part := range key[:len(key)-1] {
		tree, _ = tree[part].(map[string]any)
	}
	return tree[key[len(key)-1]]
}

// checkValue says what is wrong with a value of a TOML type at a key of the type t.
func checkValue(t reflect.Type, key toml.Key, tomlType string, value any) string {
	if t == reflect.TypeFor[Config]() {
		if problem, right := checkAuto(key, value); right || problem != "" {
			return problem
		}
	}
	return cmp.Or(checkKey(t, key, tomlType), checkWhole(key, value))
}

// checkWhole refuses a value that is a list of anything but whole numbers: no setting has others.
func checkWhole(key toml.Key, value any) string {
	list, _ := value.([]any)
	for _, v := range list {
		if _, whole := v.(int64); !whole {
			return fmt.Sprintf("%q is a list of whole numbers, and %v is none", key.String(), v)
		}
	}
	return ""
}

// fields lists the TOML names and types of a struct's fields, with those of embedded structs.
func fields(t reflect.Type) (names []string, types []reflect.Type) {
	for _, f := range reflect.VisibleFields(t) {
		if name := f.Tag.Get("toml"); name != "" {
			names, types = append(names, name), append(types, f.Type)
		}
	}
	return names, types
}

// tomlName is the TOML type that a Go type is read from.
func tomlName(t reflect.Type) string {
	text := reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]())
	if text || t == reflect.TypeFor[time.Duration]() {
		return "String"
	}
	switch t.Kind() {
	case reflect.Struct:
		return "Hash"
	case reflect.Slice:
		return "Array"
	case reflect.String:
		return "String"
	case reflect.Bool:
		return "Bool"
	case reflect.Float64:
		return "Float"
	}
	return "Integer"
}

func article(tomlType string) string {
	names := map[string]string{"Hash": "a table", "ArrayHash": "a list of tables", "Array": "a list",
		"String": "text", "Bool": "true or false",
		"Float": "a number", "Integer": "a whole number", "Datetime": "a date"}
	return names[tomlType]
}

// Suggest asks for the nearest of the names that a word may have meant, or lists all of them where none is near.
func Suggest(word string, names []string) string {
	if near := text.Near(word, names); len(near) > 0 {
		return fmt.Sprintf("did you mean %q?", near[0])
	}
	return "it has " + strings.Join(names, ", ")
}

// Positioned turns an error of the toml package about a text into name:line:column: message, on one line.
func Positioned(name string, text []byte, err error) error {
	var p toml.ParseError
	if errors.As(err, &p) {
		message := strings.Join(strings.Fields(p.Message), " ")
		if p.Message == "" {
			message = "is not valid TOML"
		}
		if strings.HasPrefix(message, "invalid duration") {
			message += ": want one such as 90m or 2h30m"
		}
		return fmt.Errorf("%s:%d:%d: %s", name, p.Position.Line, max(1, p.Position.Col), message)
	}
	message, _, _ := strings.Cut(err.Error(), "\n")
	return fmt.Errorf("%s: %s", name, strings.TrimPrefix(message, "toml: "))
}

// typeOf is the type of a setting of Config, or nil where there is none.
func typeOf(key toml.Key) reflect.Type {
	t := reflect.TypeFor[Config]()
	for _, part := range key {
		if t.Kind() != reflect.Struct {
			return nil
		}
		names, types := fields(t)
		i := slices.Index(names, part)
		if i < 0 {
			return nil
		}
		t = types[i]
	}
	return t
}

// at is name:line:column of a key in a text, or name where the text does not have the key.
func at(name string, text []byte, key toml.Key) string {
	spot := tomlpos.Locate(string(text)).Find(key...)
	if spot == nil {
		return name
	}
	line, column := tomlpos.Position(string(text), spot.Name)
	return fmt.Sprintf("%s:%d:%d", name, line, column)
}
