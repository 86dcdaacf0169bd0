package study

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"

	"github.com/nse-dev/nse/internal/architecture"
	"github.com/nse-dev/nse/internal/file"
	"github.com/nse-dev/nse/internal/tomlpos"
	"github.com/nse-dev/nse/supernet/config"
)

// own are the settings that follow from what a study says elsewhere: the base and the methods must not have them.
var own = map[string]string{"seed": "seeds", "data.spec": "data", "search.method": "name of a method",
	"budget.macs": "budgets"}

// readBase reads the configuration that all methods begin with.
func (f *File) readBase(tree map[string]any) error {
	v, there := tree["base"]
	spot := f.spot.Find("base")
	switch v := v.(type) {
	case map[string]any:
		f.base = v
		return f.settings(spot, v)
	case string:
		f.basePath = f.beside(v)
		text, err := file.ReadText(f.basePath)
		if err != nil {
			return f.errorf(spot, "base: %w", err)
		}
		if _, err := config.Parse(f.basePath, text, config.Override{}); err != nil {
			return err
		}
		f.baseText = text
		_, err = toml.Decode(string(text), &f.base)
		delete(f.base, "seed")
		return err
	}
	if there {
		return f.errorf(spot, `"base" is the path of a configuration file, or a table of its settings, not %v`, v)
	}
	f.base = map[string]any{}
	return nil
}

// defaultData is the data set of the base where the study names none, or generated images.
func (f *File) defaultData(map[string]any) error {
	if len(f.Data) == 0 {
		spec, ok := at(f.base, []string{"data", "spec"}).(string)
		if !ok {
			spec = "generated"
		}
		f.Data = []Data{{dataName(spec), spec}}
	}
	return nil
}

// settings refuses what is no table of settings, and settings that the study says elsewhere.
func (f *File) settings(spot *tomlpos.Spot, table map[string]any) error {
	list := config.Mistakes(table)
	for _, key := range slices.Sorted(maps.Keys(own)) {
		path := strings.Split(key, ".")
		if at(table, path) != nil {
			list = append(list, config.Mistake{Key: path,
				Problem: fmt.Sprintf("%s is not for the settings of a study: its %s says it", key, own[key])})
		}
	}
	return f.first(spot, list)
}

// at is the value of a key of nested tables, or nil.
func at(table map[string]any, key []string) any {
	for _, name := range key[:len(key)-1] {
		table, _ = table[name].(map[string]any)
	}
	return table[key[len(key)-1]]
}

func (f *File) readMethods(tree map[string]any) error {
	list, ok := tree["method"].([]map[string]any)
	if !ok {
		return f.errorf(f.spot.Find("method"), "no methods: want a table [[method]] for each, with a name")
	}
	folders := map[string]bool{}
	for i, table := range list {
		spot := f.place("method", i)
		if err := f.unknown(spot, "[[method]] ", table, []string{"name", "label", "second", "settings"}); err != nil {
			return err
		}
		var m Method
		if err := f.readText(spot, table, "name", &m.Name); err != nil {
			return err
		}
		m.Label = m.Name
		if err := f.readText(spot, table, "label", &m.Label); err != nil {
			return err
		}
		name := strings.ToLower(m.folder())
		switch {
		case m.Name == "":
			return f.errorf(spot, `[[method]] has no name: want one such as name = "nse"`)
		case !isLabel(m.Label):
			return f.errorf(spot.Find("label"), "label %q: want letters, digits, blanks and . _ + = -", m.Label)
		case folders[name]:
			return f.errorf(firstOf(spot.Find("label"), spot), "two methods are labelled %s: give them other labels",
				m.Label)
		}
		folders[name] = true
		if v, there := table["settings"]; there {
			if m.settings, ok = v.(map[string]any); !ok {
				return f.errorf(spot.Find("settings"), `"settings" is a table, not %v`, v)
			}
			if err := f.settings(spot.Find("settings"), m.settings); err != nil {
				return err
			}
		}
		if err := f.readSecond(spot, table, &m); err != nil {
			return err
		}
		f.Methods = append(f.Methods, m)
	}
	return nil
}

// readSecond reads the pool that the search of a method goes on with.
func (f *File) readSecond(spot *tomlpos.Spot, table map[string]any, m *Method) (err error) {
	if err := f.readText(spot, table, "second", &m.Second); err != nil || m.Second == "" {
		return err
	}
	m.Second = f.beside(m.Second)
	if m.second, err = file.ReadText(m.Second); err != nil {
		return f.errorf(spot.Find("second"), "second: %w", err)
	}
	return nil
}

