// Package safetensors reads and writes tensors in the safetensors format: an 8-byte header length, a JSON header, the
// data.
package safetensors

import (
	"encoding/binary"
	"fmt"
	"math/bits"
)

// Tensor is one named array.
type Tensor struct {
	Name  string
	DType string // F64, F32, F16, BF16, I64, I32, I16, I8, U64, U32, U16, U8 or BOOL
	Shape []int  // empty for a scalar
	Data  []byte // little endian, row-major
}

// File is the content of a safetensors file.
type File struct {
	Metadata map[string]string
	Tensors  []Tensor // in the order of their data in the file
}

// Tensor returns the tensor with the given name. It reports false if there is none. The data are shared with f.
func (f *File) Tensor(name string) (Tensor, bool) {
	for _, t := range f.Tensors {
		if t.Name == name {
			return t, true
		}
	}
	return Tensor{}, false
}

// Element is a Go type that has a dtype of its own.
type Element interface {
	float32 | float64 | int64 | int32 | uint8
}

// New returns a tensor with a copy of v. Its length must be the product of shape, which Encode checks.
func New[T Element](name string, shape []int, v []T) Tensor {
	data, err := binary.Append(make([]byte, 0, binary.Size(v)), binary.LittleEndian, v)
	if err != nil {
		panic(err) // every Element has a fixed size
	}
	return Tensor{Name: name, DType: dtypeOf[T](), Shape: shape, Data: data}
}

// Values returns a copy of the elements of t, or an error if its dtype is not T's.
func Values[T Element](t Tensor) ([]T, error) {
	if want := dtypeOf[T](); t.DType != want {
		return nil, fmt.Errorf("safetensors: tensor %q is %s, not %s", t.Name, t.DType, want)
	}
	if err := t.check(); err != nil {
		return nil, fmt.Errorf("safetensors: %w", err)
	}
	size, _ := dtypeSize(t.DType)
	v := make([]T, len(t.Data)/size)
	if _, err := binary.Decode(t.Data, binary.LittleEndian, v); err != nil {
		return nil, fmt.Errorf("safetensors: tensor %q: %w", t.Name, err)
	}
	return v, nil
}

// NewFloat32 is New for float32.
func NewFloat32(name string, shape []int, v []float32) Tensor { return New(name, shape, v) }

// Float32s is Values for float32.
func (t Tensor) Float32s() ([]float32, error) { return Values[float32](t) }

func dtypeOf[T Element]() string {
	switch any(*new(T)).(type) {
	case float32:
		return "F32"
	case float64:
		return "F64"
	case int64:
		return "I64"
	case int32:
		return "I32"
	}
	return "U8"
}

// dtypeSize is the size of one element in bytes.
func dtypeSize(dtype string) (int, error) {
	switch dtype {
	case "F64", "I64", "U64":
		return 8, nil
	case "F32", "I32", "U32":
		return 4, nil
	case "F16", "BF16", "I16", "U16":
		return 2, nil
	case "I8", "U8", "BOOL":
		return 1, nil
	}
	return 0, fmt.Errorf("unknown dtype %q", dtype)
}

// check compares the length of the data with dtype and shape.
func (t Tensor) check() error {
	want, err := byteSize(t.DType, t.Shape)
	if err != nil {
		return fmt.Errorf("tensor %q: %w", t.Name, err)
	}
	if uint64(len(t.Data)) != want {
		return fmt.Errorf("tensor %q: %s %v needs %d bytes, has %d", t.Name, t.DType, t.Shape, want, len(t.Data))
	}
	return nil
}

func byteSize(dtype string, shape []int) (uint64, error) {
	size, err := dtypeSize(dtype)
	if err != nil {
		return 0, err
	}
	n := uint64(size)
	for _, d := range shape {
		high, low := bits.Mul64(n, uint64(d))
		if d < 0 || high != 0 {
			return 0, fmt.Errorf("shape %v has no size", shape)
		}
		n = low
	}
	if n > 1<<62 {
		return 0, fmt.Errorf("shape %v has no size", shape)
	}
	return n, nil
}
