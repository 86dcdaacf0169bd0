// Package setting holds the error that configurations have in common: what is wrong with one of their settings.
package setting

import (
	"fmt"
	"reflect"
)

// Error says what is wrong with a setting.
type Error struct {
	Key   string // dotted, as in the configuration file: "search.k"
	Value any    // the value that was refused
	Err   error  // what is wrong with it, such as "want 2 to 64"
}

// Error is "key = value: what is wrong with it", with texts in quotes.
func (e *Error) Error() string {
	format := "%s = %v: %v"
	if reflect.ValueOf(e.Value).Kind() == reflect.String {
		format = "%s = %q: %v"
	}
	return fmt.Sprintf(format, e.Key, e.Value, e.Err)
}

// Unwrap is what is wrong with the value.
func (e *Error) Unwrap() error { return e.Err }

// Errorf is an *Error about a setting, with what is wrong formatted as by fmt.Errorf.
func Errorf(key string, value any, format string, args ...any) error {
	return &Error{key, value, fmt.Errorf(format, args...)}
}

// In returns an *Error with a table's name before the key of another: "search" makes "search.k" of "k". Errors of other
// types come back unchanged, and nil for nil.
func In(table string, err error) error {
	e, ok := err.(*Error)
	if !ok {
		return err
	}
	return &Error{table + "." + e.Key, e.Value, e.Err}
}
