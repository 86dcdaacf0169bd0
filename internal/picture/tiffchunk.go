package picture

import (
	"bytes"
	"compress/zlib"
	"io"
	"math/bits"
	"slices"

	"golang.org/x/image/ccitt"
	"golang.org/x/image/tiff/lzw"
)

// stored is what chunk i holds, compressed.
func (p *page) stored(i int) ([]byte, error) {
	from := uint64(p.value(p.offsets, i, 0))
	length := uint64(p.value(p.counts, i, uint32(len(p.b))))
	if from >= uint64(len(p.b)) || length > uint64(len(p.b))-from && !p.single() {
		return nil, errEarly
	}
	b := p.b[from:min(from+length, uint64(len(p.b)))]
	if p.value(tagFillOrder, 0, 1) == 2 && p.compression != tiffJPEG {
		b = slices.Clone(b)
		for i, v := range b {
			b[i] = bits.Reverse8(v)
		}
	}
	return b, nil
}

// chunk decompresses chunk i of so many rows. It writes to buf, or returns a part of the file.
func (p *page) chunk(buf []byte, i, rows int) ([]byte, error) {
	b, err := p.stored(i)
	if err != nil {
		return nil, err
	}
	buf = buf[:rows*p.rowBytes()]
	var r io.Reader = bytes.NewReader(b)
	switch p.compression {
	case tiffPlain:
		if len(b) < len(buf) {
			return nil, errEarly
		}
		return b, nil
	case tiffPackBits:
		return buf, unpackBits(buf, b)
	case tiffLZW:
		l := lzw.NewReader(r, lzw.MSB, 8)
		defer l.Close()
		r = l
	case tiffDeflate, tiffDeflateOld:
		z, err := zlib.NewReader(r)
		if err != nil {
			return nil, err
		}
		defer z.Close()
		r = z
	case tiffGroup3, tiffGroup4:
		r = p.fax(r, rows)
	}
	_, err = io.ReadFull(r, buf)
	return buf, err
}

// fax reads a chunk of one bit a pixel as a fax machine codes it. A black pixel is 1.
func (p *page) fax(r io.Reader, rows int) io.Reader {
	kind := ccitt.Group3
	if p.compression == tiffGroup4 {
		kind = ccitt.Group4
	}
	return ccitt.NewReader(r, ccitt.MSB, kind, p.chunkWidth, rows, &ccitt.Options{Invert: true})
}

// rowBytes is the length of a row of a chunk.
func (p *page) rowBytes() int { return (p.chunkWidth*p.samples/p.planes()*p.bits + 7) / 8 }

// unpackBits fills dst: a byte n below 128 is followed by n+1 bytes as they are, and above by one to be repeated 257-n
// times.
func unpackBits(dst, b []byte) error {
	for len(dst) > 0 {
		if len(b) < 2 {
			return errEarly
		}
		n := int(int8(b[0]))
		switch {
		case n >= 0:
			if n+1 > len(b)-1 {
				return errEarly
			}
			copied := copy(dst, b[1:n+2])
			dst, b = dst[copied:], b[n+2:]
		case n == -128:
			b = b[1:]
		default:
			run := dst[:min(1-n, len(dst))]
			for i := range run {
				run[i] = b[1]
			}
			dst, b = dst[len(run):], b[2:]
		}
	}
	return nil
}
