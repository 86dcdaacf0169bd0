package safetensors

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"unicode/utf8"

	"github.com/nse-dev/nse/internal/file"
)

const (
	metadataKey = "__metadata__"
	maxHeader   = 100_000_000 // bytes; the limit of the reference implementation
)

// ReadFile reads a whole file into memory. Errors name path.
func ReadFile(path string) (*File, error) {
	b, err := file.Read(path)
	if err != nil {
		return nil, fmt.Errorf("safetensors: %w", err)
	}
	f, err := decode(b)
	if err != nil {
		return nil, fmt.Errorf("safetensors: %s: %w", path, err)
	}
	return f, nil
}

// Decode reads a file from memory. The tensors' data are parts of b, which must not change afterwards. It refuses what
// the format forbids: unknown dtypes, duplicate names, lengths that differ from dtype and shape, and data with overlaps
// or holes.
func Decode(b []byte) (*File, error) {
	f, err := decode(b)
	if err != nil {
		return nil, fmt.Errorf("safetensors: %w", err)
	}
	return f, nil
}

// entry is a tensor as the header describes it.
type entry struct {
	DType   string   `json:"dtype"`
	Shape   []int    `json:"shape"`
	Offsets []uint64 `json:"data_offsets"` // begin and end, from the end of the header

	name string
}

func decode(b []byte) (*File, error) {
	if len(b) < 8 {
		return nil, fmt.Errorf("%d bytes are too few for a header", len(b))
	}
	n := binary.LittleEndian.Uint64(b)
	if n > maxHeader {
		return nil, fmt.Errorf("a header of %d bytes is over the limit of %d", n, maxHeader)
	}
	if n > uint64(len(b)-8) {
		return nil, fmt.Errorf("header truncated: have %d bytes, want %d", len(b)-8, n)
	}
	header, data := b[8:8+n], b[8+n:]
	f := new(File)
	entries, err := f.decodeHeader(header)
	if err != nil {
		return nil, fmt.Errorf("header: %w", err)
	}
	return f, f.place(entries, data)
}

// decodeHeader reads the metadata into f and returns the tensors in the order of the header.
func (f *File) decodeHeader(header []byte) (entries []entry, err error) {
	if !utf8.Valid(header) {
		return nil, errors.New("not UTF-8")
	}
	d := json.NewDecoder(bytes.NewReader(header))
	d.DisallowUnknownFields()
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, errors.New("not a JSON object")
	}
	seen := map[string]bool{}
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return nil, err
		}
		name := t.(string) // a key of an object: the decoder refuses anything else
		if seen[name] {
			return nil, fmt.Errorf("%q stands there twice", name)
		}
		seen[name] = true
		if name == metadataKey {
			err = d.Decode(&f.Metadata)
		} else {
			e := entry{name: name}
			err = d.Decode(&e)
			entries = append(entries, e)
		}
		if err != nil {
			return nil, fmt.Errorf("%q: %w", name, err)
		}
	}
	if _, err := d.Token(); err != nil {
		return nil, fmt.Errorf("the JSON object does not end: %w", err)
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, errors.New("something follows the JSON object")
	}
	return entries, nil
}

// place cuts data into tensors, in the order of their offsets, and checks that they cover it exactly.
func (f *File) place(entries []entry, data []byte) error {
	for _, e := range entries {
		if len(e.Offsets) != 2 || e.Offsets[0] > e.Offsets[1] || e.Shape == nil {
			return fmt.Errorf("tensor %q: want a shape and data_offsets [begin, end], have %v and %v", e.name, e.Shape,
				e.Offsets)
		}
	}
	slices.SortStableFunc(entries, func(a, b entry) int {
		return cmp.Or(cmp.Compare(a.Offsets[0], b.Offsets[0]), cmp.Compare(a.Offsets[1], b.Offsets[1]))
	})
	at := uint64(0)
	for _, e := range entries {
		begin, end := e.Offsets[0], e.Offsets[1]
		if begin != at {
			return fmt.Errorf("tensor %q begins at byte %d of the data, not where the one before ends (%d)", e.name,
				begin, at)
		}
		if end > uint64(len(data)) {
			return fmt.Errorf("tensor %q: data truncated: have %d bytes, want %d", e.name, len(data), end)
		}
		t := Tensor{e.name, e.DType, e.Shape, data[begin:end:end]}
		if err := t.check(); err != nil {
			return err
		}
		f.Tensors = append(f.Tensors, t)
		at = end
	}
	if at != uint64(len(data)) {
		return fmt.Errorf("%d bytes follow the last tensor", uint64(len(data))-at)
	}
	return nil
}
