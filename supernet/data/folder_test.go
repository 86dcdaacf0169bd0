package data

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
)

// banded is a w × h image whose left third is black, its middle third c and its right third white.
func banded(w, h int, c color.RGBA) image.Image {
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
	red, blue := banded(30, 10, color.RGBA{255, 0, 0, 255}), banded(48, 16, color.RGBA{0, 0, 255, 255})
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
	// The central square is the middle third, as Pillow scales the whole: its outer columns see their neighbours.
	want := slices.Concat(
		bytes.Repeat([]byte{224, 0, 0, 255, 0, 0, 255, 0, 0, 255, 31, 31}, 8),
		bytes.Repeat([]byte{0, 0, 223, 0, 0, 255, 0, 0, 255, 32, 32, 255}, 4))
	if set.Channels != 3 || !bytes.Equal(set.Train.pixels(), want) {
		t.Errorf("%d channels, pixels %v", set.Channels, set.Train.pixels())
	}
	if p := set.Test.pixels(); p[0] < 200 || p[2] > 60 || p[48] > 60 || p[50] < 200 {
		t.Errorf("JPEG files begin with %v and %v", p[:3], p[48:51])
	}
}

// writeGrey writes a picture of one grey value.
func writeGrey(t *testing.T, v uint8, path ...string) {
	t.Helper()
	m := image.NewGray(image.Rect(0, 0, 8, 8))
	for p := range m.Pix {
		m.Pix[p] = v
	}
	writePicture(t, m, path...)
}

func TestOpenFolderOfOneLevel(t *testing.T) {
	dir := t.TempDir()
	for i := range 100 {
		writeGrey(t, uint8(i), dir, []string{"cat", "dog"}[i%2], fmt.Sprint(i, ".png"))
	}
	set := mustOpen(t, "folder:"+dir, 1, 0)
	n := set.Test.Len()
	if set.Channels != 1 || set.Height != 32 || len(set.Train.pixels()) != (100-n)*32*32 || n < 10 || n > 30 {
		t.Fatalf("%d channels, %d bytes for training, %d images for testing", set.Channels, len(set.Train.pixels()), n)
	}
	side := map[uint8]bool{}
	for _, s := range []Split{set.Train, set.Test} {
		for i, label := range s.Labels {
			v := s.pixels()[i*32*32]
			if int32(v%2) != label {
				t.Errorf("image %d has label %d", v, label)
			}
			side[v] = s.Len() == n
		}
	}
	if len(side) != 100 {
		t.Errorf("%d different images", len(side))
	}
	if other := mustOpen(t, "folder:"+dir, 2, 0); !slices.Equal(other.Test.pixels(), set.Test.pixels()) {
		t.Error("the test split depends on the seed")
	}

	// Files are renamed, removed and added.
	for i := range 100 {
		path := filepath.Join(dir, []string{"cat", "dog"}[i%2], fmt.Sprint(i, ".png"))
		switch {
		case i%10 == 3:
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
			writeGrey(t, uint8(100+i), dir, "dog", fmt.Sprint("new", i, ".png"))
		case i%3 == 0:
			if err := os.Rename(path, filepath.Join(filepath.Dir(path), fmt.Sprint("x", 1000-i, ".png"))); err != nil {
				t.Fatal(err)
			}
		}
	}
	set = mustOpen(t, "folder:"+dir, 1, 0)
	stay := 0
	for k, s := range []Split{set.Train, set.Test} {
		for i := range s.Labels {
			was, known := side[s.pixels()[i*32*32]]
			if known && was != (k == 1) {
				t.Errorf("image %d has changed sides", s.pixels()[i*32*32])
			}
			if known {
				stay++
			}
		}
	}
	if stay != 90 || set.Train.Len()+set.Test.Len() != 100 {
		t.Errorf("%d images stay of %d", stay, set.Train.Len()+set.Test.Len())
	}
}

