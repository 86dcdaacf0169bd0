package data

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/nse-dev/nse/supernet/data/listing"
)

// agree checks that an inspection has the images of an opened set, on the same sides.
func agree(t *testing.T, spec string, o Options) (*Inspection, *Set) {
	t.Helper()
	set, err := Open(t.Context(), spec, o)
	if err != nil {
		t.Fatal(err)
	}
	in, seen, err := Inspect(t.Context(), spec, o, func(v View) *image.RGBA { return v.Seen() })
	if err != nil || in.Refused != nil {
		t.Fatal(err, in.Refused)
	}
	got := in.Set()
	for side, s := range map[string][2]Split{"train": {got.Train, set.Train}, "validate": {got.Validate, set.Validate},
		"test": {got.Test, set.Test}} {
		rows := func(s Split) (list []string) {
			for i, label := range s.Labels {
				list = append(list, fmt.Sprintf("%d %016x", label, s.Digests[i]))
			}
			slices.Sort(list)
			return list
		}
		if !slices.Equal(rows(s[0]), rows(s[1])) {
			t.Errorf("%s: %s: images differ", spec, side)
		}
	}
	if in.Height != set.Height || in.Width != set.Width || !slices.Equal(in.Classes, set.Classes) ||
		in.Left.String() != set.Left.String() || !slices.Equal(in.Notes, set.Notes) {
		t.Errorf("%s: %+v", spec, in)
	}
	// What networks see of the first test image is what the set has.
	for i, image := range in.Images {
		if image.Digest != set.Test.Digests[0] {
			continue
		}
		pixels := set.image(set.Test, 0)
		for y := range set.Height {
			for x := range set.Width {
				if got, want := seen[i].At(x, y), color.RGBAModel.Convert(pixels.At(x, y)); got != want {
					t.Fatalf("%s: pixel %d, %d is %v, want %v", spec, x, y, got, want)
				}
			}
		}
	}
	return in, set
}

// An inspection tells of the set that Open opens, at any size.
func TestInspectAgreesWithOpen(t *testing.T) {
	dir := t.TempDir()
	for i := range 30 {
		m := banded(30+i, 20, color.RGBA{uint8(8 * i), 90, 200, 255})
		writePicture(t, m, dir, "all", string(rune('a'+i%3)), fmt.Sprintf("%d.png", i))
		side := []string{"train", "val", "test"}[i/3%3]
		writePicture(t, m, dir, "parts", side, string(rune('a'+i%3)), fmt.Sprintf("%d.jpg", i))
	}
	write(t, filepath.Join(dir, "all", "a", "notes.txt"), []byte("no image"))
	write(t, filepath.Join(dir, "all", "a", "bad.png"), []byte("no image"))
	idx := t.TempDir()
	for _, part := range []string{"train", "t10k"} {
		images := []byte{0, 0, 8, 3, 0, 0, 0, 20, 0, 0, 0, 8, 0, 0, 0, 9}
		labels := []byte{0, 0, 8, 1, 0, 0, 0, 20}
		for i := range 20 {
			labels = append(labels, byte(i%10))
			for p := range 72 {
				images = append(images, byte(p*(i+3)+len(part)))
			}
		}
		write(t, filepath.Join(idx, part+"-images-idx3-ubyte"), images)
		write(t, filepath.Join(idx, part+"-labels-idx1-ubyte"), labels)
	}
	_, widths, err := Inspect(t.Context(), "mnist:"+idx, Options{Size: 16}, func(v View) int { return v.Width })
	if err != nil || !slices.Equal(widths, slices.Repeat([]int{9}, 40)) { // as they are stored
		t.Errorf("widths %v (%v)", widths, err)
	}
	for _, size := range []int{0, 16} {
		agree(t, "generated:60", Options{Seed: 4, Size: size})
		agree(t, "folder:"+filepath.Join(dir, "parts"), Options{Size: size})
		in, _ := agree(t, "folder:"+filepath.Join(dir, "all"), Options{Size: size, SkipUnreadable: true})
		if got := in.Passed[listing.NoImage]; len(got) != 1 || filepath.Base(got[0]) != "notes.txt" {
			t.Errorf("no images: %q", got)
		}
		in, _ = agree(t, "mnist:"+idx, Options{Size: size})
		if in.Files != 0 || in.Images[1].Name != "" || in.Images[1].Number != 1 {
			t.Errorf("an image without a file: %d files, %+v", in.Files, in.Images[1])
		}
	}
}

