package jsontext

import (
	"bytes"
	"encoding/json"
	"strings"
)

// Spot is where a value stands in a JSON text, and the values inside it.
type Spot struct {
	At     int     // byte offset of its first byte
	Fields []Field // of an object, in the order of the text
	Items  []*Spot // of an array
}

// Field is a key of an object with its value.
type Field struct {
	Name  string
	At    int // byte offset of the key
	Value *Spot
}

// Spots finds every value of a valid JSON text. The positions in a text that is not valid are of no use.
func Spots(text []byte) *Spot {
	l := &locator{text: text, d: json.NewDecoder(bytes.NewReader(text))}
	return l.value()
}

// Find is the value of a key of nested objects. It is nil if the text does not have it.
func (s *Spot) Find(keys ...string) *Spot {
	for _, key := range keys {
		if s == nil {
			return nil
		}
		var found *Spot
		for _, f := range s.Fields {
			if f.Name == key {
				found = f.Value // the last one counts, as for the decoder
			}
		}
		s = found
	}
	return s
}

// locator walks a text that the json package has accepted.
type locator struct {
	text []byte
	d    *json.Decoder
	err  error // the text is no JSON from here on
}

// next is the next token and where it begins.
func (l *locator) next() (json.Token, int) {
	at := int(l.d.InputOffset())
	for at < len(l.text) && strings.IndexByte(" \t\r\n,:", l.text[at]) >= 0 {
		at++
	}
	t, err := l.d.Token()
	if l.err == nil {
		l.err = err
	}
	return t, at
}

// value reads one value, and what is inside it.
func (l *locator) value() *Spot {
	t, at := l.next()
	s := &Spot{At: at}
	switch t {
	case json.Delim('{'):
		for l.err == nil && l.d.More() {
			key, at := l.next()
			name, _ := key.(string)
			s.Fields = append(s.Fields, Field{name, at, l.value()})
		}
		l.next()
	case json.Delim('['):
		for l.err == nil && l.d.More() {
			s.Items = append(s.Items, l.value())
		}
		l.next()
	}
	return s
}
