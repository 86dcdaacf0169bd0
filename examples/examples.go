// Package examples holds examples that the command gives away: the sample of an index of plugins, and a plugin in
// Python.
package examples

import _ "embed"

// Index is the sample of an index that ships.
//
//go:embed plugins/index.toml
var Index string

// Python is the plugin in Python.
//
//go:embed plugin-python/ghost.py
var Python string
