package picture

import (
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"math/bits"
)

// Compressions of a BMP.
const (
	bmpPlain          = 0
	bmpRLE8           = 1
	bmpRLE4           = 2
	bmpBitFields      = 3
	bmpAlphaBitFields = 6
)

const bmpFileHeader = 14 // bytes before the header of the bitmap

// bitmap is the head of a BMP of OS/2 or of any version of Windows.
type bitmap struct {
	width, height int
	topDown       bool
	bits          int // a pixel
	compression   uint32
	masks         [4]uint32 // red, green, blue, alpha
	palette       color.Palette
	pixels        []byte
}

func isBMP(b []byte) bool {
	if len(b) < 18 || string(b[:2]) != "BM" {
		return false
	}
	switch le32(b[bmpFileHeader:]) {
	case 12, 16, 40, 52, 56, 64, 108, 124:
		return true
	}
	return false
}

func bmpHeader(b []byte) (Header, error) {
	m, err := readBMP(b)
	return Header{Width: m.width, Height: m.height}, err
}

// readBMP reads everything before the pixels.
func readBMP(b []byte) (m bitmap, err error) {
	size := int(le32(b[bmpFileHeader:]))
	if len(b) < bmpFileHeader+size {
		return m, errEarly
	}
	head, rest := b[bmpFileHeader:][:size], b[bmpFileHeader+size:]
	used, each := m.readSize(head)
	if err := m.check(); err != nil {
		return m, err
	}
	if rest, err = m.readMasks(head, rest); err != nil {
		return m, err
	}
	at := int(le32(b[10:]))
	if m.bits <= 8 {
		if used == 0 || used > 1<<m.bits {
			used = 1 << m.bits
		}
		if room := (at - (len(b) - len(rest))) / each; room > 0 { // some files count colours that they do not have
			used = min(used, room)
		}
		if len(rest) < used*each {
			return m, errEarly
		}
		m.readPalette(rest, used, each)
		rest = rest[used*each:]
	}
	if m.pixels = rest; at > len(b)-len(rest) {
		m.pixels = b[min(at, len(b)):]
	}
	return m, nil
}

// readSize reads the fields that all headers have, and returns the colours of the palette and the bytes of one.
func (m *bitmap) readSize(head []byte) (used, each int) {
	if len(head) == 12 {
		m.width, m.height, m.bits = int(le16(head[4:])), int(le16(head[6:])), int(le16(head[10:]))
		return 0, 3
	}
	m.width, m.height, m.bits = int(int32(le32(head[4:]))), int(int32(le32(head[8:]))), int(le16(head[14:]))
	if m.topDown = m.height < 0; m.topDown {
		m.height = -m.height
	}
	if len(head) < 40 {
		return 0, 4
	}
	m.compression = le32(head[16:])
	return int(min(le32(head[32:]), 1<<16)), 4
}

// check refuses what is not a picture of known pixels.
func (m *bitmap) check() error {
	var known bool
	switch m.bits {
	case 1, 2:
		known = m.compression == bmpPlain
	case 4:
		known = m.compression == bmpPlain || m.compression == bmpRLE4 && !m.topDown
	case 8:
		known = m.compression == bmpPlain || m.compression == bmpRLE8 && !m.topDown
	case 24:
		known = m.compression == bmpPlain
	case 16, 32:
		known = m.compression == bmpPlain || m.compression == bmpBitFields || m.compression == bmpAlphaBitFields
	}
	if !known {
		return fmt.Errorf("compression %d of %d bits a pixel is not supported", m.compression, m.bits)
	}
	return nil
}

// readMasks finds where the colours of 16 and 32 bits lie. Masks follow a header of 40 bytes, and are part of a longer
// one. Without masks there is no alpha.
func (m *bitmap) readMasks(head, rest []byte) ([]byte, error) {
	m.masks = [4]uint32{0xff0000, 0xff00, 0xff}
	if m.bits == 16 {
		m.masks = [4]uint32{0x7c00, 0x3e0, 0x1f}
	}
	if m.compression != bmpBitFields && m.compression != bmpAlphaBitFields {
		return rest, nil
	}
	count := 3
	if m.compression == bmpAlphaBitFields || len(head) >= 56 {
		count = 4
	}
	var list []byte
	if len(head) >= 52 {
		list = head[40:]
	} else {
		list, rest = rest[:min(4*count, len(rest))], rest[min(4*count, len(rest)):]
	}
	if len(list) < 4*count {
		return nil, errEarly
	}
	for i := range count {
		m.masks[i] = le32(list[4*i:])
	}
	return rest, nil
}

// readPalette reads colours in the order blue, green, red. What a pixel names beyond them is black.
func (m *bitmap) readPalette(b []byte, used, each int) {
	m.palette = make(color.Palette, 1<<m.bits)
	for i := range m.palette {
		m.palette[i] = color.RGBA{A: 255}
		if i < used {
			c := b[i*each:]
			m.palette[i] = color.RGBA{c[2], c[1], c[0], 255}
		}
	}
}