// Files that cannot be read end nothing, whether their head is broken or what follows.
func TestInspectGoesOn(t *testing.T) {
	dir := t.TempDir()
	for i := range 20 {
		writePicture(t, banded(30+i, 20, color.RGBA{uint8(8 * i), 90, 200, 255}), dir, string(rune('a'+i%2)),
			fmt.Sprintf("%02d.png", i))
	}
	write(t, filepath.Join(dir, "a", "text.png"), []byte("no image"))
	b := encode(t, banded(90, 60, color.RGBA{1, 2, 3, 255}), "x.jpg")
	write(t, filepath.Join(dir, "b", "cut.jpg"), b[:len(b)-100])
	var seen atomic.Int64
	in, facts, err := Inspect(t.Context(), "folder:"+dir, Options{}, func(v View) int {
		seen.Add(1)
		if !bytes.HasPrefix(v.File, []byte("\x89PNG")) || v.Format != "PNG" {
			t.Errorf("a file of %d bytes, format %s", len(v.File), v.Format)
		}
		return v.Width
	})
	if err != nil || seen.Load() != 20 || len(facts) != 20 || in.Files != 22 {
		t.Fatalf("%d images, %d facts, %d files: %v", seen.Load(), len(facts), in.Files, err)
	}
	for i, width := range facts {
		if want := fmt.Sprintf("%02d.png", width-30); filepath.Base(in.Images[i].Name) != want {
			t.Errorf("%s is said to be %d wide", in.Images[i].Name, width)
		}
	}
	if len(in.Unreadable) != 2 || filepath.Base(in.Unreadable[0].Name) != "text.png" ||
		in.Unreadable[1].Why != "JPEG: the file ends early" {
		t.Errorf("unreadable: %+v", in.Unreadable)
	}
	if in.Refused == nil || !strings.HasPrefix(in.Refused.Error(), "folder: 2 of 22 files cannot be read") {
		t.Errorf("refused: %v", in.Refused)
	}
	if in.Images[0].Side == "" { // as if the two were mended
		t.Error("images have no sides")
	}
}

func TestInspectRefuses(t *testing.T) {
	for spec, want := range map[string]string{
		"nothing:x":      `data: unknown data set "nothing:x": want generated`,
		"folder:nowhere": "data: folder: nowhere: no such directory",
	} {
		_, _, err := Inspect(t.Context(), spec, Options{}, func(View) int { return 0 })
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v, want %s", spec, err, want)
		}
	}
	if _, _, err := Inspect(t.Context(), "generated", Options{Size: 3}, func(View) int { return 0 }); err == nil {
		t.Error("a size of 3 is no error")
	}
}

// An end of the context ends looking, at files and at others.
func TestInspectEnds(t *testing.T) {
	dir := t.TempDir()
	for i := range 200 {
		writeGrey(t, uint8(i), dir, string(rune('a'+i%2)), fmt.Sprintf("%d.png", i))
	}
	for _, spec := range []string{"folder:" + dir, "generated:600"} {
		ctx, cancel := context.WithCancel(t.Context())
		var seen atomic.Int64
		_, _, err := Inspect(ctx, spec, Options{}, func(View) int {
			switch n := seen.Add(1); {
			case n == 5:
				cancel()
			case n > 5:
				<-ctx.Done()
			}
			return 0
		})
		if n := seen.Load(); !errors.Is(err, context.Canceled) || n > 100 {
			t.Errorf("%s: %v after %d images", spec, err, n)
		}
	}
}

// Every kind of data set says what it wants, and its example is one of it.
func TestSources(t *testing.T) {
	for _, s := range Sources() {
		name, _, _ := strings.Cut(s.Example, ":")
		if s.Name != name || s.Wants == "" || !strings.HasPrefix(s.Usage, s.Name) && s.Usage != "emnist-SPLIT:DIR" {
			t.Errorf("%+v", s)
		}
	}
}
