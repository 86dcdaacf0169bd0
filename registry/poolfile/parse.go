package poolfile

import (
	"encoding/hex"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"

	"github.com/nse-dev/nse/internal/tomlpos"
)

// Entry is one [[plugin]] table. Exactly one of Builtin and Path is set. SHA256 is empty for a built-in plugin, and
// after Pinned it is the lock's where the file gives none.
type Entry struct {
	Source        int // byte offset of the value of builtin or path
	Builtin, Path string
	SHA256        string // of the binary at Path, in hexadecimal digits; empty if it is not given

	Lock string // name of the lock that pins it; empty if none does
	Pin  Pin

	ops []listing
}

// Name is what messages call the plugin: the builtin, or the path as the file has it.
func (e Entry) Name() string { return e.Builtin + e.Path }

// Families are the families that the file lists of the plugin, in its order.
func (e Entry) Families() (names []string) {
	for _, l := range e.ops {
		names = append(names, l.family)
	}
	return names
}

// Same reports whether two entries mean the same plugin, so that one process serves both.
func (e Entry) Same(other Entry) bool {
	return e.Builtin == other.Builtin && e.Path == other.Path && e.SHA256 == other.SHA256
}

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

// Parse reads a pool file without starting a plugin. Every key is known, and every value has a type that it can have.
// It returns the plugins in the order of the file, and the folders in which more may come up. Whether a plugin has an
// operation shows only in Expand. A file without a plugin is an error.
func (f File) Parse() (entries []Entry, watch []string, err error) {
	if err := f.bounded(); err != nil {
		return nil, nil, err
	}
	var doc map[string]any
	if _, err := toml.Decode(f.Text, &doc); err != nil {
		return nil, nil, f.syntax(err)
	}
	root := tomlpos.Locate(f.Text)
	if err := f.known("ops.toml", doc, root, "plugin", "watch"); err != nil {
		return nil, nil, err
	}
	if watch, err = f.watched(doc["watch"], root.Fields["watch"]); err != nil {
		return nil, nil, err
	}
	if doc["plugin"] == nil {
		return nil, nil, f.Errorf(0, `no [[plugin]]: add one with builtin = "NAME" or path = "FILE"`)
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

// watched is the list of folders in which plugins may come up. It is nil for a nil value, and an empty name is an
// error.
func (f File) watched(v any, s *tomlpos.Spot) (dirs []string, err error) {
	if v == nil {
		return nil, nil
	}
	list, ok := v.([]any)
	if !ok {
		return nil, f.Errorf(s.At, `watch is not a list of folders, such as ["incoming"]`)
	}
	for i, item := range list {
		dir, ok := item.(string)
		if !ok || dir == "" {
			return nil, f.Errorf(s.Items[i].At, "watch: %v is not the name of a folder", item)
		}
		dirs = append(dirs, dir)
	}
	return dirs, nil
}

// entry reads one [[plugin]]. It has builtin or path, but not both, and one operation at least.
func (f File) entry(table map[string]any, s *tomlpos.Spot) (e Entry, err error) {
	if err = f.known("[[plugin]]", table, s, "builtin", "path", "sha256", "op"); err != nil {
		return e, err
	}
	if e.Builtin, err = f.textOf("builtin", table, s); err != nil {
		return e, err
	}
	if e.Path, err = f.textOf("path", table, s); err != nil {
		return e, err
	}
	switch {
	case e.Builtin == "" && e.Path == "":
		return e, f.Errorf(s.At, `[[plugin]] needs builtin = "NAME" or path = "FILE"`)
	case e.Builtin != "" && e.Path != "":
		return e, f.Errorf(s.Fields["path"].Key, "[[plugin]] has both builtin and path: keep one")
	case e.Builtin != "":
		e.Source = s.Fields["builtin"].At
	default:
		e.Source = s.Fields["path"].At
	}
	if e.SHA256, err = f.checksum(e, table, s); err != nil {
		return e, err
	}
	e.ops, err = f.listings(e, table, s)
	return e, err
}

// checksum is the value of sha256 in lower case. It is empty if the table has none. A built-in plugin may not have one.
func (f File) checksum(e Entry, table map[string]any, s *tomlpos.Spot) (string, error) {
	text, err := f.textOf("sha256", table, s)
	if text == "" || err != nil {
		return "", err
	}
	if e.Builtin != "" {
		return "", f.Errorf(s.Fields["sha256"].Key, "a built-in plugin needs no sha256")
	}
	if sum, err := hex.DecodeString(text); err != nil || len(sum) != 32 {
		return "", f.Errorf(s.Fields["sha256"].At, "sha256 is not 64 hexadecimal digits")
	}
	return strings.ToLower(text), nil
}

// listings reads the [[plugin.op]] tables of an entry, in the order of the file.
func (f File) listings(e Entry, table map[string]any, s *tomlpos.Spot) ([]listing, error) {
	if table["op"] == nil {
		return nil, f.Errorf(s.At, "plugin %q has no [[plugin.op]]: name at least one operation", e.Name())
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

// listing reads one [[plugin.op]]. Whether the plugin has the family and the attributes shows only in Expand.
// Attributes have the order of the file, since products depend on it.
func (f File) listing(table map[string]any, s *tomlpos.Spot) (listing, error) {
	l := listing{at: s.At}
	var err error
	if l.family, err = f.textOf("name", table, s); err != nil {
		return l, err
	}
	if l.family == "" {
		return l, f.Errorf(s.At, `[[plugin.op]] needs name = "FAMILY"`)
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

// plain refuses dates and tables as values of attributes, also inside lists.
func (f File) plain(name string, v any, s *tomlpos.Spot) error {
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
	return f.Errorf(s.At, "%s is neither a number, a switch, a text nor a list of them", name)
}
