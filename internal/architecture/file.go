package architecture

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/nse-dev/nse/internal/jsontext"
	"github.com/nse-dev/nse/internal/runs"
	"github.com/nse-dev/nse/internal/setting"
	"github.com/nse-dev/nse/internal/text"
	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/supernet"
)

// File is a file of architectures that gives the operations of each layer by name (docs/files.md). A front.json is one.
// Errors about it start with file:line:column.
type File struct {
	path string
	text []byte
	spot *jsontext.Spot
	head header
	list []entry
}

// header is what a file says of all its architectures. What a front.json says of its run is read for the round alone.
type header struct {
	Note  string         `json:"note"` // for the reader
	Run   string         `json:"run"`  // folder of the run that macro and operations are of
	Macro supernet.Macro `json:"macro"`
	Input supernet.Input `json:"input"`
	Pool  string         `json:"pool"`  // pool file; paths of the file start at its folder
	Space string         `json:"space"` // shipped pools, in place of a file
	runs.Front
	Architectures []entry `json:"architectures"`
}

// entry is one architecture. Of what a front.json says of it, the operations alone are read.
type entry struct {
	Name string `json:"name"`
	runs.Architecture
}

// ReadFile reads a file of architectures. One that gives operations by number, as published ones do, is an error. So is
// one without architectures.
func ReadFile(path string) (*File, error) {
	text, form, err := readList(path)
	if err != nil {
		return nil, err
	}
	if form == numbered {
		return nil, fmt.Errorf("%s gives operations by number: want their names", path)
	}
	f, err := parseFile(path, text)
	if err == nil && len(f.list) == 0 {
		err = f.errorf(f.spot.Find("architectures"), "there are no architectures")
	}
	return f, err
}

func parseFile(path string, text []byte) (*File, error) {
	f := &File{path: path, text: text}
	if err := json.Unmarshal(text, &f.head); err != nil {
		return nil, f.located(err)
	}
	f.spot = jsontext.Spots(text)
	if name := f.head.Macro.Name; name != "" {
		built, err := supernet.Built(name)
		if err != nil {
			return nil, f.errorf(f.spot.Find("macro", "name"), "%w", err)
		}
		f.head = header{Macro: built}
		if err := json.Unmarshal(text, &f.head); err != nil { // what the file says goes before the built-in one
			return nil, f.located(err)
		}
	}
	f.list = f.head.Architectures
	return f, f.check()
}

// located is an error of the decoder with its place. The activation alone has an error of its own.
func (f *File) located(err error) error {
	if _, syntax := errors.AsType[*json.SyntaxError](err); !syntax {
		at := jsontext.Spots(f.text).Find("macro", "activation")
		if _, other := errors.AsType[*json.UnmarshalTypeError](err); !other && at != nil {
			return f.errorf(at, "%w", err)
		}
	}
	return jsontext.Locate(f.path, f.text, err)
}

// errorf is an error about a value of the file.
func (f *File) errorf(at *jsontext.Spot, format string, args ...any) error {
	return fmt.Errorf("%s: "+format, append([]any{jsontext.Position(f.path, f.text, at.At)}, args...)...)
}

// check refuses unknown keys, contradictions, and names that cannot be picked. It names what has no name.
func (f *File) check() error {
	if err := f.checkKeys(f.spot, reflect.TypeFor[header]()); err != nil {
		return err
	}
	if f.own() && f.head.Run != "" {
		return f.errorf(f.spot.Find("run"), `"run" has a macro-architecture and operations: leave "macro", "input", `+
			`"pool" and "space" out, or "run"`)
	}
	if f.head.Pool != "" && f.head.Space != "" {
		return f.errorf(f.spot.Find("space"), `want "pool" or "space", not both`)
	}
	seen := map[string]bool{}
	base := strings.TrimSuffix(filepath.Base(f.path), ".json")
	for i := range f.list {
		a, at := &f.list[i], f.spot.Find("architectures").Items[i]
		if err := f.checkKeys(at, reflect.TypeFor[entry]()); err != nil {
			return err
		}
		if at.Find("ops") == nil {
			return f.errorf(at, `architecture %d has no "ops"`, i+1)
		}
		if a.Name == "" {
			a.Name = fmt.Sprintf("%s-%d", base, i+1)
		}
		name := cmp.Or(at.Find("name"), at)
		switch {
		case a.Name == "all" || strings.TrimSpace(a.Name) != a.Name || text.Printable(a.Name) != a.Name:
			return f.errorf(name, "%q cannot be the name of an architecture", a.Name)
		case seen[a.Name]:
			return f.errorf(name, "two architectures have the name %s", a.Name)
		}
		seen[a.Name] = true
	}
	return nil
}

