// Package tomlpos finds where the values of a TOML text stand.
package tomlpos

import (
	"strings"
	"unicode/utf8"

	"github.com/BurntSushi/toml"
)

// Spot is where a value stands in a TOML text, and the values inside it. The decoder of the toml package keeps
// positions to itself: errors about values need this second look at the text.
type Spot struct {
	Key    int              // byte offset of its key or header
	Name   int              // byte offset of the last part of its key, within a header too
	At     int              // byte offset of the value; of a table with a header, the header
	Fields map[string]*Spot // of a table; nil if it has none
	Items  []*Spot          // of a list
}

// part is one name of a dotted key.
type part struct {
	name string
	at   int // byte offset
}

// locator walks a text that the toml package has accepted; it checks nothing and never fails.
type locator struct {
	text string
	at   int
}

// Locate finds every value of a valid TOML text. The positions in a text that is not valid are of no use.
func Locate(text string) *Spot {
	l := &locator{text: text}
	root := &Spot{}
	table := root
	for l.space(true); l.at < len(l.text); l.space(true) {
		from := l.at
		if l.peek() == '[' {
			table = l.header(root)
		} else {
			l.pair(table)
		}
		if l.at == from {
			l.at++ // not valid TOML: go on all the same
		}
	}
	return root
}

// header reads [a.b] or [[a.b]] and returns the table that it opens.
func (l *locator) header(root *Spot) *Spot {
	start := l.at
	l.skip('[')
	list := l.skip('[')
	path := l.path()
	for l.skip(']') {
	}
	table := root
	for i, p := range path {
		s := table.field(p, start)
		if list && i == len(path)-1 {
			s.Items = append(s.Items, &Spot{Key: start, Name: p.at, At: start})
		}
		if i == len(path)-1 && len(s.Items) == 0 {
			s.Key, s.Name, s.At = start, p.at, start
		}
		if n := len(s.Items); n > 0 {
			s = s.Items[n-1]
		}
		table = s
	}
	return table
}

// pair reads key = value into a table.
func (l *locator) pair(table *Spot) {
	key := l.at
	path := l.path()
	l.skip('=')
	l.space(false)
	for i, p := range path {
		if i == len(path)-1 {
			table.Fields = with(table.Fields, p.name, l.value(key, p.at))
			return
		}
		table = table.field(p, key)
	}
}

// value reads one value, and what is inside it.
func (l *locator) value(key, name int) *Spot {
	s := &Spot{Key: key, Name: name, At: l.at}
	switch l.peek() {
	case '[':
		l.at++
		for l.space(true); l.at < len(l.text) && l.peek() != ']'; l.separator() {
			s.Items = append(s.Items, l.value(l.at, l.at))
		}
		l.skip(']')
	case '{':
		l.at++
		for l.space(true); l.at < len(l.text) && l.peek() != '}'; l.separator() {
			l.pair(s)
		}
		l.skip('}')
	case '"', '\'':
		l.quoted()
	default:
		n := strings.IndexAny(l.text[l.at:], ",]}#\n")
		if n < 0 {
			n = len(l.text) - l.at
		}
		l.at += n
	}
	return s
}

// separator passes the comma between elements, and anything that should not be there.
func (l *locator) separator() {
	l.space(true)
	if !l.skip(',') && l.peek() != ']' && l.peek() != '}' {
		l.at = min(l.at+1, len(l.text))
	}
	l.space(true)
}

// path reads a dotted key.
func (l *locator) path() (path []part) {
	for {
		l.space(false)
		at := l.at
		path = append(path, part{l.name(), at})
		l.space(false)
		if !l.skip('.') {
			return path
		}
	}
}

func (l *locator) name() string {
	start := l.at
	if c := l.peek(); c != '"' && c != '\'' {
		n := strings.IndexAny(l.text[start:], " \t\r\n.=[]{},#\"'")
		if n < 0 {
			n = len(l.text) - start
		}
		l.at += n
		return l.text[start:l.at]
	}
	l.quoted()
	var unquoted struct{ K string }
	_, _ = toml.Decode("K = "+l.text[start:l.at], &unquoted)
	return unquoted.K
}

// quoted passes a string of any of the four kinds.
func (l *locator) quoted() {
	quote := l.text[l.at : l.at+1]
	long := strings.Repeat(quote, 3)
	closing := quote
	if strings.HasPrefix(l.text[l.at:], long) {
		closing = long
	}
	for l.at += len(closing); l.at < len(l.text); l.at++ {
		if strings.HasPrefix(l.text[l.at:], closing) {
			l.at += len(closing)
			for extra := 0; closing == long && extra < 2 && l.skip(quote[0]); extra++ {
			}
			return
		}
		if quote == `"` && l.text[l.at] == '\\' {
			l.at++
		}
	}
	l.at = len(l.text)
}

// space passes blanks, and if lines is set newlines and comments too.
func (l *locator) space(lines bool) {
	for ; l.at < len(l.text); l.at++ {
		switch c := l.text[l.at]; {
		case c == ' ', c == '\t', c == '\r':
		case strings.HasPrefix(l.text[l.at:], "\ufeff"):
			l.at += len("\ufeff") - 1
		case lines && c == '\n':
		case lines && c == '#':
			for l.at+1 < len(l.text) && l.text[l.at+1] != '\n' {
				l.at++
			}
		default:
			return
		}
	}
}

func (l *locator) peek() byte {
	if l.at < len(l.text) {
		return l.text[l.at]
	}
	return 0
}

func (l *locator) skip(c byte) bool {
	if l.peek() != c {
		return false
	}
	l.at++
	return true
}

// field is the named field, which is made if it is new.
func (s *Spot) field(p part, key int) *Spot {
	if f, ok := s.Fields[p.name]; ok {
		return f
	}
	f := &Spot{Key: key, Name: p.at, At: key}
	s.Fields = with(s.Fields, p.name, f)
	return f
}

// Find is the value of a key of nested tables. It is nil if the text does not set it.
func (s *Spot) Find(key ...string) *Spot {
	for _, name := range key {
		if s == nil {
			return nil
		}
		s = s.Fields[name]
	}
	return s
}

func with(m map[string]*Spot, name string, s *Spot) map[string]*Spot {
	if m == nil {
		m = map[string]*Spot{}
	}
	m[name] = s
	return m
}

// Position is the line and the column of a byte of the text. Both count from 1, columns in characters.
func Position(text string, offset int) (line, column int) {
	before := text[:max(0, min(offset, len(text)))]
	start := strings.LastIndexByte(before, '\n') + 1
	return strings.Count(before, "\n") + 1, utf8.RuneCountInString(strings.TrimPrefix(before[start:], "\ufeff")) + 1
}
