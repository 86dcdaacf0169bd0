package study

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/BurntSushi/toml"

	"github.com/nse-dev/nse/internal/architecture"
	"github.com/nse-dev/nse/internal/file"
	"github.com/nse-dev/nse/internal/tomlpos"
	"github.com/nse-dev/nse/supernet/config"
)

// Most of what a study may have. They keep a typing error from a study of years.
const (
	mostSeeds     = 1000
	mostFinalists = 1000
)

// keys are those of a study file, in the order in which messages list them.
var keys = []string{"name", "pool", "engine", "data", "seeds", "budgets", "finalists", "from", "reference", "base",
	"method", "retrain"}

// label is what a method or a study may be called, in up to 64 characters: the name of a folder follows from it.
var label = regexp.MustCompile(`^[\pL\pN][\pL\pN ._+=-]*$`)

func isLabel(name string) bool { return utf8.RuneCountInString(name) <= 64 && label.MatchString(name) }

// ReadFile reads the study file at path. Specifications of data sets in place take the place of those of the same kind
// in the file: folders differ between machines. Errors about the text start with path:line:column.
func ReadFile(path string, place []string) (*File, error) {
	text, err := file.ReadText(path)
	if err != nil {
		return nil, err
	}
	f := &File{path: path, text: string(text), spot: tomlpos.Locate(string(text)), Engine: "supernet", Finalists: 1,
		From: LastFront, Budgets: []float64{0}, Recipe: Recipe{Tolerance: 0.03}}
	var tree map[string]any
	if _, err := toml.Decode(f.text, &tree); err != nil {
		return nil, config.Positioned(path, text, err)
	}
	for _, part := range []func(map[string]any) error{f.known, f.readTexts, f.readData, f.readSeeds, f.readBudgets,
		f.readFinalists, f.readBase, f.defaultData, f.readMethods, f.readFrom, f.readRetrain, f.readReference} {
		if err := part(tree); err != nil {
			return nil, err
		}
	}
	if err := f.replace(place); err != nil {
		return nil, err
	}
	return f, f.check()
}

// errorf is an error about a place in the file, or about the file.
func (f *File) errorf(s *tomlpos.Spot, format string, args ...any) error {
	where := f.path
	if s != nil {
		line, column := tomlpos.Position(f.text, s.Name)
		where = fmt.Sprintf("%s:%d:%d", f.path, line, column)
	}
	return fmt.Errorf("%s: %w", where, fmt.Errorf(format, args...))
}

// Errorf is an error about a key of the file: it starts with where the key stands.
func (f *File) Errorf(key, format string, args ...any) error {
	return f.errorf(f.spot.Find(key), format, args...)
}

// first is the error about the mistake that stands first in a table of the file.
func (f *File) first(table *tomlpos.Spot, list []config.Mistake) error {
	if len(list) == 0 {
		return nil
	}
	at := func(m config.Mistake) int {
		if s := table.Find(m.Key...); s != nil {
			return s.Name
		}
		return math.MaxInt
	}
	m := slices.MinFunc(list, func(a, b config.Mistake) int { return cmp.Compare(at(a), at(b)) })
	return f.errorf(table.Find(m.Key...), "%s", m.Problem)
}

// known refuses keys that a study does not have.
func (f *File) known(tree map[string]any) error { return f.unknown(f.spot, "", tree, keys) }

// unknown refuses keys of a table that are none of names.
func (f *File) unknown(table *tomlpos.Spot, title string, tree map[string]any, names []string) error {
	var list []config.Mistake
	for key := range maps.Keys(tree) {
		if !slices.Contains(names, key) {
			list = append(list, config.Mistake{Key: []string{key},
				Problem: fmt.Sprintf("%shas no key %q: %s", title, key, config.Suggest(key, names))})
		}
	}
	if title == "" {
		for i := range list {
			list[i].Problem = "a study " + list[i].Problem
		}
	}
	return f.first(table, list)
}

// readText reads a text of a table, where it is there.
func (f *File) readText(table *tomlpos.Spot, tree map[string]any, key string, to *string) error {
	v, there := tree[key]
	text, ok := v.(string)
	if there && !ok {
		return f.errorf(table.Find(key), "%q is text, not %v", key, v)
	}
	if there {
		*to = text
	}
	return nil
}

func (f *File) readTexts(tree map[string]any) error {
	err := cmp.Or(f.readText(f.spot, tree, "name", &f.Name), f.readText(f.spot, tree, "pool", &f.Pool),
		f.readText(f.spot, tree, "engine", &f.Engine))
	switch {
	case err != nil:
		return err
	case f.Name == "":
		f.Name = strings.TrimSuffix(filepath.Base(f.path), filepath.Ext(f.path))
	}
	if !isLabel(f.Name) {
		return f.errorf(f.spot.Find("name"), "name %q: want letters, digits, blanks and . _ + = -", f.Name)
	}
	f.Pool = f.beside(f.Pool)
	return nil
}

// beside is a path of the file, which starts at the file's folder. An empty one stays empty.
func (f *File) beside(path string) string {
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(filepath.Dir(f.path), path)
}

