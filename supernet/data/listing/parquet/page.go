package parquet

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
)

// maxPage bounds a page in bytes, compressed or not.
const maxPage = 1 << 30

// maxDictionary bounds the values of a dictionary.
const maxDictionary = 4 << 20

// maxHead bounds the head of a page in bytes, which may have statistics with values.
const maxHead = 16 << 20

// Kinds of pages.
const (
	pageData       = 0
	pageDictionary = 2
	pageData2      = 3
)

// Encodings of values.
const (
	encodingPlain           = 0
	encodingPlainDictionary = 2
	encodingRLE             = 3
	encodingDelta           = 5 // of numbers
	encodingDeltaLength     = 6 // of bytes
	encodingRLEDictionary   = 8
)

var (
	errPage  = errors.New("a broken page")
	errOther = errors.New("not supported")
)

// value is a value of a column: bytes or a number, or neither if it is null.
type value struct {
	null   bool
	bytes  []byte // shared with other values
	number int64
}

// values yields the values of the chunk in their order, and ends early if yield returns false. It fails if there are
// not as many as the chunk says.
func (c chunk) values(r io.ReaderAt, yield func(v value) bool) error {
	p := pages{chunk: c, r: r, at: c.from}
	for n := int64(0); n < c.count; {
		decode, count, err := p.next()
		if err != nil {
			return err
		}
		if count > c.count-n {
			return fmt.Errorf("more than the %d values that its column should have", c.count)
		}
		for range count {
			v, err := decode()
			if err != nil {
				return err
			}
			if !yield(v) {
				return nil
			}
		}
		n += count
	}
	return nil
}

// pages reads the pages of a chunk one after another.
type pages struct {
	chunk
	r          io.ReaderAt
	at         int64
	dictionary []value
}

// next reads the next page with data: how many values it has, and a function that decodes them one by one.
func (p *pages) next() (decode func() (value, error), n int64, err error) {
	for {
		head, size, err := p.head()
		if err != nil {
			return nil, 0, err
		}
		body := make([]byte, size)
		if _, err := p.r.ReadAt(body, p.at); err != nil {
			return nil, 0, err
		}
		p.at += size
		long := head.number(2)
		switch head.number(1) {
		case pageDictionary:
			if body, err = p.unpack(body, long); err == nil {
				err = p.readDictionary(body, head.inner(7).number(1))
			}
			if err != nil {
				return nil, 0, err
			}
		case pageData:
			about := head.inner(5)
			if body, err = p.unpack(body, long); err != nil {
				return nil, 0, err
			}
			decode, err = p.data(body, about.number(2))
			return decode, about.number(1), err
		case pageData2:
			about := head.inner(8)
			decode, err = p.data2(body, about, long)
			return decode, about.number(1), err
		} // an index is of no use here
	}
}

// head reads the head of a page, which is followed by size bytes.
func (p *pages) head() (head fields, size int64, err error) {
	end := p.from + p.chunk.size
	if p.at >= end {
		return nil, 0, errors.New("fewer values than its column should have")
	}
	for most := int64(1 << 12); ; most *= 16 {
		b := make([]byte, min(most, end-p.at))
		if _, err := p.r.ReadAt(b, p.at); err != nil {
			return nil, 0, err
		}
		head, rest, err := readStruct(b)
		if err != nil && int64(len(b)) < end-p.at && most < maxHead {
			continue // it is longer
		}
		if err != nil {
			return nil, 0, err
		}
		p.at += int64(len(b) - len(rest))
		size, long := head.number(3), head.number(2)
		counts := []int64{head.inner(5).number(1), head.inner(7).number(1), head.inner(8).number(1)}
		for _, n := range append(counts, size, long) {
			if n < 0 {
				return nil, 0, errPage
			}
		}
		if size > end-p.at || size > maxPage || long > maxPage {
			return nil, 0, fmt.Errorf("a page of %d bytes, %d compressed: want at most %d, and %d are left", long, size,
				maxPage, end-p.at)
		}
		return head, size, nil
	}
}

// unpack decompresses a page to its long bytes. It takes no more memory than these, whatever the page says.
func (p *pages) unpack(b []byte, long int64) (out []byte, err error) {
	var r io.Reader
	switch {
	case p.codec == 0 || long == 0 && len(b) == 0:
		out = b
	case p.codec == 1:
		if n, err := snappy.DecodedLen(b); err != nil || int64(n) != long || long > 64*int64(len(b)) {
			return nil, errPage
		}
		out, err = snappy.Decode(nil, b)
	case p.codec == 2:
		r, err = gzip.NewReader(bytes.NewReader(b))
	case p.codec == 6:
		var d *zstd.Decoder
		d, err = zstd.NewReader(bytes.NewReader(b), zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxPage),
			zstd.WithDecoderLowmem(true))
		if err == nil {
			defer d.Close()
		}
		r = d
	default:
		name := "a codec that is not known"
		if known := map[int64]string{3: "LZO", 4: "BROTLI", 5: "LZ4", 7: "LZ4_RAW"}[p.codec]; known != "" {
			name = known
		}
		return nil, fmt.Errorf("%w: pages compressed by %s: want SNAPPY, GZIP, ZSTD or none", errOther, name)
	}
	if err == nil && r != nil {
		out, err = io.ReadAll(io.LimitReader(r, long+1))
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errPage, err)
	}
	if int64(len(out)) != long {
		return nil, fmt.Errorf("%w: %d bytes and not %d", errPage, len(out), long)
	}
	return out, nil
}