// TestOpenFolderAsPeopleHaveIt: links, folders in folders, what systems leave, endings, names in two encodings.
func TestOpenFolderAsPeopleHaveIt(t *testing.T) {
	dir := t.TempDir()
	for i := range 12 {
		writeGrey(t, uint8(i), dir, "d", "cat", "2023", "may", fmt.Sprint(i, ".png"))
		writeGrey(t, uint8(20+i), dir, "d", "cafe\u0301", fmt.Sprint(i, ".photo")) // known by its content
		writeGrey(t, uint8(40+i), dir, "elsewhere", fmt.Sprint(i, ".jfif.png"))
	}
	for from, to := range map[string]string{
		filepath.Join(dir, "d", "fox"):          filepath.Join(dir, "elsewhere"),
		filepath.Join(dir, "d", "cat", "again"): filepath.Join(dir, "d", "cat"),
		filepath.Join(dir, "d", "cat", "x.png"): filepath.Join(dir, "elsewhere", "0.jfif.png"),
	} {
		if err := os.Symlink(to, from); err != nil {
			t.Fatal(err)
		}
	}
	for _, path := range []string{"cat/._0.png", "cat/Thumbs.db", "__MACOSX/cat/._0.png", ".git/a/x.png",
		"cat/notes.txt", "labels.csv"} {
		write(t, filepath.Join(dir, "d", filepath.FromSlash(path)), []byte("text"))
	}
	set := mustOpen(t, "folder:"+filepath.Join(dir, "d"), 0, 0)
	if !slices.Equal(set.Classes, []string{"caf\u00e9", "cat", "fox"}) || set.Train.Len()+set.Test.Len() != 37 {
		t.Errorf("classes %q, %d images", set.Classes, set.Train.Len()+set.Test.Len())
	}
	const want = "1 files beside the folders of classes, 1 files that are no images, 4 hidden or system files, " +
		"1 links to a folder that they are in"
	if got := set.Left.String(); got != want {
		t.Errorf("left %s, want %s", got, want)
	}
}

// TestOpenFolderWithParts reads train, val and test under the names that people give them.
func TestOpenFolderWithParts(t *testing.T) {
	for _, x := range []struct {
		parts           []string
		train, val, all int
		notes           string
	}{
		{[]string{"train", "test"}, 40, 0, 60, ""},
		{[]string{"Train", "VAL", "Test"}, 40, 20, 80, "searches hold out the images of "},
		{[]string{"training", "valid"}, -1, 20, 60, "has no test: a fifth of train is for testing"},
	} {
		dir := t.TempDir()
		for k, part := range x.parts {
			for i := range 40 {
				if k == 0 || i%2 == 0 {
					class := "ab"[i/2%2 : i/2%2+1]
					writeGrey(t, uint8(100*k%256+i), dir, part, class, fmt.Sprint(i, ".png"))
				}
			}
		}
		set := mustOpen(t, "folder:"+dir, 0, 0)
		train, val, test := set.Train.Len(), set.Validate.Len(), set.Test.Len()
		if x.train >= 0 && train != x.train || val != x.val || train+val+test != x.all || test == 0 {
			t.Errorf("%q: %d, %d and %d images", x.parts, train, val, test)
		}
		if !strings.Contains(strings.Join(set.Notes, "; "), x.notes) || x.notes == "" && set.Notes != nil {
			t.Errorf("%q: %q, want %q", x.parts, set.Notes, x.notes)
		}
	}
}

// TestUnreadableFilesAreNamedAtOnce: the first 20 and a number, and they can be left out.
func TestUnreadableFilesAreNamedAtOnce(t *testing.T) {
	dir := t.TempDir()
	for i := range 10 {
		writeGrey(t, uint8(i), dir, []string{"cat", "dog"}[i%2], fmt.Sprint(i, ".png"))
	}
	for i := range 25 {
		write(t, filepath.Join(dir, "cat", fmt.Sprintf("bad%02d.png", i)), []byte("\x89PNG\r\n\x1a\n and no more"))
	}
	if err := os.Symlink("nowhere", filepath.Join(dir, "dog", "link.png")); err != nil {
		t.Fatal(err)
	}
	_, err := Open(t.Context(), "folder:"+dir, Options{})
	wantError(t, err, "26 of 36 files cannot be read as images, --skip-unreadable goes on without them: "+
		filepath.Join(dir, "cat", "bad00.png")+": ")
	if text := err.Error(); strings.Count(text, ".png: ") != 20 || !strings.HasSuffix(text, "; and 6 others") {
		t.Errorf("%v", err)
	}
	set, err := Open(t.Context(), "folder:"+dir, Options{SkipUnreadable: true})
	if err != nil || set.Train.Len()+set.Test.Len() != 10 ||
		set.Left.String() != "26 files that cannot be read as images" {
		t.Errorf("%d images, left %s, %v", set.Train.Len()+set.Test.Len(), set.Left, err)
	}
}

