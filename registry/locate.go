package registry

import (
	"strings"
	"unicode/utf8"

	"github.com/BurntSushi/toml"
)

// spot is where a value stands in a TOML file, and the values inside it. The decoder of the toml package keeps
// positions to itself, so that errors about values need this second look at the text.
type spot struct {
	key    int // byte offset of its key or header
	at     int // byte offset of the value; of a table with a header, the header
	fields map[string]*spot
	items  []*spot
}

// locator walks a text that the toml package has accepted; it checks nothing and never fails.
type locator struct {
	text string
	at   int
}

// locate finds every value of a valid TOML text.
func locate(text string) *spot {
	l := &locator{text: text}
	root := &spot{}
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
func (l *locator) header(root *spot) *spot {
	start := l.at
	l.skip('[')
	list := l.skip('[')
	path := l.path()
	for l.skip(']') {
	}
	table := root
	for i, name := range path {
		s := table.field(name, start)
		if list && i == len(path)-1 {
			s.items = append(s.items, &spot{key: start, at: start})
		}
		if i == len(path)-1 && len(s.items) == 0 {
			s.key, s.at = start, start
		}
		if n := len(s.items); n > 0 {
			s = s.items[n-1]
		}
		table = s
	}
	return table
}

// pair reads key = value into a table.
func (l *locator) pair(table *spot) {
	key := l.at
	path := l.path()
	l.skip('=')
	l.space(false)
	for i, name := range path {
		if i == len(path)-1 {
			table.fields = with(table.fields, name, l.value(key))
			return
		}
		table = table.field(name, key)
	}
}

// value reads one value, and what is inside it.
func (l *locator) value(key int) *spot {
	s := &spot{key: key, at: l.at}
	switch l.peek() {
	case '[':
		l.at++
		for l.space(true); l.at < len(l.text) && l.peek() != ']'; l.separator() {
			s.items = append(s.items, l.value(l.at))
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
func (l *locator) path() (path []string) {
	for {
		l.space(false)
		path = append(path, l.name())
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
func (s *spot) field(name string, key int) *spot {
	if f, ok := s.fields[name]; ok {
		return f
	}
	f := &spot{key: key, at: key}
	s.fields = with(s.fields, name, f)
	return f
}

func with(m map[string]*spot, name string, s *spot) map[string]*spot {
	if m == nil {
		m = map[string]*spot{}
	}
	m[name] = s
	return m
}

// position is the line and the column, in characters and from 1, of a byte of the text.
func position(text string, offset int) (line, column int) {
	before := text[:max(0, min(offset, len(text)))]
	start := strings.LastIndexByte(before, '\n') + 1
	return strings.Count(before, "\n") + 1, utf8.RuneCountInString(strings.TrimPrefix(before[start:], "\ufeff")) + 1
}
