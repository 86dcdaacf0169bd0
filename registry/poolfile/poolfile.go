// Package poolfile reads and writes the files of a pool: ops.toml, which lists operations, and nse.lock, which pins
// their plugins. It also reads indexes, which list plugins to be got. It starts no plugin. Errors about a file start
// with file:line:column.
package poolfile

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"

	"github.com/nse-dev/nse/internal/tomlpos"
)

// File is a text with its name, for messages. Nothing is read from disk.
type File struct{ Name, Text string }

// Errorf is an error at a byte of the file: it starts with file:line:column. The format may have %w.
func (f File) Errorf(at int, format string, args ...any) error {
	return fmt.Errorf("%s: %w", f.Where(at), fmt.Errorf(format, args...))
}

// Where is file:line:column of a byte of the file. Lines and columns count from 1, columns in characters.
func (f File) Where(at int) string {
	line, column := tomlpos.Position(f.Text, at)
	return fmt.Sprintf("%s:%d:%d", f.Name, line, column)
}

// MaxText bounds a pool file and a lock in bytes. Longer ones are errors.
const MaxText = 1 << 18

// Bounds of a line in bytes, and of the brackets that are open.
const (
	maxLine  = 1 << 12
	maxDepth = 1 << 8
)

// Read is the text of the file at path. It returns enough of one that is too long for Parse to refuse it.
func Read(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, MaxText+1))
}

// bounded refuses texts that the decoder would need very long for. Its time grows with the square of the depth of
// tables and of the parts of a key.
func (f File) bounded() error {
	if len(f.Text) > MaxText {
		return f.Errorf(0, "the file is longer than %d bytes", MaxText)
	}
	depth, start := 0, 0
	for i, c := range []byte(f.Text) {
		switch c {
		case '[', '{':
			depth++
		case ']', '}':
			depth = max(0, depth-1)
		case '\n':
			start = i + 1
		}
		if depth > maxDepth {
			return f.Errorf(i, "more than %d brackets are open", maxDepth)
		}
		if i-start > maxLine {
			return f.Errorf(start, "the line is longer than %d bytes", maxLine)
		}
	}
	return nil
}

// syntax gives an error of the toml package the form of all others: one line with the place before it.
func (f File) syntax(err error) error {
	var p toml.ParseError
	if errors.As(err, &p) {
		message, _, _ := strings.Cut(p.Message, "\n")
		return f.Errorf(p.Position.Start, "%s", message)
	}
	return f.Errorf(0, "%w", err)
}

// known refuses keys that a table cannot have. It reports the first in the file.
func (f File) known(what string, table map[string]any, s *tomlpos.Spot, keys ...string) error {
	unknown := slices.DeleteFunc(slices.Collect(maps.Keys(table)),
		func(k string) bool { return slices.Contains(keys, k) })
	if len(unknown) == 0 {
		return nil
	}
	first := slices.MinFunc(unknown, func(a, b string) int { return s.Fields[a].Key - s.Fields[b].Key })
	return f.Errorf(s.Fields[first].Key, "unknown key %q: %s has %s", first, what, strings.Join(keys, ", "))
}

// textOf is the text of a key. It is empty if there is none. A value that is no text, and an empty text, are errors.
func (f File) textOf(key string, table map[string]any, s *tomlpos.Spot) (string, error) {
	v, given := table[key]
	if !given {
		return "", nil
	}
	text, ok := v.(string)
	if !ok || text == "" {
		return "", f.Errorf(s.Fields[key].At, "%s is not a text in quotes, or is empty", key)
	}
	return text, nil
}

// tables is the list of tables of a key. Anything else, and an empty list, are errors.
func (f File) tables(key string, table map[string]any, s *tomlpos.Spot) ([]map[string]any, error) {
	list, ok := table[key].([]map[string]any)
	if !ok || len(list) == 0 {
		return nil, f.Errorf(s.Fields[key].Key, "%s is not a list of tables: write its header in double brackets", key)
	}
	return list, nil
}
