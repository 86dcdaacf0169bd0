package picture

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

var (
	white = color.RGBA{255, 255, 255, 255}
	brown = color.RGBA{100, 60, 20, 255}
)

// fixture reads a file of testdata.
func fixture(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func decoded(t *testing.T, b []byte, background color.RGBA) *Picture {
	t.Helper()
	p, err := Decode(b, background)
	if err != nil {
		t.Fatal(err)
	}
	size := image.Rect(0, 0, p.Width, p.Height)
	if p.Image.Bounds() != size || !p.Image.(interface{ Opaque() bool }).Opaque() {
		t.Fatalf("%v of bounds %v: want an opaque one of %v", p.Header, p.Image.Bounds(), size)
	}
	switch p.Image.(type) {
	case *image.Gray, *image.Gray16:
	case *image.YCbCr, *image.RGBA, *image.RGBA64:
		if p.Grey {
			t.Fatalf("a grey picture is a %T", p.Image)
		}
	default:
		t.Fatalf("a picture is a %T", p.Image)
	}
	return p
}

// at is a pixel as 8 bits.
func at(m image.Image, x, y int) [3]uint8 {
	r, g, b, _ := m.At(x, y).RGBA()
	return [3]uint8{uint8(r >> 8), uint8(g >> 8), uint8(b >> 8)}
}

// noise is a picture in which all pixels differ.
func noise(w, h int) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for i := range w * h {
		m.SetNRGBA(i%w, i/w, color.NRGBA{uint8(i), uint8(i >> 8), uint8(7 * i), 255})
	}
	return m
}

func encodePNG(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func encodeJPEG(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 100}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// exif is EXIF data with an orientation alone.
func exif(order binary.AppendByteOrder, orientation int) []byte {
	return tiffFile(order, []tag{{orientationTag, 3, []int{orientation}}}, nil)
}

// withChunk puts a chunk behind the head of a PNG.
func withChunk(b []byte, name string, data []byte) []byte {
	const head = 8 + 25
	c := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
	c = append(append(c, name...), data...)
	return slices.Insert(slices.Clone(b), head, binary.BigEndian.AppendUint32(c, crc32.ChecksumIEEE(c[4:]))...)
}

// withSegment puts a segment behind the head of a JPEG.
func withSegment(b []byte, mark byte, data []byte) []byte {
	s := binary.BigEndian.AppendUint16([]byte{0xff, mark}, uint16(2+len(data)))
	return slices.Insert(slices.Clone(b), 2, append(s, data...)...)
}

// withoutSegment takes out the first segment of a kind.
func withoutSegment(b []byte, mark byte) []byte {
	i := bytes.Index(b, []byte{0xff, mark})
	return slices.Delete(slices.Clone(b), i, i+2+int(binary.BigEndian.Uint16(b[i+2:])))
}

// tag is an entry of a directory. Type 3 has 16 bits, 4 has 32, and 7 has 8.
type tag struct {
	id, kind uint16
	values   []int
}

// tiffFile is a TIFF with the chunks, whose places it adds as strips or, where there are tiles, as tiles.
func tiffFile(order binary.AppendByteOrder, tags []tag, chunks [][]byte) []byte {
	b := []byte("II*\x00")
	if order == binary.AppendByteOrder(binary.BigEndian) {
		b = []byte("MM\x00*")
	}
	b = append(b, 0, 0, 0, 0)
	offsets, counts := tag{tagStripOffsets, 4, nil}, tag{tagStripCounts, 4, nil}
	if slices.ContainsFunc(tags, func(t tag) bool { return t.id == tagTileWidth }) {
		offsets.id, counts.id = tagTileOffsets, tagTileCounts
	}
	for _, c := range chunks {
		offsets.values, counts.values = append(offsets.values, len(b)), append(counts.values, len(c))
		b = append(b, c...)
	}
	if chunks != nil {
		tags = append(slices.Clone(tags), offsets, counts)
	}
	directory := order.AppendUint16(nil, uint16(len(tags)))
	for _, t := range tags {
		data := t.data(order)
		directory = order.AppendUint16(order.AppendUint16(directory, t.id), t.kind)
		directory = order.AppendUint32(directory, uint32(len(t.values)))
		if len(data) > 4 {
			directory = order.AppendUint32(directory, uint32(len(b)))
			b = append(b, data...)
		} else {
			directory = append(directory, append(data, 0, 0, 0, 0)[:4]...)
		}
	}
	at := order.AppendUint32(nil, uint32(len(b)))
	copy(b[4:], at)
	return append(append(b, directory...), 0, 0, 0, 0)
}

func (t tag) data(order binary.AppendByteOrder) (b []byte) {
	for _, v := range t.values {
		switch t.kind {
		case 3:
			b = order.AppendUint16(b, uint16(v))
		case 4:
			b = order.AppendUint32(b, uint32(v))
		default:
			b = append(b, byte(v))
		}
	}
	return b
}

// layout are the tags that every TIFF has, and more.
func layout(width, height, bits, samples, photometric, compression int, more ...tag) []tag {
	each := slices.Repeat([]int{bits}, samples)
	return append([]tag{
		{tagWidth, 3, []int{width}}, {tagHeight, 3, []int{height}}, {tagBits, 3, each},
		{tagCompression, 3, []int{compression}}, {tagPhotometric, 3, []int{photometric}}, {tagSamples, 3,
			[]int{samples}},
	}, more...)
}

// bmpFile is a BMP with a header of 40 bytes or more, whose rest is masks, and what follows the header.
func bmpFile(width, height, bits, compression, colours int, masks []uint32, rest, pixels []byte) []byte {
	head := binary.LittleEndian.AppendUint32(nil, uint32(40+4*len(masks)))
	head = binary.LittleEndian.AppendUint32(head, uint32(width))
	head = binary.LittleEndian.AppendUint32(head, uint32(height))
	head = binary.LittleEndian.AppendUint16(append(head, 1, 0), uint16(bits))
	head = binary.LittleEndian.AppendUint32(head, uint32(compression))
	head = append(head, make([]byte, 12)...)
	head = binary.LittleEndian.AppendUint32(head, uint32(colours))
	head = append(head, 0, 0, 0, 0)
	for _, m := range masks {
		head = binary.LittleEndian.AppendUint32(head, m)
	}
	at := uint32(bmpFileHeader + len(head) + len(rest))
	b := binary.LittleEndian.AppendUint32([]byte("BM\x00\x00\x00\x00\x00\x00\x00\x00"), at)
	return slices.Concat(b, head, rest, pixels)
}