// TestReadingEndsWhenCancelled: no further file is read, and progress was told by then.
func TestReadingEndsWhenCancelled(t *testing.T) {
	dir := t.TempDir()
	for i := range 200 {
		writeGrey(t, uint8(i), dir, []string{"cat", "dog"}[i%2], fmt.Sprint(i, ".png"))
	}
	ctx, cancel := context.WithCancel(t.Context())
	var last atomic.Int64
	_, err := Open(ctx, "folder:"+dir, Options{Observe: func(p Progress) {
		if p.Stage != "reading" || p.Total != 200 {
			t.Errorf("%+v", p)
		}
		last.Store(int64(p.Done))
		cancel()
	}})
	if !errors.Is(err, context.Canceled) || last.Load() > 50 {
		t.Errorf("%v after %d files", err, last.Load())
	}
}

func TestOpenFolderRefuses(t *testing.T) {
	good := encode(t, image.NewGray(image.Rect(0, 0, 4, 4)), ".png")
	wide := slices.Clone(good)
	copy(wide[16:], "\x7f\xff\xff\xff") // width; the checksum of the header is wrong too
	for want, files := range map[string]map[string][]byte{
		": 0 folders of classes: want at least 2: DIR/CLASS/": {"x.png": good},
		": 1 folders of classes: want at least 2":             {"a/x.png": good},
		`empty class: there is no image of "b"`:               {"a/x.png": good, "b/x.txt": []byte("text")},
		`"b\xff": the name of a class must be UTF-8 without control characters`: {
			"a/x.png": good, "b\xff/x.png": good,
		},
		`"b\tc": the name of a class must be UTF-8 without control characters`: {
			"a/x.png": good, "b\tc/x.png": good,
		},
		`class "b" has a single image: want one to train on and one to test`: {
			"a/x.png": good, "a/y.png": good, "b/x.png": good,
		},
		`train: there is no image of the class "c", which others of train, val and test have`: {
			"train/a/x.png": good, "train/b/x.png": good, "test/a/x.png": good, "test/c/x.png": good,
		},
		"are the same part of a data set: want one of them": {"train/a/x.png": good, "Train/b/x.png": good},
		"bad.png: text, not an image: want PNG, JPEG, WebP, BMP, GIF or TIFF": {
			"a/1.png": good, "a/2.png": good, "a/3.png": good, "b/bad.png": []byte("text"), "b/good.png": good,
		},
		"cut.png: PNG: invalid format: not enough pixel data": {
			"train/a/1.png": good, "test/a/2.png": good, "test/b/3.png": good, "train/b/cut.png": good[:50],
		},
		"wide.png: PNG: invalid format": {
			"a/1.png": good, "a/2.png": good, "a/3.png": good, "b/wide.png": wide, "b/good.png": good,
		},
	} {
		dir := t.TempDir()
		for name, data := range files {
			write(t, filepath.Join(dir, filepath.FromSlash(name)), data)
		}
		_, err := Open(t.Context(), "folder:"+dir, Options{})
		wantError(t, err, want)
	}
}

func TestHugeImageIsNotDecoded(t *testing.T) {
	dir := t.TempDir()
	b := encode(t, image.NewGray(image.Rect(0, 0, 8, 8)), ".jpg")
	frame := bytes.Index(b, []byte{0xff, 0xc0}) // start of frame: length, precision, height, width
	copy(b[frame+5:], "\xff\xff\xff\xff")
	write(t, filepath.Join(dir, "a", "huge.jpg"), b)
	writeGrey(t, 1, dir, "b", "1.png")
	_, err := Open(t.Context(), "folder:"+dir, Options{})
	wantError(t, err, "huge.jpg: JPEG of 65535×65535 pixels: want 1 to 100000000 pixels in all")
}

