package picture

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"maps"
	"os"
	"runtime"
	"strings"
	"testing"
)

// samples are small files of all formats.
func samples(t testing.TB) map[string][]byte {
	t.Helper()
	entries, err := os.ReadDir("testdata")
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for _, e := range entries {
		if !e.IsDir() && !strings.HasSuffix(e.Name(), ".md") {
			files[e.Name()] = fixture(t, e.Name())
		}
	}
	maps.Copy(files, map[string][]byte{
		"png":  withChunk(encodePNG(t, noise(9, 7)), "eXIf", exif(binary.LittleEndian, 6)),
		"bmp":  bmpFile(5, 3, 24, 0, 0, nil, nil, bytes.Repeat([]byte{1, 2, 3}, 16)),
		"rle":  bmpFile(3, 2, 8, bmpRLE8, 4, nil, make([]byte, 16), []byte{2, 3, 1, 1, 0, 0, 0, 3, 0, 1, 2, 99, 0, 1}),
		"rgb":  tiffLetters(binary.BigEndian, 5),
		"tile": tiffFile(binary.LittleEndian, layout(3, 2, 8, 1, 1, 8), [][]byte{deflated([]byte{1, 2, 3, 4, 5, 6})}),
		"exif": withSegment(fixture(t, "quarters-grey.jpg"), markAPP1,
			append([]byte("Exif\x00\x00"), exif(binary.BigEndian, 8)...)),
	})
	return files
}

// A head that declares more pixels than are allowed is refused before anything is allocated.
func TestPicturesThatAreTooLarge(t *testing.T) {
	large := map[string][]byte{
		"BMP": bmpFile(1<<20, 1<<20, 24, 0, 0, nil, nil, make([]byte, 100)),
		"GIF": []byte("GIF89a\xff\xff\xff\xff\x00\x00\x00" +
			"\x2c\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02\x4c\x01\x00;"),
		"WebP": []byte("RIFF\x20\x00\x00\x00WEBP" +
			"VP8X\x0a\x00\x00\x00\x00\x00\x00\x00\xff\xff\x00\xff\x3f\x00ANMF\x00\x00\x00\x00"),
		"TIFF": tiffFile(binary.LittleEndian, layout(60000, 60000, 8, 1, 1, 8), [][]byte{{1}}),
	}
	photo := fixture(t, "quarters-420.jpg")
	frame := bytes.Index(photo, []byte{0xff, markSOF0})
	copy(photo[frame+5:], []byte{0xff, 0xff, 0xff, 0xff})
	large["JPEG"] = photo
	head := encodePNG(t, image.NewGray(image.Rect(0, 0, 1, 1)))
	binary.BigEndian.PutUint32(head[16:], 100_000)
	binary.BigEndian.PutUint32(head[20:], 100_000)
	binary.BigEndian.PutUint32(head[29:], crc32.ChecksumIEEE(head[12:29]))
	large["PNG"] = head
	for format, b := range large {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := Decode(b, white)
		runtime.ReadMemStats(&after)
		if err == nil || !strings.HasPrefix(err.Error(), format+" of ") ||
			!strings.HasSuffix(err.Error(), "pixels: want 1 to 100000000 pixels in all") {
			t.Errorf("%s: %v", format, err)
		}
		if n := after.TotalAlloc - before.TotalAlloc; n > 1<<20 {
			t.Errorf("%s: %d bytes were allocated", format, n)
		}
	}
}

// Data that decompresses to more than the picture is not decompressed.
func TestDecompressionBombs(t *testing.T) {
	bomb := deflated(make([]byte, 64<<20))
	b := tiffFile(binary.LittleEndian, layout(3, 2, 8, 1, 1, 8), [][]byte{bomb})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	decoded(t, b, white)
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; n > 2<<20 {
		t.Errorf("%d bytes were allocated for 6 pixels", n)
	}
}

func FuzzDecode(f *testing.F) {
	for _, b := range samples(f) {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		h, err := ReadHeader(b)
		if err != nil || h.Width*h.Height > 1<<20 {
			return
		}
		p, err := Decode(b, brown)
		if err != nil {
			return
		}
		if Mode(b) == "" {
			t.Fatalf("%+v has no mode", h)
		}
		if p.Header != h {
			t.Fatalf("%+v differs from the header, %+v", p.Header, h)
		}
		decoded(t, b, brown)
	})
}
