package config

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/evolve/methods"
	"github.com/nse-dev/nse/internal/setting"
	"github.com/nse-dev/nse/internal/text"
	"github.com/nse-dev/nse/supernet"
)

// Source is where the settings of a search come from: a preset, a text over it, and flags over the text.
type Source struct {
	Name string // of the text, in messages
	Text []byte // TOML, empty for none
	Override
}

// Override changes settings after the file is read. Fields that are nil or empty change nothing.
type Override struct {
	// Base is the preset where neither the text nor a flag names one. It is empty for "default".
	Base      string
	Preset    string
	Data      string
	Size      *int
	Seed      *uint64
	MaxRounds *int
	Method    string
	// SkipUnreadable leaves out files that cannot be read as images. False does as the file says.
	SkipUnreadable bool
	// Set has settings as --set names them, such as "search.k=4". A later one goes before an earlier one, and the
	// fields above before all.
	Set []string
}

// Validate refuses flags that no configuration can have. Errors name the flag.
func (o Override) Validate() error {
	_, unknown := Default(o.Preset)
	switch {
	case o.MaxRounds != nil && *o.MaxRounds < 0:
		return fmt.Errorf("--max-rounds %d: want 1 or more, or 0 for no limit", *o.MaxRounds)
	case o.Preset != "" && unknown != nil:
		return fmt.Errorf("--%w", unknown)
	case o.Method != "" && !slices.Contains(methods.Names(), o.Method):
		return fmt.Errorf("--method %q: want %s", o.Method, strings.Join(methods.Names(), ", "))
	case o.Seed != nil && *o.Seed > math.MaxInt64:
		return fmt.Errorf("--seed %d: want 0 to %d", *o.Seed, math.MaxInt64)
	case o.Size != nil && (*o.Size < 0 || *o.Size > maxSize):
		return fmt.Errorf("--size %d: want 0 (as they are) to %d", *o.Size, maxSize)
	}
	for _, set := range o.Set {
		if _, err := setLayer(set); err != nil {
			return err
		}
	}
	return nil
}

// Parse reads a configuration. Errors about the text start with name:line:column.
func Parse(name string, text []byte, o Override) (Config, error) {
	return Source{name, text, o}.Settings()
}

// Locate puts before an error about a setting of the configuration, a *setting.Error, where the text sets it. It is the
// name of the text alone where the text does not. Other errors stay as they are.
func Locate(name string, text []byte, err error) error {
	return Source{Name: name, Text: text}.Locate(err)
}

// Recorded reads the complete configuration of a run. Settings that it lacks are younger than the run: they are what
// the program did before it had them, whatever the preset.
func Recorded(name string, text []byte) (Config, error) {
	return Source{Name: name, Text: text}.settings(func(c *Config) { c.Train.Coast = false })
}

// Settings are the preset's, with what the text and the flags change. Errors start with name:line:column, or with the
// flag.
func (s Source) Settings() (Config, error) { return s.settings(func(*Config) {}) }

// settings are Settings over a preset that age has changed.
func (s Source) settings(age func(*Config)) (Config, error) {
	layers, err := s.layers()
	if err != nil {
		return Config{}, err
	}
	c, err := s.begin(layers)
	if err != nil {
		return Config{}, err
	}
	age(&c)
	for _, l := range layers {
		if err := l.decode(&c); err != nil {
			return Config{}, err
		}
	}
	s.override(&c)
	if err := c.Validate(); err != nil {
		return Config{}, s.Locate(err)
	}
	return c, nil
}

// Locate puts before an error about a setting of the configuration, a *setting.Error, where it was given: the flag, or
// name:line:column. It is the name of the text alone where neither gives it. Other errors stay as they are.
func (s Source) Locate(err error) error {
	e, ok := errors.AsType[*setting.Error](err)
	if !ok {
		return err
	}
	if typeOf(strings.Split(e.Key, ".")) == nil {
		return err
	}
	return fmt.Errorf("%s: %w", cmp.Or(s.origin(e.Key), s.Name), err)
}

// Basis says in a line which preset the text is laid over, if neither the text nor a flag names one. Otherwise it is
// empty.
func (s Source) Basis() string {
	if len(s.Text) == 0 || s.origin("preset") != "" {
		return ""
	}
	return fmt.Sprintf("settings: %s over preset %s", text.Printable(s.Name), cmp.Or(s.Base, "default"))
}

// origin is the flag that gives a setting, or name:line:column in the text. It is empty where neither does.
func (s Source) origin(key string) string {
	if flag := s.flag(key); flag != "" {
		return flag
	}
	layers, err := s.layers()
	if err != nil {
		return ""
	}
	for _, l := range slices.Backward(layers) {
		if where, given := l.find(strings.Split(key, ".")); given {
			return where
		}
	}
	return ""
}

// flag is the flag that gives a setting by a name of its own.
func (s Source) flag(key string) string {
	switch {
	case key == "preset" && s.Preset != "":
		return "--preset"
	case key == "data.spec" && s.Data != "":
		return "--data"
	case key == "data.size" && s.Size != nil:
		return "--size"
	case key == "seed" && s.Seed != nil:
		return "--seed"
	case key == "search.max_rounds" && s.MaxRounds != nil:
		return "--max-rounds"
	case key == "data.skip_unreadable" && s.SkipUnreadable:
		return "--skip-unreadable"
	case key == "search.method" && s.Method != "":
		return "--method"
	}
	return ""
}

