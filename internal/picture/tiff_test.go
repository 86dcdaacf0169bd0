package picture

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"image"
	"image/color"
	"slices"
	"strings"
	"testing"
)

func deflated(b []byte) []byte {
	var to bytes.Buffer
	z := zlib.NewWriter(&to)
	z.Write(b)
	z.Close()
	return to.Bytes()
}

// All pictures are 3×2: the upper row is c0 c1 c2, the lower row c3 c4 c5.
func TestTIFF(t *testing.T) {
	le, be := binary.LittleEndian, binary.BigEndian
	rgb := []byte{1, 2, 3, 40, 50, 60, 7, 8, 9, 100, 110, 120, 0, 0, 0, 255, 254, 253}
	want := [6][3]uint8{{1, 2, 3}, {40, 50, 60}, {7, 8, 9}, {100, 110, 120}, {}, {255, 254, 253}}
	grey := func(v ...uint8) (c [6][3]uint8) {
		for i, v := range v {
			c[i] = [3]uint8{v, v, v}
		}
		return c
	}
	planes := [][]byte{{1, 40, 7, 100, 0, 255}, {2, 50, 8, 110, 0, 254}, {3, 60, 9, 120, 0, 253}}
	rows := func(n int) tag { return tag{tagRowsPerStrip, 3, []int{n}} }
	tiles := []tag{{tagTileWidth, 3, []int{2}}, {tagTileHeight, 3, []int{2}}}
	left, right := []byte{1, 2, 3, 40, 50, 60, 100, 110, 120, 0, 0, 0}, []byte{7, 8, 9, 5, 5, 5, 255, 254, 253, 5, 5, 5}
	table := make([]int, 3*16)
	table[0], table[16+1], table[32+2] = 255<<8, 255<<8, 255<<8
	for name, c := range map[string]struct {
		file []byte
		want [6][3]uint8
		grey bool
	}{
		"strips":  {tiffFile(le, layout(3, 2, 8, 3, 2, 1, rows(1)), [][]byte{rgb[:9], rgb[9:]}), want, false},
		"deflate": {tiffFile(be, layout(3, 2, 8, 3, 2, 8), [][]byte{deflated(rgb)}), want, false},
		"packbits": {tiffFile(le, layout(3, 2, 8, 1, 1, tiffPackBits), [][]byte{{0x80, 1, 7, 8, 0xfe, 9, 0, 1}}),
			grey(7, 8, 9, 9, 9, 1), true},
		"planes": {tiffFile(le, layout(3, 2, 8, 3, 2, 1, tag{tagPlanar, 3, []int{2}}), planes), want, false},
		"planes in strips": {tiffFile(le, layout(3, 2, 8, 3, 2, 1, tag{tagPlanar, 3, []int{2}}, rows(1)),
			[][]byte{planes[0][:3], planes[0][3:], planes[1][:3], planes[1][3:], planes[2][:3], planes[2][3:]}), want,
			false},
		"tiles": {tiffFile(be, append(layout(3, 2, 8, 3, 2, 1), tiles...), [][]byte{left, right}), want, false},
		"predictor": {tiffFile(le, layout(3, 2, 8, 3, 2, 8, tag{tagPredictor, 3, []int{2}}), [][]byte{deflated(
			[]byte{1, 2, 3, 39, 48, 57, 223, 214, 205, 100, 110, 120, 156, 146, 136, 255, 254, 253})}), want, false},
		"predictor of 16 bits": {tiffFile(be, layout(3, 2, 16, 1, 1, 8, tag{tagPredictor, 3, []int{2}}),
			[][]byte{deflated(
				[]byte{1, 0, 0, 255, 255, 1, 9, 0, 0, 0, 1, 0})}), grey(1, 1, 1, 9, 9, 10), true},
		"1 bit": {tiffFile(le, layout(3, 2, 1, 1, 1, 1), [][]byte{{0xa0, 0x40}}), grey(255, 0, 255, 0, 255, 0), true},
		"1 bit, the last first": {tiffFile(le, layout(3, 2, 1, 1, 1, 1, tag{tagFillOrder, 3, []int{2}}),
			[][]byte{{0x05, 0x02}}), grey(255, 0, 255, 0, 255, 0), true},
		"1 bit, white is zero": {tiffFile(le, layout(3, 2, 1, 1, 0, 1), [][]byte{{0xa0, 0x40}}),
			grey(0, 255, 0, 255, 0, 255), true},
		"2 bits": {tiffFile(le, layout(3, 2, 2, 1, 1, 1), [][]byte{{0b00_01_10_00, 0b11_00_00_00}}),
			grey(0, 85, 170, 255, 0, 0), true},
		"4 bits": {tiffFile(le, layout(3, 2, 4, 1, 1, 1), [][]byte{{0x01, 0x20, 0xf0, 0x30}}), grey(0, 17, 34, 255,
			0, 51), true},
		"a little": {tiffFile(le, layout(3, 2, 16, 1, 1, 1), [][]byte{{0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 255, 6}}),
			grey(1, 2, 3, 4, 5, 6), true},
		"palette": {tiffFile(le, layout(3, 2, 4, 1, 3, 1, tag{tagColorMap, 3, table}), [][]byte{{0x01, 0x20, 0xf2,
			0x10}}),
			[6][3]uint8{{255}, {0, 255}, {2: 255}, {}, {2: 255}, {0, 255}}, false},
		"alpha": {tiffFile(le, layout(3, 2, 8, 2, 1, 1, tag{tagExtraSamples, 3, []int{2}}),
			[][]byte{{200, 255, 200, 0, 200, 128, 0, 255, 9, 255, 8, 255}}),
			[6][3]uint8{{200, 200, 200}, {100, 60, 20}, {150, 130, 110}, {}, {9, 9, 9}, {8, 8, 8}}, false},
		"premultiplied alpha": {tiffFile(le, layout(3, 2, 8, 2, 1, 1, tag{tagExtraSamples, 3, []int{1}}),
			[][]byte{{200, 255, 0, 0, 100, 128, 0, 255, 9, 255, 8, 255}}),
			[6][3]uint8{{200, 200, 200}, {100, 60, 20}, {150, 130, 110}, {}, {9, 9, 9}, {8, 8, 8}}, false},
		"a sample that means nothing": {tiffFile(le, layout(3, 2, 8, 2, 1, 1, tag{tagExtraSamples, 3, []int{0}}),
			[][]byte{{1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0}}), grey(1, 2, 3, 4, 5, 6), true},
		"CMYK": {tiffFile(le, layout(3, 2, 8, 4, 5, 1), [][]byte{
			{0, 0, 0, 0, 255, 0, 0, 0, 0, 255, 0, 0, 0, 0, 255, 0, 0, 0, 0, 255, 0, 0, 0, 155}}),
			[6][3]uint8{{255, 255, 255}, {0, 255, 255}, {255, 0, 255}, {255, 255, 0}, {}, {100, 100, 100}}, false},
		"without lengths": {withoutLengths(tiffFile(le, layout(3, 2, 8, 1, 1, 1), [][]byte{{1, 2, 3, 4, 5, 6}})),
			grey(1, 2, 3, 4, 5, 6), true},
	} {
		t.Run(name, func(t *testing.T) {
			p := decoded(t, c.file, brown)
			if p.Format != "TIFF" || p.Grey != c.grey || p.Alpha != strings.HasSuffix(name, "alpha") {
				t.Errorf("%s, grey %v, alpha %v", p.Format, p.Grey, p.Alpha)
			}
			for i, want := range c.want {
				near(t, at(p.Image, i%3, i/3), want, 0, i%3, i/3)
			}
		})
	}
}