// TestTransparentPixels show the background, which is white if no other is named: in folders and in files alike.
func TestTransparentPixels(t *testing.T) {
	dir := t.TempDir()
	var files []string
	for i := range 4 {
		m := image.NewNRGBA(image.Rect(0, 0, 8, 8))
		m.Set(i, 0, color.NRGBA{0, 0, 0, 128}) // half of black
		for _, class := range []string{"a", "b"} {
			files = append(files, filepath.Join(dir, class, fmt.Sprint(i, ".png")))
			writePicture(t, m, files[len(files)-1])
		}
	}
	for _, x := range []struct {
		background color.RGBA
		clear      []byte
	}{{color.RGBA{}, []byte{255, 255, 255}}, {color.RGBA{200, 100, 0, 255}, []byte{200, 100, 0}}} {
		o := Options{Size: 8, Background: x.background}
		set, err := Open(t.Context(), "folder:"+dir, o)
		if err != nil {
			t.Fatal(err)
		}
		found, errs := FindPictures(t.Context(), files, nil)
		all, _, bad, err := found.Open(0, len(files), 8, 8, 3, o)
		if err := errors.Join(err, errors.Join(errs...), errors.Join(bad...)); err != nil {
			t.Fatal(err)
		}
		for _, pixels := range [][]uint8{set.Train.pixels(), all.Test.pixels()} {
			half := 0
			for p := range slices.Chunk(pixels, 3) {
				if int(p[0]) == int(x.clear[0])*127/255 || int(p[0]) == int(x.clear[0])*127/255+1 {
					half++
				} else if !slices.Equal(p, x.clear) {
					t.Fatalf("pixel %v, want %v", p, x.clear)
				}
			}
			if half != len(pixels)/192 {
				t.Errorf("%d pixels are half covered, of %d images", half, len(pixels)/192)
			}
		}
	}
}

// TestBrokenFilesAreLeftOutWhole: a file that is broken behind its head has no place among the images.
func TestBrokenFilesAreLeftOutWhole(t *testing.T) {
	dir := t.TempDir()
	for i := range 12 {
		writeGrey(t, uint8(200+i), dir, []string{"a", "b"}[i%2], fmt.Sprint(i, ".png"))
	}
	whole, err := os.ReadFile(filepath.Join(dir, "a", "0.png"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range 5 {
		write(t, filepath.Join(dir, "a", fmt.Sprint("cut", i, ".png")), whole[:len(whole)-20-i])
	}
	if _, err := Open(t.Context(), "folder:"+dir, Options{}); err == nil || !strings.Contains(err.Error(), "5 of") {
		t.Errorf("%v, want 5 files", err)
	}
	set, err := Open(t.Context(), "folder:"+dir, Options{SkipUnreadable: true})
	if err != nil || set.Left.String() != "5 files that cannot be read as images" {
		t.Fatalf("left %s, %v", set.Left, err)
	}
	all := set.All()
	if all.Len() != 12 || slices.Min(all.pixels()) < 200 {
		t.Errorf("%d images, the darkest pixel is %d", all.Len(), slices.Min(all.pixels()))
	}
}

// TestEachPartHasEachClass: files that are no images do not stand for a class.
func TestEachPartHasEachClass(t *testing.T) {
	for _, parts := range [][]string{{"train", "val"}, {"train", "test"}, {"test", "train"}} {
		dir := t.TempDir()
		for i := range 24 {
			writeGrey(t, uint8(i), dir, parts[i%2], []string{"a", "b", "c"}[i/2%3], fmt.Sprint(i, ".png"))
		}
		write(t, filepath.Join(dir, parts[0], "z", "notes.txt"), []byte("text"))
		writeGrey(t, 99, dir, parts[1], "z", "1.png")
		_, err := Open(t.Context(), "folder:"+dir, Options{})
		wantError(t, err, "empty class: "+parts[0]+` has no image of "z"`)
	}
}

// TestWiseSize: the size follows from the median of the shorter sides, unless one is asked for.
func TestWiseSize(t *testing.T) {
	dir := t.TempDir()
	for i, size := range []image.Point{{40, 90}, {50, 60}, {200, 70}} {
		writePicture(t, banded(size.X, size.Y, color.RGBA{255, 0, 0, 255}), dir, "a", fmt.Sprintf("%d.png", i))
	}
	for i, size := range []image.Point{{45, 45}, {300, 300}} {
		writePicture(t, banded(size.X, size.Y, color.RGBA{0, 0, 255, 255}), dir, "b", fmt.Sprintf("%d.png", i))
	}
	told := 0
	wise := func(median int) int {
		told = median
		return 24
	}
	set, err := Open(t.Context(), "folder:"+dir, Options{Wise: wise})
	if err != nil {
		t.Fatal(err)
	}
	if told != 50 || set.Height != 24 || set.Width != 24 {
		t.Errorf("a median of %d gives %d×%d, want 50 and 24×24", told, set.Height, set.Width)
	}
	if set, err = Open(t.Context(), "folder:"+dir, Options{Size: 16, Wise: wise}); err != nil || set.Height != 16 {
		t.Errorf("16 pixels are asked for: %v, %v", set.Height, err)
	}
}