// firstOf is the first place that is known.
func firstOf(spots ...*tomlpos.Spot) *tomlpos.Spot {
	for _, s := range spots {
		if s != nil {
			return s
		}
	}
	return nil
}

// readRetrain reads the recipe of the last training, and the settings beside it.
func (f *File) readRetrain(tree map[string]any) error {
	v, there := tree["retrain"]
	if !there {
		return nil
	}
	spot := f.spot.Find("retrain")
	table, ok := v.(map[string]any)
	if !ok {
		return f.errorf(spot, `"retrain" is a table, not %v`, v)
	}
	f.retrain = maps.Clone(table)
	var budget string
	if err := f.readText(spot, table, "budget", &budget); err != nil {
		return err
	}
	var err error
	if f.Recipe.MACs, err = architecture.ParseMACs(budget); err != nil {
		return f.errorf(spot.Find("budget"), "retrain.budget %w", err)
	}
	if v, there := table["tolerance"]; there {
		if f.Recipe.Tolerance, ok = v.(float64); !ok || !(f.Recipe.Tolerance > 0 && f.Recipe.Tolerance < 1) {
			return f.errorf(spot.Find("tolerance"), "retrain.tolerance = %v: want more than 0 and less than 1", v)
		}
	}
	delete(f.retrain, "budget")
	delete(f.retrain, "tolerance")
	list := config.Mistakes(map[string]any{"retrain": f.retrain})
	for i := range list {
		list[i].Key = list[i].Key[1:]
	}
	return f.first(spot, list)
}

// check reads the settings of every method on every data set, so that a mistake is found before anything runs.
func (f *File) check() error {
	for _, i := range f.Items() {
		c, err := f.Settings(i)
		if err != nil {
			return err
		}
		if err := c.Settled(); err != nil {
			return f.Locate(i, err)
		}
		if i.Method.Second != "" && !c.Search.Continues() {
			return f.errorf(f.method(i).Find("second"), "%s cannot go on with a second pool: want nse or guided",
				i.Method.Name)
		}
	}
	return nil
}

// Settings is the configuration of an item: the base, then the method's settings, then [retrain], then what tells the
// item from others. All methods see the same split of the data and the same order of operations at one seed.
func (f *File) Settings(i Item) (config.Config, error) {
	text, err := f.merged(i)
	if err != nil {
		return config.Config{}, err
	}
	c, err := config.Parse("", text, config.Override{})
	if err != nil {
		return c, f.relocate(i, text, err)
	}
	return c, nil
}

// merged is the text of an item's configuration.
func (f *File) merged(i Item) ([]byte, error) {
	tree := map[string]any{}
	merge(tree, f.base)
	merge(tree, i.Method.settings)
	merge(tree, map[string]any{"seed": int64(i.Seed), "data": map[string]any{"spec": i.Data.Spec},
		"retrain": f.retrain, "search": map[string]any{"method": i.Method.Name}})
	if i.Budget > 0 {
		merge(tree, map[string]any{"budget": map[string]any{"macs": i.Budget}})
	}
	var b bytes.Buffer
	e := toml.NewEncoder(&b)
	e.Indent = ""
	err := e.Encode(tree)
	return b.Bytes(), err
}

// merge puts the values of a table over those of another, table by table.
func merge(to, from map[string]any) {
	for key, v := range from {
		table, ok := v.(map[string]any)
		if !ok {
			to[key] = v
			continue
		}
		inner, ok := to[key].(map[string]any)
		if !ok {
			inner = map[string]any{}
			to[key] = inner
		}
		merge(inner, table)
	}
}

// Sum is the checksum of what an item's outcome follows from: its settings as they were written, the study's, and what
// is searched. Places of data sets and tables are left out.
func (f *File) Sum(i Item, space []byte) (string, error) {
	i.Data.Spec = i.Data.Name
	engine, _, _ := strings.Cut(f.Engine, ":")
	text, err := f.merged(i)
	rest := fmt.Sprintf("\n%s\n%d %d %g\n", engine, f.Finalists, f.Recipe.MACs, f.Recipe.Tolerance)
	if f.From != LastFront {
		rest += fmt.Sprintf("%s\n", f.From)
	}
	if i.Method.Second != "" {
		rest += fmt.Sprintf("second %s\n", file.Sum(i.Method.second))
	}
	return file.Sum(append(append(text, rest...), space...)), err
}

// Locate puts before an error about a setting of an item where the study or its base sets it. Other errors start with
// the study's path.
func (f *File) Locate(i Item, err error) error {
	text, mergeErr := f.merged(i)
	if mergeErr != nil {
		return mergeErr
	}
	return f.relocate(i, text, config.Locate("", text, err))
}
