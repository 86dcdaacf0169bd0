package listing

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// JSONL lists the images that the lines of a file name: a JSON object in each, with the keys that CSV has as columns,
// or the file_name of Hugging Face's metadata. Labels are text, numbers or booleans. Paths are relative to the folder
// of the file. A broken line is an error that names file, line and column. A cancelled context is its error.
func JSONL(ctx context.Context, file string, o Options) (Listing, error) {
	t, f, err := openTable(ctx, file, o)
	if err != nil {
		return Listing{}, err
	}
	defer f.Close()
	r := bufio.NewReaderSize(f, maxRow)
	for n := 1; ; n++ {
		line, err := r.ReadSlice('\n')
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			return Listing{}, fmt.Errorf("%s:%d: a line of more than %d bytes", file, n, maxRow)
		case err != nil && err != io.EOF:
			return Listing{}, fmt.Errorf("%s:%d: %w", file, n, err)
		}
		if n == 1 {
			line = bytes.TrimPrefix(line, []byte("\ufeff"))
		}
		if len(bytes.TrimSpace(line)) > 0 {
			if err := t.addJSON(n, bytes.TrimRight(line, "\r\n")); err != nil {
				return Listing{}, err
			}
		}
		if err == io.EOF {
			break
		}
	}
	return t.finish()
}

// addJSON adds the image of a line.
func (t *table) addJSON(n int, line []byte) error {
	fault := func(column int, format string, a ...any) error { return t.fault(n, column, format, a...) }
	if err := json.Unmarshal(line, new(json.RawMessage)); err != nil {
		column := 1
		if at, is := errors.AsType[*json.SyntaxError](err); is {
			column = max(1, int(at.Offset))
		}
		return fault(column, "%v", err)
	}
	keys, values, at, is := members(line)
	if !is {
		return fault(1, "want an object with the keys path and label")
	}
	c := columnsOf(keys)
	if c.path < 0 || c.label < 0 {
		return fault(1, "want the keys path and label, have %s", brief(fmt.Sprintf("%q", keys)))
	}
	r := row{line: n, pathAt: at[c.path], labelAt: at[c.label]}
	if r.path, is = word(values[c.path]); !is {
		return fault(r.pathAt, "%s: want the path of an image", brief(string(values[c.path])))
	}
	if r.label, is = word(values[c.label]); !is {
		return fault(r.labelAt, "the label %s: want text or a number", brief(string(values[c.label])))
	}
	if c.split >= 0 && string(values[c.split]) != "null" {
		r.splitAt = at[c.split]
		if r.split, is = word(values[c.split]); !is {
			return fault(r.splitAt, "the part %s: want train, val, test or nothing", brief(string(values[c.split])))
		}
	}
	return t.add(r)
}

// members lists the keys of a valid JSON object with their values, and the columns in which these begin.
func members(text []byte) (keys []string, values []json.RawMessage, at []int, is bool) {
	d := json.NewDecoder(bytes.NewReader(text))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, nil, nil, false
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return nil, nil, nil, false
		}
		var v json.RawMessage
		if err := d.Decode(&v); err != nil {
			return nil, nil, nil, false
		}
		keys, values = append(keys, fmt.Sprint(key)), append(values, v)
		at = append(at, int(d.InputOffset())-len(v)+1)
	}
	return keys, values, at, true
}

// word is a JSON value as text, if it is text, a number or a boolean.
func word(v json.RawMessage) (s string, is bool) {
	switch v[0] {
	case '"':
		return s, json.Unmarshal(v, &s) == nil
	case '{', '[', 'n':
		return "", false
	}
	return string(v), true
}
