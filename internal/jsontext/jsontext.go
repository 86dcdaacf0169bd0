// Package jsontext reads JSON files that people write, and says where they are wrong.
package jsontext

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// Decode reads the one JSON value that a file consists of into v. Every key must have a field in v. Errors start with
// path:line:column where the place is known, and with path alone otherwise.
func Decode(path string, text []byte, v any) error {
	err := json.Unmarshal(text, new(json.RawMessage)) // the decoder would not look at what follows a value
	if err == nil {
		d := json.NewDecoder(bytes.NewReader(text))
		d.DisallowUnknownFields()
		err = d.Decode(v)
	}
	return Locate(path, text, err)
}

// Locate puts before an error of encoding/json where it is: path:line:column, or path alone where that is not known.
// A nil error stays nil.
func Locate(path string, text []byte, err error) error {
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

// position is the Position of the last of the first n bytes of a text.
func position(path string, text []byte, n int64) string { return Position(path, text, int(n-1)) }

// Position is path:line:column of a byte of a text. Both count from 1, columns in bytes.
func Position(path string, text []byte, offset int) string {
	before := text[:max(0, offset)]
	line, column := 1+bytes.Count(before, []byte{'\n'}), len(before)-bytes.LastIndexByte(before, '\n')
	return fmt.Sprintf("%s:%d:%d", path, line, column)
}
