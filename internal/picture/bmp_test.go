package picture

import (
	"image/color"
	"slices"
	"testing"
)

// A pixel of a BMP has the value that its bits say, bottom up, and rows are padded to four bytes. All pictures are 3×2:
// the upper row is c0 c1 c2, the lower row c3 c4 c5.
func TestBMP(t *testing.T) {
	blackWhite := []byte{0, 0, 0, 0, 255, 255, 255, 0}
	four := []byte{0, 0, 255, 0, 0, 255, 0, 0, 255, 0, 0, 0, 9, 8, 7, 0} // red, green, blue, 7 8 9
	red, green, blue, dark := [3]uint8{255}, [3]uint8{0, 255}, [3]uint8{2: 255}, [3]uint8{7, 8, 9}
	for name, c := range map[string]struct {
		file []byte
		want [6][3]uint8
		grey bool
	}{
		"1 bit": {bmpFile(3, 2, 1, 0, 0, nil, blackWhite, []byte{0xa0, 0, 0, 0, 0x40, 0, 0, 0}),
			[6][3]uint8{{}, {255, 255, 255}, {}, {255, 255, 255}, {}, {255, 255, 255}}, true},
		"2 bits": {bmpFile(3, 2, 2, 0, 0, nil, four, []byte{0b11_10_01_00, 0, 0, 0, 0b00_01_10_00, 0, 0, 0}),
			[6][3]uint8{red, green, blue, dark, blue, green}, false},
		"4 bits": {bmpFile(3, 2, 4, 0, 4, nil, four, []byte{0x32, 0x10, 0, 0, 0x01, 0x20, 0, 0}),
			[6][3]uint8{red, green, blue, dark, blue, green}, false},
		"8 bits, a colour that is not there": {bmpFile(3, 2, 8, 0, 4, nil, four, []byte{3, 2, 200, 0, 0, 1, 2, 0}),
			[6][3]uint8{red, green, blue, dark, blue, {}}, false},
		"RLE8": {bmpFile(3, 2, 8, bmpRLE8, 4, nil, four, []byte{2, 3, 1, 1, 0, 0, 0, 3, 0, 1, 2, 99, 0, 1}),
			[6][3]uint8{red, green, blue, dark, dark, green}, false},
		"RLE8 with a move": {bmpFile(3, 2, 8, bmpRLE8, 4, nil, four, []byte{1, 2, 0, 2, 1, 1, 1, 3, 0, 1}),
			[6][3]uint8{red, red, dark, blue, red, red}, false},
		"RLE4": {bmpFile(3, 2, 4, bmpRLE4, 4, nil, four, []byte{3, 0x12, 0, 0, 0, 3, 0x01, 0x20, 0, 1}),
			[6][3]uint8{red, green, blue, green, blue, green}, false},
		"16 bits": {bmpFile(3, 2, 16, 0, 0, nil, nil,
			[]byte{0, 0x7c, 0xe0, 0x03, 0x1f, 0, 0, 0, 0xff, 0x7f, 0, 0, 0x10, 0x42, 0, 0}),
			[6][3]uint8{{255, 255, 255}, {}, {132, 132, 132}, red, green, blue}, false},
		"16 bits with masks": {bmpFile(3, 2, 16, bmpBitFields, 0, nil, []byte{0, 0xf8, 0, 0, 0xe0, 7, 0, 0, 0x1f, 0,
			0, 0},
			[]byte{0, 0xf8, 0xe0, 0x07, 0x1f, 0, 0, 0, 0xff, 0xff, 0, 0, 0x10, 0x84, 0, 0}),
			[6][3]uint8{{255, 255, 255}, {}, {132, 130, 132}, red, green, blue}, false},
		"24 bits": {bmpFile(3, 2, 24, 0, 0, nil, nil,
			[]byte{0, 0, 255, 0, 255, 0, 255, 0, 0, 0, 0, 0, 9, 8, 7, 0, 0, 0, 0, 0, 255}),
			[6][3]uint8{dark, {}, red, red, green, blue}, false},
		"32 bits, the fourth byte means nothing": {bmpFile(3, 2, 32, 0, 0, nil, nil,
			[]byte{0, 0, 255, 1, 0, 255, 0, 2, 255, 0, 0, 0, 9, 8, 7, 0, 0, 0, 0, 0, 0, 0, 255, 9}),
			[6][3]uint8{dark, {}, red, red, green, blue}, false},
		"32 bits with alpha": {bmpFile(3, 2, 32, bmpBitFields, 0, []uint32{0xff0000, 0xff00, 0xff, 0xff000000}, nil,
			[]byte{0, 0, 255, 255, 0, 255, 0, 0, 255, 0, 0, 128, 9, 8, 7, 255, 0, 0, 0, 255, 0, 0, 255, 255}),
			[6][3]uint8{dark, {}, red, red, {100, 60, 20}, {50, 30, 138}}, false},
		"32 bits with alpha that is 0 everywhere": {bmpFile(3, 2, 32, bmpBitFields, 0,
			[]uint32{0xff0000, 0xff00, 0xff, 0xff000000}, nil,
			[]byte{0, 0, 255, 0, 0, 255, 0, 0, 255, 0, 0, 0, 9, 8, 7, 0, 0, 0, 0, 0, 0, 0, 255, 0}),
			[6][3]uint8{dark, {}, red, red, green, blue}, false},
		"10 bits a colour": {bmpFile(3, 2, 32, bmpBitFields, 0, []uint32{0x3ff00000, 0xffc00, 0x3ff}, nil,
			slices.Concat(make([]byte, 12), []byte{0, 0, 0, 0x20, 0, 0xfc, 0x0f, 0, 0xff, 3, 0, 0})),
			[6][3]uint8{{128}, green, blue}, false},
		"the first row first": {bmpFile(3, -2, 24, 0, 0, nil, nil,
			[]byte{0, 0, 255, 0, 255, 0, 255, 0, 0, 0, 0, 0, 9, 8, 7, 0, 0, 0, 0, 0, 255}),
			[6][3]uint8{red, green, blue, dark, {}, red}, false},
		"OS/2": {slices.Concat([]byte("BM\x00\x00\x00\x00\x00\x00\x00\x00\x20\x00\x00\x00"),
			[]byte{12, 0, 0, 0, 3, 0, 2, 0},
			[]byte{1, 0, 1, 0, 0, 0, 255, 7, 8, 9, 0xa0, 0, 0, 0, 0x40, 0, 0, 0}),
			[6][3]uint8{red, {9, 8, 7}, red, {9, 8, 7}, red, {9, 8, 7}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			p := decoded(t, c.file, brown)
			if p.Format != "BMP" || p.Grey != c.grey || p.Alpha != (name == "32 bits with alpha") {
				t.Errorf("%s, grey %v, alpha %v", p.Format, p.Grey, p.Alpha)
			}
			for i, want := range c.want {
				near(t, at(p.Image, i%3, i/3), want, 0, i%3, i/3)
			}
		})
	}
}

func TestBMPThatIsRefused(t *testing.T) {
	four := make([]byte, 16)
	for want, file := range map[string][]byte{
		"BMP: compression 4 of 24 bits a pixel is not supported": bmpFile(3, 2, 24, 4, 0, nil, nil, make([]byte, 30)),
		"BMP: compression 0 of 3 bits a pixel is not supported":  bmpFile(3, 2, 3, 0, 0, nil, nil, make([]byte, 30)),
		"BMP of -3×2 pixels: want 1 to 100000000 pixels in all":  bmpFile(-3, 2, 24, 0, 0, nil, nil, make([]byte, 30)),
		"BMP of 3×0 pixels: want 1 to 100000000 pixels in all":   bmpFile(3, 0, 24, 0, 0, nil, nil, make([]byte, 30)),
		"BMP: the file ends early": bmpFile(3, 2, 4, bmpRLE4, 4, nil, four, []byte{3,
			0x12, 0, 0}),
	} {
		if _, err := Decode(file, color.RGBA{}); err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
}
