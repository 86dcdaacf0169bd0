package picture

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"slices"
	"strings"
	"testing"
)

// turned is how the stored rows "abc" and "def" look in each orientation, by the definition of EXIF: which side of the
// stored picture is up and which is left.
var turned = map[int]string{
	0: "abc def", 1: "abc def", 2: "cba fed", 3: "fed cba", 4: "def abc",
	5: "ad be cf", 6: "da eb fc", 7: "fc eb da", 8: "cf be ad", 9: "abc def",
}

// letters is a picture with a colour for each letter, each of size×size pixels.
func letters(size int) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, 3*size, 2*size))
	for y := range 2 * size {
		for x := range 3 * size {
			m.SetNRGBA(x, y, colourOf("abcdef"[y/size*3+x/size]))
		}
	}
	return m
}

func colourOf(letter byte) color.NRGBA {
	v := 40 * (letter - 'a')
	return color.NRGBA{v, 200 - v/2, 255 - v, 255}
}

// isTurned checks a picture of letters.
func isTurned(t *testing.T, p *Picture, orientation, size int, colour func(letter byte) color.NRGBA) {
	t.Helper()
	rows := strings.Fields(turned[orientation])
	if p.Width != size*len(rows[0]) || p.Height != size*len(rows) {
		t.Fatalf("%d×%d pixels of orientation %d", p.Width, p.Height, orientation)
	}
	for y := range p.Height {
		for x := range p.Width {
			c := colour(rows[y/size][x/size])
			near(t, at(p.Image, x, y), [3]uint8{c.R, c.G, c.B}, 0, x, y)
		}
	}
}

// All formats that store an orientation, in colour and in grey, turn alike.
func TestOrientations(t *testing.T) {
	const size = 24 // so that strips begin within letters
	stored := encodePNG(t, letters(size))
	lossless := webpLetters(t)
	asGrey := image.NewGray(image.Rect(0, 0, 3*size, 2*size))
	for i := range asGrey.Pix {
		asGrey.Pix[i] = 20 * ("abcdef"[i/(3*size)/size*3+i%(3*size)/size] - 'a')
	}
	greyJPEG := encodeJPEG(t, asGrey)
	for orientation := range turned {
		for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
			data := exif(order, orientation)
			p := decoded(t, withChunk(stored, "eXIf", data), white)
			isTurned(t, p, orientation, size, colourOf)
			isTurned(t, decoded(t, withEXIF(lossless, data), white), orientation, 8, colourOf)
			isTurned(t, decoded(t, tiffLetters(order, orientation), white), orientation, 1, colourOf)
			grey := decoded(t, withSegment(greyJPEG, markAPP1, append([]byte("Exif\x00\x00"), data...)), white)
			if !grey.Grey {
				t.Fatal("a grey JPEG is not grey")
			}
			isTurned(t, grey, orientation, size, func(letter byte) color.NRGBA {
				v := 20 * (letter - 'a')
				return color.NRGBA{v, v, v, 255}
			})
		}
	}
}

// A turned photo has the pixels of the stored one, to the bit.
func TestPhotosAreTurnedExactly(t *testing.T) {
	for _, name := range []string{"420", "422", "444", "progressive", "cmyk"} {
		b := fixture(t, "quarters-"+name+".jpg")
		stored := decoded(t, b, white)
		for orientation := 2; orientation <= 8; orientation++ {
			data := append([]byte("Exif\x00\x00"), exif(binary.BigEndian, orientation)...)
			p := decoded(t, withSegment(b, markAPP1, data), white)
			for y := range 32 {
				for x := range 32 {
					u, v := shownAt(orientation, x, y, 31)
					near(t, at(p.Image, u, v), at(stored.Image, x, y), 0, x, y)
				}
			}
		}
	}
}

// shownAt is where a stored pixel of a square lies upright. Last is the last row and column.
func shownAt(orientation, x, y, last int) (int, int) {
	switch orientation {
	case 2:
		return last - x, y
	case 3:
		return last - x, last - y
	case 4:
		return x, last - y
	case 5:
		return y, x
	case 6:
		return last - y, x
	case 7:
		return last - y, last - x
	case 8:
		return y, last - x
	}
	return x, y
}

func tiffLetters(order binary.AppendByteOrder, orientation int) []byte {
	var pixels []byte
	for _, l := range []byte("abcdef") {
		c := colourOf(l)
		pixels = append(pixels, c.R, c.G, c.B)
	}
	tags := layout(3, 2, 8, 3, tiffRGB, tiffPlain, tag{orientationTag, 3, []int{orientation}})
	return tiffFile(order, tags, [][]byte{pixels})
}

// webpLetters is a lossless WebP of letters of 8×8 pixels.
func webpLetters(t testing.TB) []byte {
	t.Helper()
	return fixture(t, "letters.webp")
}

// withEXIF makes an extended WebP of a simple one of 24×16 pixels.
func withEXIF(b, exif []byte) []byte {
	c := binary.LittleEndian.AppendUint32([]byte("EXIF"), uint32(len(exif)))
	c = append(append(c, exif...), make([]byte, len(exif)%2)...)
	head := []byte("RIFF\x00\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x08\x00\x00\x00\x17\x00\x00\x0f\x00\x00")
	b = slices.Concat(head, b[12:], c)
	binary.LittleEndian.PutUint32(b[4:], uint32(len(b)-8))
	return b
}

// Damaged EXIF leaves a photo as it is stored, and costs neither time nor memory.
func TestHostileEXIF(t *testing.T) {
	good := exif(binary.LittleEndian, 6)
	change := func(at int, values ...byte) []byte {
		b := bytes.Clone(good)
		copy(b[at:], values)
		return b
	}
	for name, data := range map[string][]byte{
		"nothing":                  {},
		"a byte":                   {'I'},
		"another order":            change(0, 'X', 'X'),
		"another number":           change(2, 43),
		"directory behind the end": change(4, 0xff, 0xff, 0xff, 0xff),
		"directory at the end":     change(4, byte(len(good)), 0, 0, 0),
		"directory in itself":      change(4, 0, 0, 0, 0),
		"more entries than bytes":  change(8, 0xff, 0xff),
		"no entries":               change(8, 0, 0),
		"another type":             change(12, 12, 0),
		"no values":                change(14, 0, 0, 0, 0),
		"values behind the end":    change(14, 0xff, 0xff, 0xff, 0xff),
		"orientation 0":            change(18, 0),
		"orientation 9":            change(18, 9),
		"orientation 262":          change(18, 6, 1),
		"cut":                      good[:len(good)-10],
	} {
		if name == "another type" || name == "no values" || name == "values behind the end" {
			if o := exifOrientation(data); o != 0 {
				t.Errorf("%s: orientation %d", name, o)
			}
		}
		p, err := Decode(withSegment(fixture(t, "quarters-420.jpg"), markAPP1, append([]byte("Exif\x00\x00"),
			data...)), white)
		if err != nil || p.Orientation != 1 {
			t.Errorf("%s: %v, %+v; want the photo as it is stored", name, err, p)
		}
	}
	many := make([]byte, 0, 12<<16)
	for range 1 << 16 {
		many = append(many, 0x12, 0x01, 3, 0, 1, 0, 0, 0, 6, 0, 0, 0)
	}
	if o := exifOrientation(append([]byte("II*\x00\x08\x00\x00\x00\xff\xff"), many...)); o != 6 {
		t.Errorf("65,535 entries: orientation %d, want 6", o)
	}
}
