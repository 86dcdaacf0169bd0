package space

import (
	"encoding/binary"
	"slices"
)

// OpID numbers an operation of the pool, from 0 in the order in which operations came. It is the index of the operation
// in Problem.Pool, and never changes during a search.
type OpID int

// Path is a selection of operations for one layer, in ascending order. In a normal layer the identity path is always
// present and never listed (A.3): an empty Path passes the input on. In a reduction layer a Path has an operation at
// least. A nil Path is an empty one.
type Path []OpID

// Arch is one architecture: the selected path of every layer, from stem to head. Its length is that of Problem.Normal.
type Arch []Path

// Uses reports whether the architecture has the operation in any layer.
func (a Arch) Uses(op OpID) bool {
	return slices.ContainsFunc(a, func(p Path) bool { return slices.Contains(p, op) })
}

// Clone is a copy that shares no memory.
func (a Arch) Clone() Arch {
	c := make(Arch, len(a))
	for l, path := range a {
		c[l] = slices.Clone(path)
	}
	return c
}

// Key is equal for equal architectures only.
func (a Arch) Key() string {
	var key []byte
	for _, path := range a {
		key = binary.AppendUvarint(key, uint64(len(path)))
		for _, op := range path {
			key = binary.AppendUvarint(key, uint64(op))
		}
	}
	return string(key)
}