// readDictionary reads n values, which others name by their index.
func (p *pages) readDictionary(b []byte, n int64) error {
	if n > maxDictionary || p.kind == typeBool {
		return fmt.Errorf("%w: a dictionary of %d values", errPage, n)
	}
	next := p.plain(b)
	p.dictionary = []value{}
	for range n {
		v, err := next()
		if err != nil {
			return err
		}
		p.dictionary = append(p.dictionary, v)
	}
	return nil
}

// data decodes a page of the first version: levels, if values may be missing, with their length before them, and then
// the values that are there.
func (p *pages) data(b []byte, encoding int64) (func() (value, error), error) {
	var levels *hybrid
	if p.optional > 0 {
		if len(b) < 4 {
			return nil, errPage
		}
		n := int64(binary.LittleEndian.Uint32(b))
		if n > int64(len(b)-4) {
			return nil, errPage
		}
		levels = newHybrid(b[4:4+n], width(p.optional))
		b = b[4+n:]
	}
	return p.present(levels, b, encoding)
}

// data2 decodes a page of the second version: levels that are not compressed, and then the values that are there.
func (p *pages) data2(b []byte, about fields, long int64) (func() (value, error), error) {
	repetition, definition := about.number(6), about.number(5)
	if repetition != 0 || definition < 0 || definition > int64(len(b)) || definition > long {
		return nil, errPage
	}
	levels := newHybrid(b[:definition], width(p.optional))
	if p.optional == 0 {
		levels = nil
	}
	b = b[definition:]
	if plain, is := about.get(7).(bool); !is || plain { // compressed, then
		var err error
		if b, err = p.unpack(b, long-definition); err != nil {
			return nil, err
		}
	}
	return p.present(levels, b, about.number(4))
}

// present decodes values, and those that are missing as null.
func (p *pages) present(levels *hybrid, b []byte, encoding int64) (func() (value, error), error) {
	next, err := p.decoder(b, encoding)
	if err != nil || levels == nil {
		return next, err
	}
	return func() (value, error) {
		level, err := levels.next()
		if err != nil {
			return value{}, err
		}
		if int(level) < p.optional {
			return value{null: true}, nil
		}
		return next()
	}, nil
}

// decoder decodes values that are there, one by one.
func (p *pages) decoder(b []byte, encoding int64) (func() (value, error), error) {
	switch {
	case encoding == encodingPlain:
		return p.plain(b), nil
	case encoding == encodingRLE && p.kind == typeBool && len(b) >= 4:
		bits := newHybrid(b[4:], 1)
		return func() (value, error) {
			v, err := bits.next()
			return value{number: int64(v)}, err
		}, nil
	case encoding == encodingDelta && (p.kind == typeInt32 || p.kind == typeInt64):
		d, err := newDeltas(b)
		return func() (value, error) {
			v, err := d.next()
			if p.kind == typeInt32 {
				v = int64(int32(v))
			}
			return value{number: v}, err
		}, err
	case encoding == encodingDeltaLength && p.kind == typeBinary:
		return p.deltaLength(b)
	case encoding != encodingPlainDictionary && encoding != encodingRLEDictionary:
		return nil, fmt.Errorf("%w: values of encoding %d: want PLAIN, a dictionary, DELTA_BINARY_PACKED or "+
			"DELTA_LENGTH_BYTE_ARRAY", errOther, encoding)
	case len(b) == 0:
		return func() (value, error) { return value{}, errPage }, nil // all are null
	case b[0] > 32:
		return nil, errPage
	}
	indices := newHybrid(b[1:], int(b[0]))
	return func() (value, error) {
		i, err := indices.next()
		if err != nil || int64(i) >= int64(len(p.dictionary)) {
			return value{}, errPage
		}
		return p.dictionary[i], nil
	}, nil
}

// plain decodes values that follow each other.
func (p *pages) plain(b []byte) func() (value, error) {
	bit := 0
	take := func(n uint64) []byte {
		if n > uint64(len(b)) {
			return nil
		}
		taken := b[:n:n]
		b = b[n:]
		return taken
	}
	return func() (v value, err error) {
		var t []byte
		switch p.kind {
		case typeInt32:
			if t = take(4); t != nil {
				v.number = int64(int32(binary.LittleEndian.Uint32(t)))
			}
		case typeInt64:
			if t = take(8); t != nil {
				v.number = int64(binary.LittleEndian.Uint64(t))
			}
		case typeBinary:
			if t = take(4); t != nil {
				t = take(uint64(binary.LittleEndian.Uint32(t)))
				v.bytes = t
			}
		case typeBool:
			if bit/8 < len(b) {
				t = b
				v.number = int64(b[bit/8] >> (bit % 8) & 1)
				bit++
			}
		}
		if t == nil {
			err = errPage
		}
		return v, err
	}
}

// deltaLength decodes bytes that follow all their lengths.
func (p *pages) deltaLength(b []byte) (func() (value, error), error) {
	d, err := newDeltas(b)
	if err != nil {
		return nil, err
	}
	if d.left > uint64(p.count) {
		return nil, errPage
	}
	lengths := make([]int64, d.left)
	for i := range lengths {
		if lengths[i], err = d.next(); err != nil {
			return nil, err
		}
	}
	b = d.b
	return func() (v value, err error) {
		if len(lengths) == 0 || lengths[0] < 0 || lengths[0] > int64(len(b)) {
			return v, errPage
		}
		n := lengths[0]
		v.bytes, b, lengths = b[:n:n], b[n:], lengths[1:]
		return v, nil
	}, nil
}
