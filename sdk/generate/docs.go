package main

import (
	"fmt"
	"strings"
)

// wireTypes are the types of attributes as the page of the protocol calls them.
var wireTypes = map[string]string{"int": "whole", "float32": "number", "float64": "number", "bool": "switch",
	"string": "text", "[2]int": "wholes, two", "Activation": "text"}

// kindRows are the rows of the table of kinds.
func (d declarations) kindRows() (rows []string) {
	for _, p := range d.typed {
		var attributes []string
		for _, a := range p.Attributes {
			attributes = append(attributes, fmt.Sprintf("`%s` (%s): %s", a.Name, wireTypes[a.Type], a.Doc))
		}
		rows = append(rows, fmt.Sprintf("| `%s` | %s | %s |", p.Kind, strings.Join(attributes, "; "), p.Doc))
	}
	return rows
}

// methodRows are the rows of the table of methods.
func (d declarations) methodRows() (rows []string) {
	for _, m := range d.methods {
		rows = append(rows, fmt.Sprintf("| `%s` | %s |", m.call, prose(m.doc)))
	}
	return rows
}