// list is a value as a list: one that is none stands alone in it.
func list(v any) []any {
	if l, ok := v.([]any); ok {
		return l
	}
	return []any{v}
}

// place is where the i-th value of a key stands.
func (f *File) place(key string, i int) *tomlpos.Spot {
	s := f.spot.Find(key)
	if s != nil && i < len(s.Items) {
		return s.Items[i]
	}
	return s
}

func (f *File) readData(tree map[string]any) error {
	v, there := tree["data"]
	if !there {
		return nil
	}
	for i, v := range list(v) {
		spec, ok := v.(string)
		if !ok || spec == "" {
			return f.errorf(f.place("data", i), `"data" is a data set such as "cifar10:DIR", or a list of them, not %v`,
				v)
		}
		d := Data{dataName(spec), spec}
		if slices.ContainsFunc(f.Data, func(o Data) bool { return o.Name == d.Name }) {
			return f.errorf(f.place("data", i), "two data sets have the name %s", d.Name)
		}
		f.Data = append(f.Data, d)
	}
	return nil
}

func (f *File) readSeeds(tree map[string]any) error {
	v, there := tree["seeds"]
	if n, ok := v.(int64); ok || !there {
		if n < 1 || n > mostSeeds {
			return f.errorf(f.spot.Find("seeds"), `"seeds" is a count of 1 to %d, or a list of seeds`, mostSeeds)
		}
		for seed := range n {
			f.Seeds = append(f.Seeds, uint64(seed)+1)
		}
		return nil
	}
	for i, v := range list(v) {
		n, ok := v.(int64)
		switch {
		case !ok || n < 0:
			return f.errorf(f.place("seeds", i), "seed %v: want a whole number, 0 or more", v)
		case slices.Contains(f.Seeds, uint64(n)):
			return f.errorf(f.place("seeds", i), "seed %d is there twice", n)
		}
		f.Seeds = append(f.Seeds, uint64(n))
	}
	if len(f.Seeds) == 0 || len(f.Seeds) > mostSeeds {
		return f.errorf(f.spot.Find("seeds"), "%d seeds: want 1 to %d", len(f.Seeds), mostSeeds)
	}
	return nil
}

func (f *File) readBudgets(tree map[string]any) error {
	v, there := tree["budgets"]
	if !there {
		return nil
	}
	f.Budgets = nil
	for i, v := range list(v) {
		text, _ := v.(string)
		macs, err := architecture.ParseMACs(text)
		switch {
		case err != nil || macs == 0:
			return f.errorf(f.place("budgets", i), `budget %v: want MACs of a search, such as "14T"`, v)
		case slices.Contains(f.Budgets, float64(macs)):
			return f.errorf(f.place("budgets", i), "budget %s is there twice", text)
		}
		f.Budgets = append(f.Budgets, float64(macs))
	}
	if len(f.Budgets) == 0 {
		return f.errorf(f.spot.Find("budgets"), `no budgets: want one such as "14T", or no such key`)
	}
	return nil
}

func (f *File) readFinalists(tree map[string]any) error {
	v, there := tree["finalists"]
	n, ok := v.(int64)
	if there && (!ok || n < 1 || n > mostFinalists) {
		return f.errorf(f.spot.Find("finalists"), "finalists %v: want 1 to %d", v, mostFinalists)
	}
	if there {
		f.Finalists = int(n)
	}
	return nil
}

// readFrom comes after the methods.
func (f *File) readFrom(tree map[string]any) error {
	from := string(f.From)
	if err := f.readText(f.spot, tree, "from", &from); err != nil {
		return err
	}
	all := []From{LastFront, EveryFront, EverySpace}
	if f.From = From(from); !slices.Contains(all, f.From) {
		return f.Errorf("from", "from %q: want %s, %s or %s", from, all[0], all[1], all[2])
	}
	for n, m := range f.Methods {
		if f.From == EverySpace && m.Name != "nse" {
			return f.errorf(f.place("method", n), "%s has no spaces that it simplifies, as from = %q needs: want nse",
				m.Name, from)
		}
	}
	return nil
}

// readReference comes after the methods.
func (f *File) readReference(tree map[string]any) error {
	if err := f.readText(f.spot, tree, "reference", &f.Reference); err != nil {
		return err
	}
	f.Reference = cmp.Or(f.Reference, f.Methods[0].Label)
	var labels []string
	for _, m := range f.Methods {
		labels = append(labels, m.Label)
	}
	if !slices.Contains(labels, f.Reference) {
		return f.Errorf("reference", "reference %q: want one of %s", f.Reference, strings.Join(labels, ", "))
	}
	return nil
}

// replace puts other folders of data sets in place of those of the file.
func (f *File) replace(specs []string) error {
	for _, spec := range specs {
		i := slices.IndexFunc(f.Data, func(d Data) bool { return d.Name == dataName(spec) })
		if i < 0 {
			var names []string
			for _, d := range f.Data {
				names = append(names, d.Name)
			}
			return fmt.Errorf("--data %s: the study has no data set %s, it has %s", spec, dataName(spec),
				strings.Join(names, ", "))
		}
		f.Data[i].Spec = spec
	}
	return nil
}