func decodeBMP(b []byte) (image.Image, bool, error) {
	m, err := readBMP(b)
	if err != nil {
		return nil, false, err
	}
	if m.bits > 8 {
		colours, err := m.decodeColours()
		return colours, false, err
	}
	indices := image.NewPaletted(image.Rect(0, 0, m.width, m.height), m.palette)
	if m.compression == bmpPlain {
		err = m.decodeIndices(indices)
	} else {
		err = m.decodeRuns(indices)
	}
	return indices, onlyGreys(m.palette), err
}

// row returns the bytes of row y from the top; the last row of a file may lack its padding.
func (m *bitmap) row(y int) ([]byte, error) {
	if !m.topDown {
		y = m.height - 1 - y
	}
	stride := (m.width*m.bits + 31) / 32 * 4
	length := (m.width*m.bits + 7) / 8
	if y*stride+length > len(m.pixels) {
		return nil, errEarly
	}
	return m.pixels[y*stride:][:length], nil
}

func (m *bitmap) decodeIndices(to *image.Paletted) error {
	mask := byte(1<<m.bits - 1)
	for y := range m.height {
		row, err := m.row(y)
		if err != nil {
			return err
		}
		for x := range m.width {
			bit := x * m.bits
			to.Pix[y*to.Stride+x] = row[bit/8] >> (8 - m.bits - bit%8) & mask
		}
	}
	return nil
}

// decodeColours decodes pixels of 16 to 32 bits. Alpha that is 0 everywhere was never written, and is not looked at.
func (m *bitmap) decodeColours() (image.Image, error) {
	to := image.NewNRGBA(image.Rect(0, 0, m.width, m.height))
	var fields [4]bitField
	for i, mask := range m.masks {
		fields[i] = newBitField(mask)
	}
	seen := uint8(0)
	for y := range m.height {
		row, err := m.row(y)
		if err != nil {
			return nil, err
		}
		for pix := to.Pix[y*to.Stride:][:4*m.width]; len(pix) > 0; pix = pix[4:] {
			var v uint32
			switch m.bits {
			case 16:
				v, row = uint32(le16(row)), row[2:]
			case 24:
				v, row = uint32(row[0])|uint32(row[1])<<8|uint32(row[2])<<16, row[3:]
			default:
				v, row = le32(row), row[4:]
			}
			for i := range fields {
				pix[i] = fields[i].of(v)
			}
			seen |= pix[3]
		}
	}
	if seen == 0 {
		for i := 3; i < len(to.Pix); i += 4 {
			to.Pix[i] = 255
		}
	}
	return to, nil
}

// bitField is where a colour lies in a pixel, and what its values of up to 8 bits are in 8 bits.
type bitField struct {
	shift int
	mask  uint32 // shifted down; 0 for none
	table [256]uint8
}

// newBitField drops the low bits of more than 8.
func newBitField(mask uint32) (f bitField) {
	f.shift = bits.TrailingZeros32(mask) & 31
	if n := bits.Len32(mask >> f.shift); n > 8 {
		f.shift += n - 8
	}
	f.mask = mask >> f.shift & 255
	for v := range f.table {
		if f.mask > 0 {
			f.table[v] = uint8((uint32(v)&f.mask*255 + f.mask/2) / f.mask)
		}
	}
	return f
}

func (f *bitField) of(v uint32) uint8 { return f.table[v>>f.shift&f.mask] }

// decodeRuns decodes RLE4 and RLE8. A pair of bytes is a run: its length, and the index of its pixels, or two in turn.
// Length 0 is an escape: 0 ends a row, 1 the picture, 2 moves by the two bytes that follow, and more is the number of
// pixels that follow as they are, padded to pairs. Pixels that are passed over keep index 0.
func (m *bitmap) decodeRuns(to *image.Paletted) error {
	x, y, b := 0, 0, m.pixels
	set := func(n int, at func(i int) byte) {
		for i := range n {
			if x+i < m.width && y < m.height {
				to.Pix[(m.height-1-y)*to.Stride+x+i] = at(i)
			}
		}
		x = min(x+n, m.width)
	}
	for len(b) >= 2 {
		n, v, packed := int(b[0]), b[1], b[1:2]
		b = b[2:]
		switch {
		case n > 0:
			set(n, func(i int) byte { return m.index(packed, i%(8/m.bits)) })
		case v == 0:
			x, y = 0, y+1
		case v == 1:
			return nil
		case v == 2:
			if len(b) < 2 {
				return errEarly
			}
			x, y, b = min(x+int(b[0]), m.width), min(y+int(b[1]), m.height), b[2:]
		default:
			length := (int(v)*m.bits + 15) / 16 * 2
			if len(b) < (int(v)*m.bits+7)/8 {
				return errEarly
			}
			literal := b
			set(int(v), func(i int) byte { return m.index(literal, i) })
			b = b[min(length, len(b)):]
		}
	}
	if y < m.height-1 || x < m.width && y < m.height {
		return errEarly
	}
	return nil
}

// index is index i of packed ones.
func (m *bitmap) index(packed []byte, i int) byte {
	if m.bits == 8 {
		return packed[i]
	}
	return packed[i/2] >> (4 - i%2*4) & 15
}

func le16(b []byte) uint16 { return binary.LittleEndian.Uint16(b) }
func le32(b []byte) uint32 { return binary.LittleEndian.Uint32(b) }