// withoutLengths renames the entry that says how long the strips are.
func withoutLengths(b []byte) []byte {
	return bytes.Replace(b, []byte{tagStripCounts & 255, 1, 4, 0}, []byte{0, 255, 4, 0}, 1)
}

// Tiles that are JPEGs go where they belong, with colours as the page says.
func TestTIFFOfJPEG(t *testing.T) {
	m := image.NewGray(image.Rect(0, 0, 16, 16))
	var tiles [][]byte
	for i := range 4 {
		for j := range m.Pix {
			m.Pix[j] = uint8(10 + 60*i)
		}
		tiles = append(tiles, encodeJPEG(t, m))
	}
	sized := []tag{{tagTileWidth, 3, []int{16}}, {tagTileHeight, 3, []int{16}}}
	p := decoded(t, tiffFile(binary.BigEndian, append(layout(20, 24, 8, 1, 1, 7), sized...), tiles), white)
	for i, c := range [][2]int{{3, 3}, {18, 3}, {3, 20}, {18, 20}} {
		v := uint8(10 + 60*i)
		near(t, at(p.Image, c[0], c[1]), [3]uint8{v, v, v}, 1, c[0], c[1])
	}
	if !p.Grey {
		t.Error("tiles of grey are not grey")
	}
}

func TestTIFFThatIsRefused(t *testing.T) {
	chunk := [][]byte{make([]byte, 6)}
	for want, tags := range map[string][]tag{
		"TIFF: photometric interpretation 8 is not supported: want grey, RGB, palette, CMYK or YCbCr": layout(3, 2, 8,
			3, 8, 1),
		"TIFF: 9 samples a pixel are not supported: want 3 or 4": layout(3, 2, 8,
			9, 2, 1),
		"TIFF: 32 bits a sample are not supported: want 1, 2, 4, 8 or 16": layout(3, 2,
			32, 1, 1, 1),
		"TIFF: signed and floating-point samples are not supported: want unsigned integers": layout(3, 2, 16, 1, 1, 1,
			tag{tagSampleFormat, 3, []int{3}}),
		"TIFF: compression 34925 of 1 samples of 8 bits, photometric interpretation 1, is not supported": layout(3, 2,
			8, 1, 1, 34925),
		"TIFF: two-dimensional Group 3 is not supported": layout(3, 2, 1, 1, 1, 3, tag{tagT4Options,
			4, []int{1}}),
		"TIFF: predictor 3 is not supported": layout(3, 2, 8, 1, 1, 8, tag{tagPredictor,
			3, []int{3}}),
		"TIFF: the file ends early": layout(3, 3, 8, 1, 1, 1),
		"TIFF: tiles of 3×5000 for 3×2 pixels": layout(3, 2, 8, 1, 1, 8, tag{tagTileWidth, 4, []int{3}},
			tag{tagTileHeight, 4, []int{5000}}),
		"TIFF: tiles of 60000×60000 for 3×2 pixels": layout(3, 2, 8, 1, 1, 8, tag{tagTileWidth, 4, []int{60000}},
			tag{tagTileHeight, 4, []int{60000}}),
		"TIFF of 70000×70000 pixels: want 1 to 100000000 pixels in all": {
			{tagWidth, 4, []int{70000}}, {tagHeight, 4, []int{70000}}, {tagPhotometric, 3, []int{1}}},
	} {
		if _, err := Decode(tiffFile(binary.LittleEndian, tags, chunk),
			color.RGBA{}); err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
	overlap := tiffFile(binary.LittleEndian, layout(3, 40, 8, 1, 1, 8, tag{tagRowsPerStrip, 3, []int{1}},
		tag{tagStripOffsets, 4, slices.Repeat([]int{8}, 40)}, tag{tagStripCounts, 4, slices.Repeat([]int{100}, 40)}),
		nil)
	if _, err := Decode(overlap, white); err == nil || err.Error() != "TIFF: strips or tiles that overlap" {
		t.Errorf("strips that overlap: %v", err)
	}
}
