package data

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// picture is a w × h image whose left third is black, its middle third c and its right third white.
func picture(w, h int, c color.RGBA) image.Image {
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			m.Set(x, y, []color.Color{color.Black, c, color.White}[3*x/w])
		}
	}
	return m
}

func encode(t *testing.T, m image.Image, name string) []byte {
	t.Helper()
	var b bytes.Buffer
	err := png.Encode(&b, m)
	if filepath.Ext(name) != ".png" {
		b.Reset()
		err = jpeg.Encode(&b, m, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func writePicture(t *testing.T, m image.Image, path ...string) {
	t.Helper()
	file := filepath.Join(path...)
	write(t, file, encode(t, m, file))
}

func TestOpenFolderWithTest(t *testing.T) {
	dir := t.TempDir()
	red, blue := picture(30, 10, color.RGBA{255, 0, 0, 255}), picture(12, 4, color.RGBA{0, 0, 255, 255})
	writePicture(t, blue, dir, "train", "b", "1.png")
	writePicture(t, red, dir, "train", "a", "2.PNG.png")
	writePicture(t, red, dir, "train", "a", "10.png")
	writePicture(t, blue, dir, "test", "b", "1.jpeg")
	writePicture(t, red, dir, "test", "a", "1.JPG")
	write(t, filepath.Join(dir, "train", "a", "Thumbs.db"), []byte("no image"))
	write(t, filepath.Join(dir, "train", ".cache", "x"), nil)
	set := mustOpen(t, "folder:"+dir, 0, 4)
	if !slices.Equal(set.Classes, []string{"a", "b"}) || !slices.Equal(set.Train.Labels, []int32{0, 0, 1}) ||
		!slices.Equal(set.Test.Labels, []int32{0, 1}) {
		t.Errorf("classes %v, labels %v and %v", set.Classes, set.Train.Labels, set.Test.Labels)
	}
	// The central square is the middle third alone.
	want := slices.Concat(bytes.Repeat([]byte{255, 0, 0}, 32), bytes.Repeat([]byte{0, 0, 255}, 16))
	if set.Channels != 3 || !bytes.Equal(set.Train.Pixels, want) {
		t.Errorf("%d channels, pixels %v", set.Channels, set.Train.Pixels)
	}
	if p := set.Test.Pixels; p[0] < 200 || p[2] > 60 || p[48] > 60 || p[50] < 200 {
		t.Errorf("JPEG files begin with %v and %v", p[:3], p[48:51])
	}
}

func TestOpenFolderOfOneLevel(t *testing.T) {
	dir := t.TempDir()
	for i := range 10 {
		m := image.NewGray(image.Rect(0, 0, 8, 8))
		for p := range m.Pix {
			m.Pix[p] = uint8(i)
		}
		writePicture(t, m, dir, []string{"cat", "dog"}[i%2], string(rune('0'+i))+".png")
	}
	set := mustOpen(t, "folder:"+dir, 1, 0)
	if set.Channels != 1 || set.Height != 32 || len(set.Train.Pixels) != 8*32*32 {
		t.Fatalf("%d channels, %d bytes for training", set.Channels, len(set.Train.Pixels))
	}
	if !slices.Equal(set.Train.Labels, []int32{0, 0, 0, 0, 1, 1, 1, 1}) ||
		!slices.Equal(set.Test.Labels, []int32{0, 1}) {
		t.Errorf("labels %v and %v", set.Train.Labels, set.Test.Labels)
	}
	seen := map[uint8]bool{}
	for _, s := range []Split{set.Train, set.Test} {
		for i, label := range s.Labels {
			v := s.Pixels[i*32*32]
			if int32(v%2) != label {
				t.Errorf("image %d has label %d", v, label)
			}
			seen[v] = true
		}
	}
	if len(seen) != 10 {
		t.Errorf("%d different images", len(seen))
	}
	if other := mustOpen(t, "folder:"+dir, 2, 0); !slices.Equal(other.Test.Pixels, set.Test.Pixels) {
		t.Error("the test split depends on the seed")
	}
}

func TestOpenFolderRefuses(t *testing.T) {
	grey := image.NewGray(image.Rect(0, 0, 4, 4))
	good := encode(t, grey, ".png")
	wide := append([]byte{}, encode(t, grey, ".png")...)
	copy(wide[16:], "\x7f\xff\xff\xff") // width; the checksum of the header is wrong too
	for want, files := range map[string]map[string][]byte{
		": 0 class directories: want at least 2: DIR/CLASS/*.png": {"x.png": good},
		": 1 class directories: want at least 2":                  {"a/x.png": good},
		"b: empty class: no .png, .jpg or .jpeg file: want DIR/CLASS/*.png": {
			"a/x.png": good, "b/x.txt": good,
		},
		"train: empty class": {"train/a/x.png": good, "train/b/x.png": good},
		`"b\xff": the name of a class must be UTF-8 without control characters`: {
			"a/x.png": good, "b\xff/x.png": good,
		},
		`"b\tc": the name of a class must be UTF-8 without control characters`: {
			"a/x.png": good, "b\tc/x.png": good,
		},
		"2 images are too few to hold a fifth": {"a/x.png": good, "b/x.png": good},
		"test: classes a, c differ from those of train: a, b": {
			"train/a/x.png": good, "train/b/x.png": good, "test/a/x.png": good, "test/c/x.png": good,
		},
		"bad.png: not a readable image: image: unknown format": {
			"a/1.png": good, "a/2.png": good, "a/3.png": good, "b/bad.png": []byte("text"), "b/good.png": good,
		},
		"cut.png: not a readable image: png: invalid format: not enough pixel data": {
			"a/1.png": good, "a/2.png": good, "a/3.png": good, "b/cut.png": good[:50], "b/good.png": good,
		},
		"wide.png: not a readable image: png: invalid format": {
			"a/1.png": good, "a/2.png": good, "a/3.png": good, "b/wide.png": wide, "b/good.png": good,
		},
	} {
		dir := t.TempDir()
		for name, data := range files {
			write(t, filepath.Join(dir, filepath.FromSlash(name)), data)
		}
		_, err := Open("folder:"+dir, 0, 0)
		wantError(t, err, want)
	}
}

func TestHugeImageIsNotDecoded(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "huge.jpg")
	b := encode(t, image.NewGray(image.Rect(0, 0, 8, 8)), ".jpg")
	frame := bytes.Index(b, []byte{0xff, 0xc0}) // start of frame: length, precision, height, width
	copy(b[frame+5:], "\xff\xff\xff\xff")
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := decodeFile(make([]uint8, 48), path, 4)
	wantError(t, err, "huge.jpg: 65535×65535 pixels: want 1 to 100000000 in all")
}