// own reports whether the file says of itself what its architectures are built of.
func (f *File) own() bool {
	return slices.ContainsFunc(f.spot.Fields, func(x jsontext.Field) bool {
		return slices.Contains([]string{"macro", "input", "pool", "space"}, x.Name)
	})
}

// checkKeys refuses keys that a type does not have, in it and in the objects that are its fields.
func (f *File) checkKeys(s *jsontext.Spot, t reflect.Type) error {
	known := keysOf(t)
	for _, x := range s.Fields {
		inner, ok := known[x.Name]
		if !ok {
			var names []string
			for name := range known {
				names = append(names, name)
			}
			slices.Sort(names)
			return f.errorf(&jsontext.Spot{At: x.At}, "there is no key %q: %s", x.Name,
				suggestion(x.Name, "there are", names))
		}
		if inner.Kind() == reflect.Struct {
			if err := f.checkKeys(x.Value, inner); err != nil {
				return err
			}
		}
	}
	return nil
}

// keysOf lists the types of a struct's fields by their keys in JSON.
func keysOf(t reflect.Type) map[string]reflect.Type {
	keys := map[string]reflect.Type{}
	for _, x := range reflect.VisibleFields(t) {
		key, _, _ := strings.Cut(x.Tag.Get("json"), ",")
		if !x.Anonymous && key != "-" {
			keys[cmp.Or(key, strings.ToLower(x.Name))] = x.Type
		}
	}
	return keys
}

// suggestion names what may have been meant, or all that there is.
func suggestion(word, all string, names []string) string {
	near := text.Near(word, names)
	if len(near) == 0 {
		return all + " " + strings.Join(names, ", ")
	}
	last := min(len(near), 4) - 1
	if last == 0 {
		return "did you mean " + near[0] + "?"
	}
	return "did you mean " + strings.Join(near[:last], ", ") + " or " + near[last] + "?"
}

// places finds the operations of an architecture among those of a pool, by layer, ascending. Unknown operations, ones
// that a layer has twice, and layers that must have some are errors. A layer may have more than K.
func (f *File) places(i int, layers []sdk.Layer, pool []string) ([][]int, error) {
	a, at := f.list[i], f.spot.Find("architectures").Items[i].Find("ops")
	if len(a.Ops) != len(layers) {
		return nil, f.errorf(at, "%s has operations for %d layers, its network has %d", a.Name, len(a.Ops), len(layers))
	}
	out := make([][]int, len(layers))
	for l, names := range a.Ops {
		if len(names) == 0 && !layers[l].Normal() {
			return nil, f.errorf(at.Items[l], "%s: layer %d changes channels or size: it needs an operation", a.Name, l)
		}
		for n, name := range names {
			place := slices.Index(pool, name)
			if place < 0 {
				return nil, f.errorf(at.Items[l].Items[n], "%s: layer %d: there is no operation %q: %s", a.Name, l,
					name, suggestion(name, "there are", pool))
			}
			if slices.Contains(out[l], place) {
				return nil, f.errorf(at.Items[l].Items[n], "%s: layer %d has %s twice", a.Name, l, name)
			}
			out[l] = append(out[l], place)
		}
		slices.Sort(out[l])
	}
	return out, nil
}

// macro is the macro-architecture that the file gives, for a kind of image. A setting that makes no sense is an error.
func (f *File) macro(in supernet.Input) (supernet.Skeleton, error) {
	at := f.spot.Find("macro")
	s, err := f.head.Macro.Skeleton(in)
	if wrong, ok := errors.AsType[*setting.Error](err); ok {
		if key := at.Find(wrong.Key); key != nil {
			at = key
		}
	}
	if err != nil {
		return s, f.errorf(at, "%w", err)
	}
	return s, nil
}
