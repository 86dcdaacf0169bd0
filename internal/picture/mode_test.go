package picture

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"testing"
)

func TestMode(t *testing.T) {
	files := map[string][]byte{}
	for file, mode := range map[string]string{"420.jpg": "RGB", "grey.jpg": "grey", "cmyk.jpg": "CMYK",
		"palette.gif": "palette", "lossy.webp": "RGB", "lossless.webp": "RGB", "lossy-alpha.webp": "RGB with alpha",
		"lossless-alpha.webp": "RGB with alpha", "group4.tif": "grey", "jpeg.tif": "RGB", "cmyk.tif": "CMYK",
		"la.tif": "grey with alpha", "progressive.jpg": "RGB"} {
		files[mode+": "+file] = fixture(t, "quarters-"+file)
	}
	r := image.Rect(0, 0, 3, 2)
	half := image.NewNRGBA(r)
	half.Set(1, 1, color.NRGBA{1, 2, 3, 4})
	deep := image.NewNRGBA64(r)
	deep.Set(1, 1, color.NRGBA64{1, 2, 3, 4})
	opaque := image.NewRGBA64(r)
	for i := range opaque.Pix {
		opaque.Pix[i] = 255
	}
	palette := image.NewPaletted(r, color.Palette{color.Black, color.White})
	for mode, m := range map[string]image.Image{"grey": image.NewGray(r), "grey of 16 bits": image.NewGray16(r),
		"RGB with alpha": half, "RGB of 16 bits with alpha": deep, "RGB of 16 bits": opaque, "palette": palette} {
		files[mode+": PNG"] = encodePNG(t, m)
	}
	four := make([]byte, 16)
	files["palette: BMP"] = bmpFile(3, 2, 8, 0, 4, nil, four, make([]byte, 8))
	files["RGB: BMP"] = bmpFile(3, 2, 24, 0, 0, nil, nil, make([]byte, 24))
	files["RGB with alpha: BMP"] = bmpFile(3, 2, 32, bmpBitFields, 0, []uint32{0xff0000, 0xff00, 0xff, 0xff000000}, nil,
		make([]byte, 24))
	files["grey of 16 bits: TIFF"] = tiffFile(binary.LittleEndian, layout(3, 2, 16, 1, blackIsZero, tiffPlain),
		[][]byte{make([]byte, 12)})
	files["palette: TIFF"] = tiffFile(binary.LittleEndian, layout(3, 2, 8, 1, tiffPalette, tiffPlain,
		tag{tagColorMap, 3, make([]int, 768)}), [][]byte{make([]byte, 6)})
	for name, b := range files {
		if _, err := ReadHeader(b); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		want, _, _ := bytes.Cut([]byte(name), []byte(": "))
		if got := Mode(b); got != string(want) {
			t.Errorf("%s: %s", name, got)
		}
	}
}
