package registry

import (
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"

	"github.com/nse-dev/nse/internal/tomlpos"
)

// poolFile is the text of an ops.toml with its name, for messages.
type poolFile struct{ name, text string }

// errorf is an error at a byte of the file.
func (f poolFile) errorf(at int, format string, args ...any) error {
	return fmt.Errorf("%s: %w", f.where(at), fmt.Errorf(format, args...))
}

func (f poolFile) where(at int) string {
	line, column := tomlpos.Position(f.text, at)
	return fmt.Sprintf("%s:%d:%d", f.name, line, column)
}

// entry is one [[plugin]] table. Exactly one of builtin and path is set.
type entry struct {
	at            int // of its header
	source        int // of the value of builtin or path
	builtin, path string
	sha256        string // of the binary at path, in hexadecimal digits; empty if it is not given
	ops           []listing

	lock string // name of the lock that pins it; empty: none does
	pin  Pin
}

// name is what messages call the plugin.
func (e entry) name() string { return e.builtin + e.path }

// listing is one [[plugin.op]] table: a family, and for some of its attributes one value or a list of them.
type listing struct {
	at, source int // of its header, of the value of name
	family     string
	attrs      []setting // in the order of the file
}

// setting is one key of a listing.
type setting struct {
	name  string
	value any // int64, float64, bool, string or []any of them
	spot  *tomlpos.Spot
}

// Bounds of an ops.toml, in bytes and in brackets.
const (
	maxText  = 1 << 18
	maxLine  = 1 << 12
	maxDepth = 1 << 8
)

// parse reads an ops.toml without starting a plugin: every key is known and every value has a type that it can have.
func parse(name string, text []byte) (entries []entry, watch []string, err error) {
	f := poolFile{name, string(text)}
	if err := f.bounded(); err != nil {
		return nil, nil, err
	}
	var doc map[string]any
	if _, err := toml.Decode(f.text, &doc); err != nil {
		return nil, nil, f.syntax(err)
	}
	root := tomlpos.Locate(f.text)
	if err := f.known("ops.toml", doc, root, "plugin", "watch"); err != nil {
		return nil, nil, err
	}
	if watch, err = f.watched(doc["watch"], root.Fields["watch"]); err != nil {
		return nil, nil, err
	}
	if doc["plugin"] == nil {
		return nil, nil, f.errorf(0, `no [[plugin]]: add one with builtin = "NAME" or path = "FILE"`)
	}
	plugins, err := f.tables("plugin", doc, root)
	if err != nil {
		return nil, nil, err
	}
	for i, table := range plugins {
		e, err := f.entry(table, root.Fields["plugin"].Items[i])
		if err != nil {
			return nil, nil, err
		}
		entries = append(entries, e)
	}
	return entries, watch, nil
}

// watched is the list of folders in which plugins may come up.
func (f poolFile) watched(v any, s *tomlpos.Spot) (dirs []string, err error) {
	if v == nil {
		return nil, nil
	}
	list, ok := v.([]any)
	if !ok {
		return nil, f.errorf(s.At, `watch is not a list of folders, such as ["incoming"]`)
	}
	for i, item := range list {
		dir, ok := item.(string)
		if !ok || dir == "" {
			return nil, f.errorf(s.Items[i].At, "watch: %v is not the name of a folder", item)
		}
		dirs = append(dirs, dir)
	}
	return dirs, nil
}

// bounded refuses texts that the decoder would need very long for: its time grows with the square of the depth of
// tables and of the parts of a key.
func (f poolFile) bounded() error {
	if len(f.text) > maxText {
		return f.errorf(0, "the file is longer than %d bytes", maxText)
	}
	depth, start := 0, 0
	for i, c := range []byte(f.text) {
		switch c {
		case '[', '{':
			depth++
		case ']', '}':
			depth = max(0, depth-1)
		case '\n':
			start = i + 1
		}
		if depth > maxDepth {
			return f.errorf(i, "more than %d brackets are open", maxDepth)
		}
		if i-start > maxLine {
			return f.errorf(start, "the line is longer than %d bytes", maxLine)
		}
	}
	return nil
}

// syntax gives an error of the toml package the form of all others.
func (f poolFile) syntax(err error) error {
	var p toml.ParseError
	if errors.As(err, &p) {
		message, _, _ := strings.Cut(p.Message, "\n")
		return f.errorf(p.Position.Start, "%s", message)
	}
	return f.errorf(0, "%w", err)
}

