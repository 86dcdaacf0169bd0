package data

import (
	"context"
	"errors"
	"fmt"
	"image/color"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// album writes folders of pictures that differ, with copies of the first, and returns the directory.
func album(t *testing.T, part string, coloured bool) string {
	t.Helper()
	dir := t.TempDir()
	for i := range 24 {
		c := color.RGBA{uint8(10 * i), uint8(5 * i), 9, 255}
		path := filepath.Join(dir, part, fmt.Sprintf("class%d", i%3), fmt.Sprintf("%02d.png", i))
		if coloured {
			writePicture(t, banded(20+i, 20, c), path)
		} else {
			writeGrey(t, c.R, path)
		}
	}
	return dir
}

// TestPackedIsTheSame: what is packed has the same images, labels, digests, statistics and batches as in memory.
func TestPackedIsTheSame(t *testing.T) {
	parts := album(t, "train", true)
	if err := os.CopyFS(filepath.Join(parts, "val"), os.DirFS(filepath.Join(album(t, "", true)))); err != nil {
		t.Fatal(err)
	}
	cifar := writeCIFAR100(t)
	for _, c := range []struct {
		spec     string
		size     int
		channels int
	}{
		{"folder:" + album(t, "", true), 10, 3},
		{"folder:" + album(t, "", false), 10, 1},
		{"folder:" + parts, 0, 3},
		{"generated:60", 8, 3},
		{"cifar100:" + cifar, 0, 3},
		{"cifar100:" + cifar, 16, 3},
		{"mnist:" + writeMNIST(t), 8, 1},
	} {
		t.Run(strings.ReplaceAll(c.spec, string(filepath.Separator), "-"), func(t *testing.T) {
			o := Options{Seed: 3, Size: c.size}
			want, err := Open(t.Context(), c.spec, o)
			if err != nil {
				t.Fatal(err)
			}
			dir := filepath.Join(t.TempDir(), "pack")
			o.shard = 2 * want.each()
			packed, err := Pack(t.Context(), c.spec, dir, o)
			if err != nil {
				t.Fatal(err)
			}
			opened, err := Open(t.Context(), "pack:"+dir, Options{})
			if err != nil {
				t.Fatal(err)
			}
			if opened.Channels != c.channels || opened.Name != "pack:"+dir || opened.Source != c.spec {
				t.Errorf("%d channels, %s, of %s", opened.Channels, opened.Name, opened.Source)
			}
			opened.Name = want.Name
			for _, got := range []*Set{packed, opened} {
				sameSet(t, got, want)
			}
			if shards, _ := filepath.Glob(filepath.Join(dir, "*.pixels")); len(shards) < 2 {
				t.Errorf("%d shards", len(shards))
			}
		})
	}
}

// sameSet compares all that a set has, and what a loader makes of it.
func sameSet(t *testing.T, got, want *Set) {
	t.Helper()
	for _, s := range [][2]Split{{got.Train, want.Train}, {got.Validate, want.Validate}, {got.Test, want.Test}} {
		if !slices.EqualFunc(s[0].Images, s[1].Images, slices.Equal) || !slices.Equal(s[0].Labels, s[1].Labels) ||
			!slices.Equal(s[0].Digests, s[1].Digests) || !slices.Equal(s[0].Names, s[1].Names) {
			t.Errorf("images differ: %d and %d", s[0].Len(), s[1].Len())
		}
	}
	if !reflect.DeepEqual(got.Index(), want.Index()) || !reflect.DeepEqual(got.Normalization, want.Normalization) {
		t.Errorf("statistics %v, want %v", got.Normalization, want.Normalization)
	}
	if got.Name != want.Name || got.Height != want.Height || got.Width != want.Width || got.Channels != want.Channels ||
		!slices.Equal(got.Classes, want.Classes) || got.Background != want.Background ||
		got.Left.String() != want.Left.String() || !slices.Equal(got.Notes, want.Notes) {
		t.Errorf("%s, %d×%d×%d, classes %q, left %v, notes %q, want those of %s", got.Name, got.Height, got.Width,
			got.Channels, got.Classes, got.Left, got.Notes, want.Name)
	}
	stream := Stream{Seed: 1, Batch: 4, Augment: Augment{CropPadding: 2, Flip: true, Brightness: 0.5}}
	a, b := newLoader(t, got, got.Train, stream), newLoader(t, want, want.Train, stream)
	defer a.Close()
	defer b.Close()
	for step := range 5 {
		if x, y := a.At(step), b.At(step); !slices.Equal(x.X, y.X) || !slices.Equal(x.Labels, y.Labels) {
			t.Errorf("batch %d differs", step)
		}
	}
}

// TestPackingGoesOn: a packing that is stopped keeps its whole shards, and draws only what they lack.
func TestPackingGoesOn(t *testing.T) {
	spec, dir := "folder:"+album(t, "", true), filepath.Join(t.TempDir(), "pack")
	want := mustOpen(t, spec, 0, 10)
	pack := func(stop int64) (drawn int64, err error) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		var n atomic.Int64
		_, err = Pack(ctx, spec, dir, Options{Size: 10, shard: 300, Observe: func(p Progress) {
			if p.Stage == "decoding" && n.Add(1) == stop {
				cancel()
			}
		}})
		return n.Load(), err
	}
	if _, err := pack(10); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	whole, _ := filepath.Glob(filepath.Join(dir, "*.pixels"))
	if len(whole) < 5 || len(whole) > 14 {
		t.Errorf("%d shards are whole", len(whole))
	}
	_, err := Open(t.Context(), "pack:"+dir, Options{})
	wantError(t, err, "pack is not packed to its end: the same nse data pack goes on")
	if drawn, err := pack(0); err != nil || drawn != int64(24-len(whole)) {
		t.Errorf("drawn %d of 24, %d were there: %v", drawn, len(whole), err)
	}
	if drawn, err := pack(0); err != nil || drawn != 0 {
		t.Errorf("drawn %d although all were there: %v", drawn, err)
	}
	got := mustOpen(t, "pack:"+dir, 0, 10)
	got.Name = want.Name
	sameSet(t, got, want)
}

