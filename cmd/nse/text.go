package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"unicode"
)

// readText reads a file that the user names, unless it is longer than any pool, configuration or list of architectures.
func readText(path string) ([]byte, error) {
	const most = 64 << 20
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, most+1))
	if err == nil && len(text) > most {
		err = fmt.Errorf("%s: the file is longer than %d bytes", path, most)
	}
	return text, err
}

// printable is the name of a file as a line of text can have it: in quotes if it would break the line or steer the terminal.
func printable(name string) string {
	if strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return strconv.Quote(name)
	}
	return name
}

// decodeJSON reads the JSON that a file consists of into v, which must have a field for every key.
func decodeJSON(path string, text []byte, v any) error {
	err := json.Unmarshal(text, new(json.RawMessage)) // the decoder would not look at what follows a value
	if err == nil {
		d := json.NewDecoder(bytes.NewReader(text))
		d.DisallowUnknownFields()
		err = d.Decode(v)
	}
	return locateJSON(path, text, err)
}

// locateJSON puts before an error about JSON where it is, path:line:column if that is known, and path alone otherwise.
func locateJSON(path string, text []byte, err error) error {
	var syntax *json.SyntaxError
	var value *json.UnmarshalTypeError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &syntax):
		return fmt.Errorf("%s: %w", position(path, text, syntax.Offset), err)
	case errors.As(err, &value) && value.Field != "":
		return fmt.Errorf("%s: %s cannot be a JSON %s", position(path, text, value.Offset), value.Field, value.Value)
	case errors.As(err, &value):
		return fmt.Errorf("%s: a JSON %s makes no sense here", position(path, text, value.Offset), value.Value)
	}
	return fmt.Errorf("%s: %s", path, strings.TrimPrefix(err.Error(), "json: "))
}

// position is path:line:column of the last of the first n bytes of a text.
func position(path string, text []byte, n int64) string {
	before := text[:max(0, n-1)]
	line, column := 1+bytes.Count(before, []byte{'\n'}), len(before)-bytes.LastIndexByte(before, '\n')
	return fmt.Sprintf("%s:%d:%d", path, line, column)
}
