package parquet

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
)

// maxFooter bounds the metadata of a file in bytes.
const maxFooter = 16 << 20

// Types of columns.
const (
	typeBool   = 0
	typeInt32  = 1
	typeInt64  = 2
	typeBinary = 6
)

// leaf is a column that has values.
type leaf struct {
	path     []string
	kind     int64
	text     bool // binary that is text
	optional int  // how many of its levels may be missing; a value is there if all of them are
	repeated bool
}

// file is the metadata of a Parquet file.
type file struct {
	path   string
	size   int64
	leaves []leaf
	groups []group
	about  map[string]string // keys and values
}

// group is some rows of a file.
type group struct {
	rows   int64
	chunks []chunk // by leaf
}

// chunk is where the values of a column in a group are.
type chunk struct {
	leaf
	codec      int64
	count      int64 // of values, null or not
	from, size int64 // bytes of the file
}

// openFile reads the metadata at the end of a file.
func openFile(path string) (*file, error) {
	r, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	info, err := r.Stat()
	if err != nil {
		return nil, err
	}
	f, err := readFile(r, info.Size())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	f.path = path
	return f, nil
}

func readFile(r io.ReaderAt, size int64) (*file, error) {
	const magic = "PAR1"
	head, tail := make([]byte, 4), make([]byte, 8)
	if size < 12 {
		return nil, errors.New("not a Parquet file")
	}
	if _, err := r.ReadAt(head, 0); err != nil {
		return nil, err
	}
	if _, err := r.ReadAt(tail, size-8); err != nil {
		return nil, err
	}
	switch {
	case string(tail[4:]) == "PARE":
		return nil, errors.New("an encrypted Parquet file")
	case string(head) == magic && string(tail[4:]) != magic:
		return nil, fmt.Errorf("cut off at byte %d: a Parquet file ends with %s", size, magic)
	case string(head) != magic:
		return nil, errors.New("not a Parquet file")
	}
	n := int64(binary.LittleEndian.Uint32(tail))
	if n > size-12 || n > maxFooter {
		return nil, fmt.Errorf("metadata of %d bytes in a file of %d: want at most %d", n, size, maxFooter)
	}
	footer := make([]byte, n)
	if _, err := r.ReadAt(footer, size-8-n); err != nil {
		return nil, err
	}
	about, _, err := readStruct(footer)
	if err != nil {
		return nil, err
	}
	f := &file{size: size, about: map[string]string{}}
	for _, pair := range about.structs(5) {
		f.about[pair.text(1)] = pair.text(2)
	}
	schema := about.structs(2)
	if len(schema) == 0 {
		return nil, errThrift
	}
	rest, err := f.columns(schema[1:], schema[0].number(5), leaf{})
	if err == nil && len(rest) > 0 {
		err = errThrift
	}
	for _, g := range about.structs(4) {
		if err == nil {
			err = f.group(g)
		}
	}
	return f, err
}

// columns reads n columns of the schema, with those in them, and returns what comes after.
func (f *file) columns(schema []fields, n int64, above leaf) ([]fields, error) {
	if len(above.path) > maxNested {
		return nil, fmt.Errorf("columns of more than %d levels", maxNested)
	}
	for range n {
		if len(schema) == 0 {
			return nil, errThrift
		}
		s := schema[0]
		schema = schema[1:]
		l := leaf{path: append(above.path[:len(above.path):len(above.path)], s.text(4)), kind: s.number(1),
			optional: above.optional, repeated: above.repeated}
		switch s.number(3) {
		case 1:
			l.optional++
		case 2:
			l.optional++
			l.repeated = true
		}
		if inner := s.number(5); inner > 0 {
			var err error
			if schema, err = f.columns(schema, inner, l); err != nil {
				return nil, err
			}
			continue
		}
		converted, is := s.get(6).(int64)
		logical := s.inner(10).get(1) != nil
		l.text = is && converted == 0 || logical
		f.leaves = append(f.leaves, l)
	}
	return schema, nil
}

// group reads where the columns of some rows are.
func (f *file) group(g fields) error {
	chunks := g.structs(1)
	if len(chunks) != len(f.leaves) {
		return fmt.Errorf("rows of %d columns: want %d", len(chunks), len(f.leaves))
	}
	to := group{rows: g.number(3)}
	for i, c := range chunks {
		about := c.inner(3)
		at := chunk{f.leaves[i], about.number(4), about.number(5), about.number(9), about.number(7)}
		if dictionary := about.number(11); dictionary > 0 && dictionary < at.from {
			at.from = dictionary
		}
		switch {
		case c.get(1) != nil:
			return errors.New("columns in other files")
		case at.from < 4 || at.size < 0 || at.from > f.size || at.size > f.size-at.from:
			return fmt.Errorf("a column at the bytes %d+%d of a file of %d", at.from, at.size, f.size)
		case about.number(1) != at.kind:
			return errThrift
		}
		to.chunks = append(to.chunks, at)
	}
	if to.rows < 0 {
		return errThrift
	}
	f.groups = append(f.groups, to)
	return nil
}
