package study

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/nse-dev/nse/internal/setting"
	"github.com/nse-dev/nse/internal/tomlpos"
)

// position is how an error about the merged text begins, which has no name.
var position = regexp.MustCompile(`^(?::([0-9]+):[0-9]+)?: `)

// relocate turns an error about the merged text of an item into one about the text that sets what is wrong.
func (f *File) relocate(i Item, merged []byte, err error) error {
	found := position.FindStringSubmatch(err.Error())
	if found == nil {
		return f.errorf(nil, "%s: %w", i.Method.Label, err)
	}
	message := strings.TrimPrefix(err.Error(), found[0])
	key := []string(nil)
	if line, atoiErr := strconv.Atoi(found[1]); atoiErr == nil {
		key = onLine(string(merged), line)
	} else if e, ok := errors.AsType[*setting.Error](err); ok {
		key = strings.Split(e.Key, ".")
	}
	if len(f.baseText) > 0 && f.within(i, key) == nil {
		if s := tomlpos.Locate(string(f.baseText)).Find(key...); s != nil && len(key) > 0 {
			line, column := tomlpos.Position(string(f.baseText), s.Name)
			return fmt.Errorf("%s:%d:%d: %s", f.basePath, line, column, message)
		}
	}
	return f.errorf(firstOf(f.within(i, key), f.method(i)), "%s", message)
}

// method is where the method of an item stands.
func (f *File) method(i Item) *tomlpos.Spot {
	for n, m := range f.Methods {
		if m.Label == i.Method.Label {
			return f.place("method", n)
		}
	}
	return nil
}

// within is where the study file sets a setting of an item, or nil. What is merged last counts.
func (f *File) within(i Item, key []string) *tomlpos.Spot {
	if len(key) == 0 {
		return nil
	}
	method := f.method(i)
	switch strings.Join(key, ".") {
	case "search.method":
		return method.Find("name")
	case "data.spec":
		return f.spot.Find("data")
	case "budget", "budget.macs":
		return f.spot.Find("budgets")
	}
	if key[0] == "retrain" {
		if s := f.spot.Find(key...); s != nil {
			return s
		}
	}
	return firstOf(method.Find(append([]string{"settings"}, key...)...), f.spot.Find("base").Find(key...))
}

// onLine is the key that stands on a line of an encoded configuration, which has one a line.
func onLine(text string, line int) []string { return keyOn(tomlpos.Locate(text), text, line) }

func keyOn(s *tomlpos.Spot, text string, line int) []string {
	for name, inner := range s.Fields {
		if key := keyOn(inner, text, line); key != nil {
			return append([]string{name}, key...)
		}
		if at, _ := tomlpos.Position(text, inner.Name); at == line {
			return []string{name}
		}
	}
	return nil
}
