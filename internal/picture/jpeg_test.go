package picture

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"
)

// JPEGs of kinds that are not decoded are named.
func TestKindsOfJPEGAreNamed(t *testing.T) {
	b := fixture(t, "quarters-420.jpg")
	frame := bytes.Index(b, []byte{0xff, markSOF0})
	for _, c := range []struct {
		at    int
		value byte
		want  string
	}{
		{1, 0xc3, "JPEG: lossless coding is not supported"}, {1, 0xc5, "JPEG: hierarchical coding is not supported"},
		{1, 0xc9, "JPEG: arithmetic coding is not supported"}, {1, 0xca, "JPEG: arithmetic coding is not supported"},
		{4, 12, "JPEG: 12 bits a sample is not supported"}, {11, 0x31,
			"JPEG: luma/chroma subsampling ratio is not supported"},
	} {
		changed := bytes.Clone(b)
		changed[frame+c.at] = c.value
		if _, err := ReadHeader(changed); err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%v, want %s", err, c.want)
		}
	}
}

// Four components without a word of their colours are taken like those with one.
func TestCMYKWithoutAdobe(t *testing.T) {
	b := fixture(t, "quarters-cmyk.jpg")
	without := withoutSegment(b, markAPP4)
	if bytes.Contains(without, []byte("Adobe")) {
		t.Fatal("the segment is still there")
	}
	with, got := decoded(t, b, white), decoded(t, without, white)
	for i := range 32 * 32 {
		near(t, at(got.Image, i%32, i/32), at(with.Image, i%32, i/32), 0, i%32, i/32)
	}
}

// Three components that are RGB, by Adobe's word, are not converted.
func TestJPEGOfRGB(t *testing.T) {
	b := fixture(t, "quarters-444.jpg")
	ycc := decoded(t, b, white)
	adobe := append([]byte("Adobe\x00\x64\x00\x00\x00\x00"), 0)
	rgb := decoded(t, withSegment(withoutSegment(b, 0xe0), markAPP4, adobe), white)
	// red (200, 30, 40) is stored as these levels of Y, Cb and Cr
	near(t, at(rgb.Image, 8, 8), [3]uint8{82, 104, 212}, 3, 8, 8)
	near(t, at(ycc.Image, 8, 8), [3]uint8{200, 30, 40}, 4, 8, 8)
}

// A progressive JPEG of many scans is refused by their number: each takes time for all pixels, however short it is.
func TestJPEGOfManyScans(t *testing.T) {
	b := fixture(t, "quarters-progressive.jpg")
	scan := bytes.Index(b, []byte{0xff, markSOS})
	for _, c := range []struct {
		scans int
		ok    bool
	}{{100, true}, {250, false}, {200_000, false}} {
		next := scan + 2 + bytes.Index(b[scan+2:], []byte{0xff, markDHT})
		many := slices.Concat(b[:scan], bytes.Repeat(b[scan:next], c.scans), b[next:])
		begin := time.Now()
		_, err := Decode(many, white)
		if refused := err != nil && strings.Contains(err.Error(), "scans: want at most 200"); refused == c.ok {
			t.Errorf("%d scans: %v", c.scans, err)
		}
		if took := time.Since(begin); took > 10*time.Second {
			t.Errorf("%d scans took %v", c.scans, took)
		}
	}
}

// What looks like an orientation or a scan within the thumbnail of a photo means nothing.
func TestSegmentsAreWalked(t *testing.T) {
	b := fixture(t, "quarters-420.jpg")
	thumbnail := slices.Concat([]byte("Thumb"), bytes.Repeat([]byte{0xff, markSOS, 0, 4, 0xff, markEOI}, 300))
	b = withSegment(b, 0xe2, thumbnail)
	fills := slices.Insert(bytes.Clone(b), 2, 0xff, 0xff, 0xff)
	for _, b := range [][]byte{b, fills, append(bytes.Clone(b), bytes.Repeat([]byte{0xff, markSOS}, 300)...)} {
		near(t, at(decoded(t, b, white).Image, 8, 8), [3]uint8{200, 30, 40}, 4, 8, 8)
	}
}
