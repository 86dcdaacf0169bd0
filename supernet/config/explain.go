package config

import (
	"bytes"
	"cmp"
	"fmt"
	"strings"
)

// Explain is the complete configuration c as TOML, which Parse reads back to an equal one. c is what the source's
// settings became for a pool and its data, or the settings themselves. Every line that is not as in the preset "quick",
// or that was given, ends with a comment that says where it comes from.
func (s Source) Explain(c Config) ([]byte, error) {
	plain, err := Default(Quick)
	if err != nil {
		return nil, err
	}
	given, err := s.Settings()
	if err != nil {
		return nil, err
	}
	lines, err := linesOf(c)
	if err != nil {
		return nil, err
	}
	usual, err := valuesOf(plain)
	if err != nil {
		return nil, err
	}
	asked, err := valuesOf(given)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	for _, l := range lines {
		b.WriteString(l.text)
		if why := s.why(l, usual[l.key], asked[l.key], c); why != "" {
			b.WriteString(" # " + why)
		}
		b.WriteByte('\n')
	}
	return b.Bytes(), nil
}

// why says where the value of a line comes from. usual and asked are the lines of the preset "quick" and of the
// source's settings. It is empty for what is usual.
func (s Source) why(l line, usual, asked string, c Config) string {
	if l.key == "" {
		return ""
	}
	from := s.origin(l.key)
	if !strings.HasPrefix(from, "--") && from != "" {
		from = from[:strings.LastIndexByte(from, ':')] // the line says enough
	}
	switch {
	case l.text != asked:
		_, value, _ := strings.Cut(asked, " = ")
		return fmt.Sprintf("%s for the pool and the data (%s)", value, cmp.Or(from, "preset "+c.Preset))
	case from != "":
		return from
	case l.text == usual:
		return ""
	case strings.HasPrefix(l.key, "macro.") && s.origin("macro.name") != "":
		return "macro " + c.Macro.Name
	case strings.HasPrefix(l.key, "search.constraint.") && s.origin("search.constraint.kind") != "":
		return "kind " + string(c.Search.Constraint.Kind)
	}
	return "preset " + c.Preset
}

// line is one of an encoded configuration.
type line struct {
	key  string // dotted; empty for a header or a blank line
	text string
}

// linesOf are the lines of an encoded configuration.
func linesOf(c Config) (list []line, err error) {
	text, err := c.Encode()
	if err != nil {
		return nil, err
	}
	table := ""
	for written := range strings.Lines(string(text)) {
		l := line{text: strings.TrimSuffix(written, "\n")}
		if name, _, isSetting := strings.Cut(l.text, " = "); isSetting {
			l.key = table + name
		} else if strings.HasPrefix(l.text, "[") {
			table = strings.Trim(l.text, "[]") + "."
		}
		list = append(list, l)
	}
	return list, nil
}

// valuesOf are the lines of an encoded configuration by their keys.
func valuesOf(c Config) (map[string]string, error) {
	list, err := linesOf(c)
	values := map[string]string{}
	for _, l := range list {
		values[l.key] = l.text
	}
	return values, err
}