// override puts what flags give by names of their own over the settings.
func (s Source) override(c *Config) {
	if s.Preset != "" {
		c.Preset = s.Preset
	}
	if s.Data != "" {
		c.Data.Spec = s.Data
	}
	if s.Size != nil {
		c.Data.Size = *s.Size
	}
	if s.Seed != nil {
		c.Seed = *s.Seed
	}
	if s.MaxRounds != nil {
		c.Search.MaxRounds = *s.MaxRounds
	}
	if s.Method != "" {
		c.Search.Method = s.Method
	}
	c.Data.SkipUnreadable = c.Data.SkipUnreadable || s.SkipUnreadable
}

// named is what the settings go on top of: the preset, the built-in macro-architecture and the kind of cost.
type named struct {
	Preset string `toml:"preset"`
	Macro  struct {
		Name string `toml:"name"`
	} `toml:"macro"`
	Search struct {
		Constraint struct {
			Kind evolve.CostKind `toml:"kind"`
		} `toml:"constraint"`
	} `toml:"search"`
}

// begin is the configuration that the layers name.
func (s Source) begin(layers []layer) (Config, error) {
	var n named
	for _, l := range layers {
		if err := l.decode(&n); err != nil {
			return Config{}, err
		}
	}
	c, err := Default(cmp.Or(s.Preset, n.Preset, s.Base, "default"))
	if err != nil {
		return c, fmt.Errorf("%s: %w", cmp.Or(s.origin("preset"), s.Name), err)
	}
	if n.Macro.Name != "" {
		if c.Macro, err = supernet.Built(n.Macro.Name); err != nil {
			return c, fmt.Errorf("%s: %w", cmp.Or(s.origin("macro.name"), s.Name), err)
		}
	}
	kind := n.Search.Constraint.Kind
	if kind != "" && kind != c.Search.Constraint.Kind {
		c.Search.Constraint = evolve.DefaultConstraint(kind)
	}
	if kind == evolve.Latency && c.Preset != "default" && c.Preset != Quick {
		c.Retrain.WeightDecay = 1e-4 // appendix B
	}
	return c, nil
}

// layer is a text of settings that goes over those before it.
type layer struct {
	name string
	text []byte
	flag bool // it is a --set, and has one line
}

// layers are the text and what --set gives, checked, in the order in which they are laid over the preset.
func (s Source) layers() ([]layer, error) {
	list := []layer{{name: s.Name, text: s.Text}}
	if err := check(s.Name, s.Text, Config{}); err != nil {
		return nil, err
	}
	for _, set := range s.Set {
		l, err := setLayer(set)
		if err != nil {
			return nil, err
		}
		list = append(list, l)
	}
	return list, nil
}

// decode reads the layer over v.
func (l layer) decode(v any) error {
	_, err := toml.Decode(string(number(l.text)), v)
	switch {
	case err == nil:
		return nil
	case l.flag:
		return unplaced(l.name, Positioned(l.name, l.text, err))
	}
	return Positioned(l.name, l.text, err)
}

// find says where the layer gives a setting.
func (l layer) find(key toml.Key) (where string, given bool) {
	if where = at(l.name, l.text, key); where == l.name {
		return "", false
	}
	if l.flag {
		where = l.name
	}
	return where, true
}

// setLayer is what a --set gives. A value that is no TOML, of a setting that is text, is the text.
func setLayer(set string) (layer, error) {
	l := layer{"--set " + text.Printable(set), []byte(set), true}
	key, value, found := strings.Cut(set, "=")
	if !found || strings.ContainsAny(set, "\n\r") {
		return l, fmt.Errorf("--set %s: want a setting and its value, such as search.k=4", text.Printable(set))
	}
	key, value = strings.TrimSpace(key), strings.TrimSpace(value)
	var tree map[string]any
	if _, err := toml.Decode(set, &tree); err != nil && isText(key) && strings.Trim(value, `"'`) == value {
		quotes, err := quoted(value)
		if err != nil {
			return l, err
		}
		l.text = []byte(key + " = " + quotes)
	}
	if err := check(l.name, l.text, Config{}); err != nil {
		return l, unplaced(l.name, err)
	}
	return l, nil
}

// isText reports whether a setting is text, or may be.
func isText(key string) bool {
	t := typeOf(strings.Split(key, "."))
	return t != nil && tomlName(t) == "String" || key == autoKey.String()
}

// quoted is a text as a value of TOML.
func quoted(text string) (string, error) {
	encoded, err := toml.Marshal(map[string]string{"v": text})
	return strings.TrimPrefix(string(encoded), "v = "), err
}

// position is what stands behind a name where an error about a text says where.
var position = regexp.MustCompile(`^:\d+:\d+: `)

// unplaced leaves the position out of an error about a text of one line.
func unplaced(name string, err error) error {
	rest := strings.TrimPrefix(err.Error(), name)
	return errors.New(name + position.ReplaceAllString(rest, ": "))
}