// TestKilledPackingGoesOn kills a process that packs, and packs on.
func TestKilledPackingGoesOn(t *testing.T) {
	options := Options{Size: 200, shard: 2 * 200 * 200 * 3}
	if args := os.Getenv("NSE_TEST_PACK"); args != "" { // in that process
		spec, dir, _ := strings.Cut(args, "\n")
		_, err := Pack(t.Context(), spec, dir, options)
		t.Fatal("it was not killed:", err)
	}
	spec, dir := "folder:"+album(t, "", true), filepath.Join(t.TempDir(), "pack")
	c := exec.Command(os.Args[0], "-test.run=^TestKilledPackingGoesOn$")
	c.Env = append(os.Environ(), "NSE_TEST_PACK="+spec+"\n"+dir)
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	var whole []string
	for begun := time.Now(); len(whole) < 2 && time.Since(begun) < time.Minute; time.Sleep(time.Millisecond) {
		whole, _ = filepath.Glob(filepath.Join(dir, "*.pixels"))
	}
	err := errors.Join(c.Process.Kill(), c.Wait())
	if c.ProcessState.Exited() || len(whole) < 2 {
		t.Fatalf("%v; %d shards", err, len(whole))
	}
	before, err := os.Stat(whole[0])
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Pack(t.Context(), spec, dir, options); err != nil {
		t.Fatal(err)
	}
	if after, err := os.Stat(whole[0]); err != nil || !os.SameFile(before, after) {
		t.Errorf("%s was written again: %v", whole[0], err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*.new")); left != nil {
		t.Errorf("%v are left", left)
	}
	want, got := mustOpen(t, spec, 0, 200), mustOpen(t, "pack:"+dir, 0, 200)
	got.Name = want.Name
	sameSet(t, got, want)
}

// TestMemoryThatIsShort: images are packed in the cache, and found there again.
func TestMemoryThatIsShort(t *testing.T) {
	cache := t.TempDir()
	t.Setenv("NSE_CACHE", cache)
	dir := album(t, "", true)
	want := mustOpen(t, "folder:"+dir, 0, 10)
	bytes := int64(24 * 10 * 10 * 3)
	open := func(free int64) (set *Set, decoded int) {
		var n atomic.Int64
		set, err := Open(t.Context(), "folder:"+dir, Options{Size: 10, free: func() int64 { return free },
			Observe: func(p Progress) {
				if p.Stage == "decoding" {
					n.Add(1)
				}
			}})
		if err != nil {
			t.Fatal(err)
		}
		return set, int(n.Load())
	}
	packs := func() []string {
		list, _ := filepath.Glob(filepath.Join(cache, "packs", "*"))
		return list
	}
	set, decoded := open(3 * bytes)
	sameSet(t, set, want)
	if decoded != 24 || packs() != nil {
		t.Errorf("decoded %d, packed %v though there is memory", decoded, packs())
	}
	for _, wanted := range []int{24, 0} {
		set, decoded = open(3*bytes - 1)
		list := packs()
		if decoded != wanted || len(list) != 1 {
			t.Fatalf("decoded %d, want %d; packed %v", decoded, wanted, list)
		}
		note := "0.0 MB of images are more than a third of the free memory, and are mapped from " + list[0] +
			": when nothing uses them, rm -r " + list[0] + " frees the space"
		if !slices.Equal(set.Notes, []string{note}) {
			t.Errorf("notes %q", set.Notes)
		}
		set.Notes = want.Notes
		sameSet(t, set, want)
	}
	if err := os.Rename(filepath.Join(dir, "class0", "00.png"), filepath.Join(dir, "class0", "99.png")); err != nil {
		t.Fatal(err)
	}
	if set, decoded = open(0); decoded != 0 || !slices.ContainsFunc(set.All().Names, func(name string) bool {
		return strings.HasSuffix(name, "99.png")
	}) {
		t.Errorf("another name: decoded %d, names %q", decoded, set.All().Names)
	}
	writePicture(t, banded(9, 9, color.RGBA{A: 255}), dir, "class0", "99.png")
	if _, decoded = open(0); decoded != 24 || len(packs()) != 2 {
		t.Errorf("another image: decoded %d, packed %v", decoded, packs())
	}
}

// TestClassesOfCachedPacks: a class with another place in the order has its images still.
func TestClassesOfCachedPacks(t *testing.T) {
	t.Setenv("NSE_CACHE", t.TempDir())
	dir := album(t, "", true)
	for i, name := range []string{"class0", "zebra"} {
		if err := os.Rename(filepath.Join(dir, "class0"), filepath.Join(dir, name)); err != nil && i > 0 {
			t.Fatal(err)
		}
		want := mustOpen(t, "folder:"+dir, 0, 10)
		got, err := Open(t.Context(), "folder:"+dir, Options{Size: 10, free: func() int64 { return 0 }})
		if err != nil {
			t.Fatal(err)
		}
		got.Notes = nil
		sameSet(t, got, want)
	}
}

func TestPackRefuses(t *testing.T) {
	source, dir := "folder:"+album(t, "", true), t.TempDir()
	if _, err := Pack(t.Context(), source, dir, Options{Size: 10}); err != nil {
		t.Fatal(err)
	}
	full := t.TempDir()
	write(t, filepath.Join(full, "thesis.tex"), nil)
	for _, c := range []struct {
		spec, dir, want string
		o               Options
	}{
		{source, full, full + " has something in it that is no pack: want a new or an empty folder", Options{}},
		{source, dir, dir + " has a pack of other images, or with another size or background", Options{Size: 11}},
		{source, dir, dir + " has a pack of other images", Options{Size: 10, Background: color.RGBA{A: 255}}},
		{"generated:60", dir, dir + " has a pack of other images", Options{Size: 10}},
		{"pack:" + dir, full, "pack:" + dir + " is packed already", Options{}},
		{source, filepath.Join(full, "thesis.tex"), "thesis.tex: not a directory", Options{}},
	} {
		_, err := Pack(t.Context(), c.spec, c.dir, c.o)
		wantError(t, err, c.want)
	}
	for _, c := range []struct {
		dir, want string
		o         Options
	}{
		{dir, "has images of 10×10, not of 32×32: leave the size out, or pack " + source + " again with --size 32",
			Options{Size: 32}},
		{dir, "shows #ffffff through transparent pixels, not #000000", Options{Background: color.RGBA{A: 255}}},
		{full, full + " is no pack: want a folder that nse data pack has written", Options{}},
		{full + "/no", "no such directory: want a folder that nse data pack has written", Options{}},
	} {
		_, err := Open(t.Context(), "pack:"+c.dir, c.o)
		wantError(t, err, c.want)
	}
}

// The background of a pack is its own, unless another is asked for.
func TestBackgroundOfAPack(t *testing.T) {
	dir, black := t.TempDir(), color.RGBA{A: 255}
	if _, err := Pack(t.Context(), "folder:"+album(t, "", true), dir, Options{Background: black}); err != nil {
		t.Fatal(err)
	}
	for _, o := range []Options{{}, {Background: black}} {
		if set, err := Open(t.Context(), "pack:"+dir, o); err != nil || set.Background != black {
			t.Errorf("%+v: %v", o.Background, err)
		}
	}
	_, err := Open(t.Context(), "pack:"+dir, Options{Background: color.RGBA{255, 255, 255, 255}})
	wantError(t, err, "shows #000000 through transparent pixels, not #ffffff")
	_, _, err = Inspect(t.Context(), "pack:"+dir, Options{Size: 20}, func(View) bool { return true })
	wantError(t, err, "has images of 32×32, not of 20×20")
}

// TestUnreadableFilesOfAPack are all named, and what is whole stays.
func TestUnreadableFilesOfAPack(t *testing.T) {
	dir, out := album(t, "", true), filepath.Join(t.TempDir(), "pack")
	for _, name := range []string{"00.png", "03.png"} {
		path := filepath.Join(dir, "class0", name)
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		write(t, path, b[:len(b)-20])
	}
	_, err := Pack(t.Context(), "folder:"+dir, out, Options{Size: 10, shard: 300})
	wantError(t, err, "2 of 24 files cannot be read as images")
	if whole, _ := filepath.Glob(filepath.Join(out, "*.pixels")); len(whole) != 22 {
		t.Errorf("%d shards are whole", len(whole))
	}
}

// TestSplitsShareTheirImages: what is taken of a split has the images that a copy would have, in the same memory.
func TestSplitsShareTheirImages(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(4, 40).Draw(t, "n")
		pixels := make([]uint8, 3*n)
		s := Split{Images: views(pixels, n), Labels: make([]int32, n), Names: make([]string, n)}
		for i := range n {
			pixels[3*i], pixels[3*i+2] = uint8(i), uint8(100+i)
			s.Labels[i], s.Names[i] = int32(i%2), fmt.Sprint(i)
		}
		s.Digests = digests(s.Images)
		out := map[uint64]bool{}
		for _, i := range rapid.SliceOfN(rapid.IntRange(0, n-1), 0, n).Draw(t, "out") {
			out[s.Digests[i]] = true
		}
		train, held, err := s.Hold(rapid.IntRange(1, n-1).Draw(t, "held"), 1)
		if err != nil {
			t.Skip("no image can be held out")
		}
		before, after := s.cut(rapid.IntRange(0, n).Draw(t, "cut"))
		set := &Set{Train: before, Validate: held, Test: after}
		whole := 0
		for _, part := range []Split{train, held, s.Without(out), before, after, set.All()} {
			for i, image := range part.Images {
				at := int(image[0])
				if &image[0] != &pixels[3*at] || len(image) != 3 || cap(image) != 3 || part.Labels[i] != int32(at%2) ||
					part.Digests[i] != s.Digests[at] || part.Names[i] != fmt.Sprint(at) {
					t.Fatalf("image %d is %v with label %d and name %s", i, image, part.Labels[i], part.Names[i])
				}
			}
			whole += part.Len()
		}
		if want := n + (n - len(out)) + n + n + held.Len(); whole != want {
			t.Fatalf("%d images, want %d", whole, want)
		}
		for _, image := range s.Sample(n, 2).Images {
			if &image[0] != &pixels[3*int(image[0])] {
				t.Fatal("a sample copies")
			}
		}
	})
}
