// Package npy reads arrays of integers as NumPy writes them: files of one array (.npy), and archives of them (.npz).
package npy

import (
	"archive/zip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
)

// Array is an array of integers in C order: its last index runs fastest.
type Array struct {
	Shape []int
	kind  kind
	data  []byte // of the integers, one after another
}

// kind is a type of integers.
type kind struct {
	size   int // bytes of an integer
	signed bool
	order  binary.ByteOrder
}

// Bytes are the integers of an array of uint8. They are not copied. Other types are an error.
func (a Array) Bytes() ([]byte, error) {
	if a.kind.size != 1 || a.kind.signed {
		return nil, fmt.Errorf("its elements are %v: want unsigned bytes, |u1", a.kind)
	}
	return a.data, nil
}

// Ints are the integers of the array. One that an int64 cannot hold is an error.
func (a Array) Ints() ([]int64, error) {
	list := make([]int64, len(a.data)/a.kind.size)
	for i := range list {
		b := a.data[i*a.kind.size:][:a.kind.size]
		var bits uint64
		switch a.kind.size {
		case 1:
			bits = uint64(b[0])
		case 2:
			bits = uint64(a.kind.order.Uint16(b))
		case 4:
			bits = uint64(a.kind.order.Uint32(b))
		case 8:
			bits = a.kind.order.Uint64(b)
		}
		if !a.kind.signed && bits > math.MaxInt64 {
			return nil, fmt.Errorf("element %d is %d: want at most %d", i, bits, int64(math.MaxInt64))
		}
		shift := 64 - 8*a.kind.size
		list[i] = int64(bits)
		if a.kind.signed {
			list[i] = int64(bits<<shift) >> shift
		}
	}
	return list, nil
}

// Read reads a file of one array to its end. One that announces more than most bytes of data is refused before it takes
// memory.
func Read(r io.Reader, most int64) (a Array, err error) {
	h, err := readHeader(r)
	if err != nil {
		return a, err
	}
	size := int64(h.kind.size)
	for _, n := range h.shape {
		if n > 0 && size > most/int64(n) {
			return a, fmt.Errorf("an array of %v is more than the %d bytes that there can be", h.shape, most)
		}
		size *= int64(n)
	}
	a = Array{h.shape, h.kind, make([]byte, size)}
	if n, err := io.ReadFull(r, a.data); cut(err) {
		return Array{}, fmt.Errorf("truncated: have %d bytes of data, want %d for an array of %v", n, size, h.shape)
	} else if err != nil {
		return Array{}, err
	}
	switch n, err := io.ReadFull(r, make([]byte, 1)); {
	case n > 0:
		return Array{}, fmt.Errorf("longer than the %d bytes of an array of %v", size, h.shape)
	case err != io.EOF:
		return Array{}, err
	}
	return a, nil
}

// cut reports whether reading ended early.
func cut(err error) bool { return err == io.EOF || err == io.ErrUnexpectedEOF }

// deflated is the most that a byte of DEFLATE holds: two bits for 258 bytes.
const deflated = 1032

// ReadArchived reads the array that an archive of size bytes has under a name, which numpy.load shows without ".npy".
// Data of more than most bytes are refused, and those of more than the archive can hold.
func ReadArchived(r io.ReaderAt, size int64, name string, most int64) (a Array, err error) {
	z, err := zip.NewReader(r, size)
	if err != nil {
		return a, fmt.Errorf("not an archive of arrays (.npz): %w", err)
	}
	var found *zip.File
	for _, f := range z.File {
		switch {
		case f.Name != name+".npy":
		case found != nil:
			return a, fmt.Errorf("two arrays are named %q", name)
		default:
			found = f
		}
	}
	if found == nil {
		return a, fmt.Errorf("no array %q is in it", name)
	}
	stored := min(found.CompressedSize64, uint64(size))
	if found.Method == zip.Deflate {
		stored = min(stored, math.MaxInt64/deflated) * deflated
	}
	member, err := found.Open()
	if errors.Is(err, zip.ErrAlgorithm) {
		return a, fmt.Errorf("array %q: compression method %d: want stored or deflated", name, found.Method)
	}
	if err == nil {
		defer member.Close()
		a, err = Read(member, min(most, int64(stored)))
	}
	if err != nil {
		return a, fmt.Errorf("array %q: %w", name, err)
	}
	return a, nil
}
