package safetensors

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/nse-dev/nse/internal/file"
)

// Encode writes f to memory. Equal files have equal bytes: metadata are sorted, tensors stay in their order.
// It refuses duplicate names and data whose length differs from dtype and shape.
func (f *File) Encode() ([]byte, error) {
	var b bytes.Buffer
	if err := f.write(&b); err != nil {
		return nil, fmt.Errorf("safetensors: %w", err)
	}
	return b.Bytes(), nil
}

// WriteFile writes f to path as Encode does. The file appears whole or not at all: it is written
// under path + ".tmp", synced and renamed.
func (f *File) WriteFile(path string) error {
	if err := file.Replace(path, path+".tmp", f.write); err != nil {
		return fmt.Errorf("safetensors: %s: %w", path, err)
	}
	return nil
}

func (f *File) write(w io.Writer) error {
	header, err := f.header()
	if err != nil {
		return err
	}
	if _, err := w.Write(header); err != nil {
		return err
	}
	for _, t := range f.Tensors {
		if _, err := w.Write(t.Data); err != nil {
			return err
		}
	}
	return nil
}

// header is the length and the JSON, padded with spaces so that the data start at a multiple of 8.
func (f *File) header() ([]byte, error) {
	b := append(make([]byte, 8), '{')
	if len(f.Metadata) > 0 {
		if err := f.checkMetadata(); err != nil {
			return nil, err
		}
		b = appendField(b, metadataKey, f.Metadata)
	}
	offset, seen := uint64(0), map[string]bool{metadataKey: true}
	for _, t := range f.Tensors {
		if seen[t.Name] || !utf8.ValidString(t.Name) {
			return nil, fmt.Errorf("%q is not a name: it is taken or not UTF-8", t.Name)
		}
		seen[t.Name] = true
		if err := t.check(); err != nil {
			return nil, err
		}
		end := offset + uint64(len(t.Data))
		shape := append([]int{}, t.Shape...) // [] rather than null for a scalar
		b = appendField(b, t.Name, entry{DType: t.DType, Shape: shape, Offsets: []uint64{offset, end}})
		offset = end
	}
	b = append(b, '}')
	b = append(b, bytes.Repeat([]byte{' '}, -len(b)&7)...)
	if len(b)-8 > maxHeader {
		return nil, fmt.Errorf("a header of %d bytes is over the limit of %d", len(b)-8, maxHeader)
	}
	binary.LittleEndian.PutUint64(b, uint64(len(b)-8))
	return b, nil
}

func (f *File) checkMetadata() error {
	for k, v := range f.Metadata {
		if !utf8.ValidString(k) || !utf8.ValidString(v) {
			return fmt.Errorf("metadata %q is not UTF-8", k)
		}
	}
	return nil
}

// appendField appends "name":value to the members of a JSON object; json sorts the keys of maps.
func appendField(b []byte, name string, value any) []byte {
	key, kerr := json.Marshal(name)
	v, verr := json.Marshal(value)
	if err := errors.Join(kerr, verr); err != nil {
		panic(err) // strings, integers and maps of strings always marshal
	}
	if b[len(b)-1] != '{' {
		b = append(b, ',')
	}
	return append(append(append(b, key...), ':'), v...)
}
