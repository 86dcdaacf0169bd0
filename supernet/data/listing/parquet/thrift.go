package parquet

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Kinds of values in Thrift's compact protocol.
const (
	kindStop = iota
	kindTrue
	kindFalse
	kindByte
	kindI16
	kindI32
	kindI64
	kindDouble
	kindBinary
	kindList
	kindSet
	kindMap
	kindStruct
)

// maxNested bounds how deep values are in each other.
const maxNested = 32

var errThrift = errors.New("broken metadata")

// fields is a struct: its values with the numbers of their fields. Values are bool, int64, []byte, []any and fields.
// Others are passed over. What is missing reads as zero.
type fields []field

type field struct {
	id int16
	v  any
}

// get is the value of a field, or nil.
func (f fields) get(id int16) any {
	for _, at := range f {
		if at.id == id {
			return at.v
		}
	}
	return nil
}

func (f fields) number(id int16) int64 { n, _ := f.get(id).(int64); return n }
func (f fields) text(id int16) string  { b, _ := f.get(id).([]byte); return string(b) }
func (f fields) inner(id int16) fields { s, _ := f.get(id).(fields); return s }

// structs lists those of a list.
func (f fields) structs(id int16) (list []fields) {
	items, _ := f.get(id).([]any)
	for _, v := range items {
		s, _ := v.(fields)
		list = append(list, s)
	}
	return list
}

// thrift reads values from bytes. The memory that it needs is some times that of the bytes, whatever they say.
type thrift struct {
	b      []byte
	nested int
}

// readStruct reads a struct from the beginning of b, and returns what is behind it.
func readStruct(b []byte) (f fields, rest []byte, err error) {
	t := &thrift{b: b}
	f, err = t.fields()
	return f, t.b, err
}

func (t *thrift) byte() (byte, error) {
	if len(t.b) == 0 {
		return 0, errThrift
	}
	c := t.b[0]
	t.b = t.b[1:]
	return c, nil
}

func (t *thrift) unsigned() (uint64, error) {
	v, n := binary.Uvarint(t.b)
	if n <= 0 {
		return 0, errThrift
	}
	t.b = t.b[n:]
	return v, nil
}

func (t *thrift) signed() (int64, error) {
	v, n := binary.Varint(t.b)
	if n <= 0 {
		return 0, errThrift
	}
	t.b = t.b[n:]
	return v, nil
}

func (t *thrift) bytes(n uint64) ([]byte, error) {
	if n > uint64(len(t.b)) {
		return nil, errThrift
	}
	b := t.b[:n]
	t.b = t.b[n:]
	return b, nil
}

func (t *thrift) fields() (fields, error) {
	if t.nested++; t.nested > maxNested {
		return nil, fmt.Errorf("metadata of more than %d levels", maxNested)
	}
	defer func() { t.nested-- }()
	var f fields
	id := int16(0)
	for {
		head, err := t.byte()
		if err != nil {
			return nil, err
		}
		kind := int(head & 15)
		if kind == kindStop {
			return f, nil
		}
		if delta := int16(head >> 4); delta > 0 {
			id += delta
		} else {
			v, err := t.signed()
			if err != nil {
				return nil, err
			}
			id = int16(v)
		}
		if kind == kindTrue || kind == kindFalse {
			f = append(f, field{id, kind == kindTrue})
			continue
		}
		v, err := t.value(kind)
		if err != nil {
			return nil, err
		}
		f = append(f, field{id, v})
	}
}

func (t *thrift) value(kind int) (any, error) {
	switch kind {
	case kindTrue, kindFalse, kindByte: // booleans are bytes in lists
		c, err := t.byte()
		return int64(int8(c)), err
	case kindI16, kindI32, kindI64:
		return t.signed()
	case kindDouble:
		_, err := t.bytes(8)
		return nil, err
	case kindBinary:
		n, err := t.unsigned()
		if err != nil {
			return nil, err
		}
		return t.bytes(n)
	case kindList, kindSet:
		return t.list()
	case kindMap:
		return nil, t.pairs()
	case kindStruct:
		return t.fields()
	}
	return nil, errThrift
}

// list reads items one after another, so that a number of items that is not there costs nothing.
func (t *thrift) list() (list []any, err error) {
	if t.nested++; t.nested > maxNested {
		return nil, fmt.Errorf("metadata of more than %d levels", maxNested)
	}
	defer func() { t.nested-- }()
	head, err := t.byte()
	if err != nil {
		return nil, err
	}
	n := uint64(head >> 4)
	if n == 15 {
		if n, err = t.unsigned(); err != nil {
			return nil, err
		}
	}
	for range n {
		v, err := t.value(int(head & 15))
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	return list, nil
}

// pairs passes over a map.
func (t *thrift) pairs() error {
	n, err := t.unsigned()
	if err != nil || n == 0 {
		return err
	}
	kinds, err := t.byte()
	for range n {
		if err == nil {
			_, err = t.value(int(kinds >> 4))
		}
		if err == nil {
			_, err = t.value(int(kinds & 15))
		}
		if err != nil {
			return err
		}
	}
	return err
}