func (f poolFile) entry(table map[string]any, s *tomlpos.Spot) (e entry, err error) {
	e.at = s.At
	if err = f.known("[[plugin]]", table, s, "builtin", "path", "sha256", "op"); err != nil {
		return e, err
	}
	if e.builtin, err = f.textOf("builtin", table, s); err != nil {
		return e, err
	}
	if e.path, err = f.textOf("path", table, s); err != nil {
		return e, err
	}
	switch {
	case e.builtin == "" && e.path == "":
		return e, f.errorf(s.At, `[[plugin]] needs builtin = "NAME" or path = "FILE"`)
	case e.builtin != "" && e.path != "":
		return e, f.errorf(s.Fields["path"].Key, "[[plugin]] has both builtin and path: keep one")
	case e.builtin != "":
		e.source = s.Fields["builtin"].At
	default:
		e.source = s.Fields["path"].At
	}
	if e.sha256, err = f.checksum(e, table, s); err != nil {
		return e, err
	}
	e.ops, err = f.listings(e, table, s)
	return e, err
}

func (f poolFile) checksum(e entry, table map[string]any, s *tomlpos.Spot) (string, error) {
	text, err := f.textOf("sha256", table, s)
	if text == "" || err != nil {
		return "", err
	}
	if e.builtin != "" {
		return "", f.errorf(s.Fields["sha256"].Key, "a built-in plugin needs no sha256")
	}
	if sum, err := hex.DecodeString(text); err != nil || len(sum) != 32 {
		return "", f.errorf(s.Fields["sha256"].At, "sha256 is not 64 hexadecimal digits")
	}
	return strings.ToLower(text), nil
}

func (f poolFile) listings(e entry, table map[string]any, s *tomlpos.Spot) ([]listing, error) {
	if table["op"] == nil {
		return nil, f.errorf(s.At, "plugin %q has no [[plugin.op]]: name at least one operation", e.name())
	}
	tables, err := f.tables("op", table, s)
	if err != nil {
		return nil, err
	}
	var list []listing
	for i, op := range tables {
		l, err := f.listing(op, s.Fields["op"].Items[i])
		if err != nil {
			return nil, err
		}
		list = append(list, l)
	}
	return list, nil
}

func (f poolFile) listing(table map[string]any, s *tomlpos.Spot) (listing, error) {
	l := listing{at: s.At}
	var err error
	if l.family, err = f.textOf("name", table, s); err != nil {
		return l, err
	}
	if l.family == "" {
		return l, f.errorf(s.At, `[[plugin.op]] needs name = "FAMILY"`)
	}
	l.source = s.Fields["name"].At
	for name, v := range table {
		if name == "name" {
			continue
		}
		if err := f.plain(name, v, s.Fields[name]); err != nil {
			return l, err
		}
		l.attrs = append(l.attrs, setting{name, v, s.Fields[name]})
	}
	slices.SortFunc(l.attrs, func(a, b setting) int { return a.spot.Key - b.spot.Key })
	return l, nil
}

// plain refuses dates and tables as values of attributes.
func (f poolFile) plain(name string, v any, s *tomlpos.Spot) error {
	switch v := v.(type) {
	case int64, float64, bool, string:
		return nil
	case []any:
		for i, item := range v {
			if err := f.plain(name, item, s.Items[i]); err != nil {
				return err
			}
		}
		return nil
	}
	return f.errorf(s.At, "%s is neither a number, a switch, a text nor a list of them", name)
}

// known refuses keys of a table that it cannot have; the first in the file is reported.
func (f poolFile) known(what string, table map[string]any, s *tomlpos.Spot, keys ...string) error {
	unknown := slices.DeleteFunc(slices.Collect(maps.Keys(table)), func(k string) bool { return slices.Contains(keys, k) })
	if len(unknown) == 0 {
		return nil
	}
	first := slices.MinFunc(unknown, func(a, b string) int { return s.Fields[a].Key - s.Fields[b].Key })
	return f.errorf(s.Fields[first].Key, "unknown key %q: %s has %s", first, what, strings.Join(keys, ", "))
}

// textOf is the text of a key, empty if there is none.
func (f poolFile) textOf(key string, table map[string]any, s *tomlpos.Spot) (string, error) {
	v, given := table[key]
	if !given {
		return "", nil
	}
	text, ok := v.(string)
	if !ok || text == "" {
		return "", f.errorf(s.Fields[key].At, "%s is not a text in quotes, or is empty", key)
	}
	return text, nil
}

// tables is the list of tables of a key.
func (f poolFile) tables(key string, table map[string]any, s *tomlpos.Spot) ([]map[string]any, error) {
	list, ok := table[key].([]map[string]any)
	if !ok || len(list) == 0 {
		return nil, f.errorf(s.Fields[key].Key, "%s is not a list of tables: write its header in double brackets", key)
	}
	return list, nil
}
