package pack

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/nse-dev/nse/internal/file"
)

// plan has seven images of 2×2, three in a shard. The first five count.
func plan(channels int) Plan {
	return Plan{Key: "key", Images: 7, Height: 2, Width: 2, Channels: channels, Shard: 3 * 4 * channels,
		Counts: func(place int) bool { return place < 5 }}
}

// pixels are those of the image at a place. Grey ones have three equal channels.
func pixels(place, channels int, grey bool) []uint8 {
	b := make([]uint8, 4*channels)
	for i := range b {
		b[i] = uint8(10*place + i/3)
		if !grey {
			b[i] += uint8(i % 3)
		}
	}
	return b
}

// index has images 6 to 0, the first four for training.
func index(channels int) Index {
	x := Index{Spec: "folder:x", Classes: []string{"a", "b"}, Mean: make([]float32, channels),
		Std: make([]float32, channels), Left: map[string]int{"hidden": 2}, Notes: []string{"note"},
		Train: Side{[]int32{6, 5, 4, 3}, []int32{0, 1, 0, 1}, []uint64{1<<64 - 1, 2, 3, 4},
			[]string{"p", "q", "r", "s"}},
		Test: Side{[]int32{2, 1, 0}, []int32{0, 1, 0}, []uint64{5, 6, 7}, nil}}
	for c := range channels {
		x.Std[c] = 0.25
	}
	return x
}

// write packs what dir lacks, and returns the places that were put.
func write(t *testing.T, dir string, channels int, grey bool) (put []int) {
	t.Helper()
	w, err := Create(t.Context(), dir, plan(channels))
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	for place := range 7 {
		if w.Has(place) {
			continue
		}
		put = append(put, place)
		if err := w.Put(place, pixels(place, channels, grey), grey); err != nil {
			t.Fatal(err)
		}
	}
	n, err := w.Compact(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Finish(index(n)); err != nil {
		t.Fatal(err)
	}
	return put
}

func open(t *testing.T, dir string) *Pack {
	t.Helper()
	p, err := Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestPack(t *testing.T) {
	for _, grey := range []bool{false, true} {
		dir := filepath.Join(t.TempDir(), "pack")
		write(t, dir, 3, grey)
		p := open(t, dir)
		channels := 3
		if grey {
			channels = 1
		}
		if p.Channels != channels || p.Left["hidden"] != 2 || p.Train.Digests[0] != 1<<64-1 || p.Test.Names != nil {
			t.Errorf("%+v", p.Index)
		}
		for i, image := range slices.Concat(p.Images(p.Train), p.Images(p.Validate), p.Images(p.Test)) {
			want := pixels(6-i, 3, grey)
			if grey {
				want = []uint8{want[0], want[3], want[6], want[9]}
			}
			if !bytes.Equal(image, want) {
				t.Errorf("image %d is %v, want %v", i, image, want)
			}
		}
		if b, err := os.ReadFile(filepath.Join(dir, "00002.pixels")); err != nil || len(b) != 4*channels {
			t.Errorf("the last shard is %v, %v", b, err)
		}
		if put := write(t, dir, 3, grey); put != nil {
			t.Errorf("%v are put though all are there", put)
		}
		open(t, dir)
	}
}

// The histogram is of the images that count: places 0 to 4, in whole and in resumed packs.
func TestHistogram(t *testing.T) {
	dir := t.TempDir()
	for range 2 {
		w, err := Create(t.Context(), dir, plan(3))
		if err != nil {
			t.Fatal(err)
		}
		for place := range 7 {
			if !w.Has(place) {
				if err := w.Put(place, pixels(place, 3, false), false); err != nil {
					t.Fatal(err)
				}
			}
		}
		h := w.Histogram()
		var want [3][256]int64 // pixel p of channel c of an image is 10 place + p + c
		for place := range 5 {
			for p := range 4 {
				for c := range 3 {
					want[c][10*place+p+c]++
				}
			}
		}
		if len(h) != 3 || h[0] != want[0] || h[1] != want[1] || h[2] != want[2] {
			t.Errorf("histogram %v", h)
		}
		w.Close()
	}
}

// damage changes a file of a pack.
func damage(t *testing.T, path string, change func(b []byte) []byte) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, change(b), 0o644); err != nil {
		t.Fatal(err)
	}
}

func flip(b []byte) []byte { b[len(b)/2] ^= 1; return b }
func cut(b []byte) []byte  { return b[:len(b)-1] }
func none([]byte) []byte   { return nil }

func swap(from, to string) func([]byte) []byte {
	return func(b []byte) []byte { return bytes.Replace(b, []byte(from), []byte(to), 1) }
}

// TestDamage is found, is one line, and is mended by packing again.
func TestDamage(t *testing.T) {
	for _, c := range []struct {
		file, want string
		change     func(b []byte) []byte
	}{
		{"00001.pixels", "00001.pixels is damaged: another checksum than when it was packed: the same", flip},
		{"00001.pixels", "00001.pixels is damaged: 35 bytes, want 36: the same nse data pack makes it anew", cut},
		{"00001.pixels", "00001.pixels: the file is empty", none},
		{indexFile, "index.json: not the index of a pack, or cut: unexpected end of JSON input", cut},
		{indexFile, "index.json: not the index of a pack, or cut", none},
		{indexFile, "index.json: damaged: another checksum than when it was written",
			swap(`"notes":["note"]`, `"notes":["nope"]`)},
		{indexFile, "index.json: a pack of version 2: this nse reads version 1: pack the images again",
			swap(`"version":1`, `"version":2`)},
		{indexFile, "index.json: not the index of a pack", swap(`"nse pack"`, `"a park"`)},
	} {
		dir := t.TempDir()
		write(t, dir, 3, false)
		damage(t, filepath.Join(dir, c.file), c.change)
		_, err := Open(t.Context(), dir)
		if err == nil || !strings.HasPrefix(err.Error(), dir) || !strings.Contains(err.Error(), c.want) ||
			strings.Contains(err.Error(), "\n") {
			t.Errorf("%v, want %q", err, c.want)
		}
		put := write(t, dir, 3, false)
		if shard := c.file != indexFile; shard != slices.Equal(put, []int{3, 4, 5}) || !shard && put != nil {
			t.Errorf("%s: %v are put again", c.want, put)
		}
		if p := open(t, dir); !bytes.Equal(p.Images(p.Train)[1], pixels(5, 3, false)) {
			t.Errorf("%s: not mended", c.want)
		}
	}
}

// A copy of a pack has the times of its own files: sums are compared, and it opens.
func TestCopies(t *testing.T) {
	dir, copied := t.TempDir(), filepath.Join(t.TempDir(), "copy")
	write(t, dir, 3, false)
	if err := os.CopyFS(copied, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	open(t, copied)
	damage(t, filepath.Join(copied, "00002.pixels"), flip)
	if _, err := Open(t.Context(), copied); err == nil {
		t.Error("a damaged copy opens")
	}
}

// A pack whose journal is cut, or that ends in a line of a shard that is not there, loses that shard and no other.
func TestJournals(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, 3, true)
	path := filepath.Join(dir, journalFile)
	damage(t, path, func(b []byte) []byte { return b[:len(b)-20] })
	if put := write(t, dir, 3, true); !slices.Equal(put, []int{6}) {
		t.Errorf("%v are put again", put)
	}
	open(t, dir)
	if err := os.Remove(filepath.Join(dir, "00000.pixels")); err != nil {
		t.Fatal(err)
	}
	if put := write(t, dir, 3, true); !slices.Equal(put, []int{0, 1, 2}) {
		t.Errorf("%v are put again", put)
	}
	open(t, dir)
	damage(t, path, func(b []byte) []byte {
		return append(b, `{"number":-1,"channels":3,"histogram":[[],[],[]]}`+"\n"+
			`{"number":1,"channels":100000000,"histogram":[]}`+"\n"...)
	})
	if put := write(t, dir, 3, true); !slices.Equal(put, []int{3, 4, 5}) {
		t.Errorf("%v are put again", put)
	}
	damage(t, path, swap(`"version":1`, `"version":9`))
	_, err := Create(t.Context(), dir, plan(3))
	if err == nil || !strings.Contains(err.Error(), "a pack of version 9: this nse writes version 1") {
		t.Error(err)
	}
}

func TestOneWriterAtATime(t *testing.T) {
	dir := t.TempDir()
	w, err := Create(t.Context(), dir, plan(3))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Create(t.Context(), dir, plan(3)); err == nil || err.Error() != dir+": in use by another nse process" {
		t.Error(err)
	}
	if _, err := w.Compact(t.Context()); err == nil || !strings.Contains(err.Error(), "3 of 3 shards are missing") {
		t.Error(err)
	}
	w.Close()
	write(t, dir, 3, false)
}

func TestNoSpace(t *testing.T) {
	dir := t.TempDir()
	p := plan(3)
	p.Images, p.Height, p.Width = 1<<31, 1<<10, 1<<10
	_, err := Create(t.Context(), dir, p)
	if err == nil || !strings.HasPrefix(err.Error(), dir+": no space: 6755399.4 GB are needed, ") {
		t.Error(err)
	}
}

// signed is the text of an index, with the right sum.
func signed(t testing.TB, inner []byte) []byte {
	b, err := json.Marshal(document{format, Version, file.Sum(inner), inner})
	if err != nil {
		t.Skip("not JSON")
	}
	return b
}

// TestIndexRefuses what leads out of the shards, whatever its sum.
func TestIndexRefuses(t *testing.T) {
	x := index(3)
	x.Key, x.Height, x.Width, x.Channels, x.PerShard, x.Shards = "key", 2, 2, 3, 3, make([]Shard, 3)
	good, err := x.encode()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := decodeIndex(good); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		change func(x *Index)
		want   string
	}{
		{func(x *Index) { x.Train.Places[0] = 7 }, "image 0: place 7 of 7, class 0 of 2"},
		{func(x *Index) { x.Train.Places[1] = -1 }, "image 1: place -1 of 7, class 1 of 2"},
		{func(x *Index) { x.Test.Labels[1] = 2 }, "image 1: place 1 of 7, class 2 of 2"},
		{func(x *Index) { x.Test.Digests = nil }, "3 images with 3 labels, 0 digests and 0 names"},
		{func(x *Index) { x.Train.Names = x.Train.Names[:1] }, "4 images with 4 labels, 4 digests and 1 names"},
		{func(x *Index) { x.Shards = x.Shards[:2] }, "2 shards of 3 images for 7 images"},
		{func(x *Index) { x.PerShard = 1<<63 - 1; x.Shards = nil }, "0 shards of 9223372036854775807 images"},
		{func(x *Index) { x.PerShard = 0 }, "3 shards of 0 images"},
		{func(x *Index) { x.Height = 1 << 40 }, "images of 1099511627776×2×3"},
		{func(x *Index) { x.Channels = 2 }, "images of 2×2×2"},
		{func(x *Index) { x.Std[2] = 0 }, "no mean and deviation of 3 channels"},
		{func(x *Index) { x.Mean = nil }, "no mean and deviation of 3 channels"},
		{func(x *Index) { x.Train, x.Test, x.Shards = Side{}, Side{}, nil }, "0 shards of 3 images for 0 images"},
	} {
		bad, err := decodeIndex(good)
		if err != nil {
			t.Fatal(err)
		}
		c.change(&bad)
		inner, err := json.Marshal(bad)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := decodeIndex(signed(t, inner)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
}

// FuzzDecodeIndex: whatever an index says, its images are within its shards.
func FuzzDecodeIndex(f *testing.F) {
	x := index(1)
	x.Key, x.Height, x.Width, x.Channels, x.PerShard, x.Shards = "key", 1, 1, 1, 3, make([]Shard, 3)
	inner, err := json.Marshal(x)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(inner, true)
	f.Add(signed(f, inner), false)
	f.Add([]byte(`{"height":1,"width":1,"channels":1}`), true)
	f.Fuzz(func(t *testing.T, b []byte, sign bool) {
		if sign {
			b = signed(t, b)
		}
		x, err := decodeIndex(b)
		if err != nil || x.images()*x.each() > 1<<20 {
			return
		}
		p := Pack{Index: x}
		for n := range x.Shards {
			p.shards = append(p.shards, make([]byte, x.shardBytes(n)))
		}
		for _, s := range []Side{p.Train, p.Validate, p.Test} {
			for i, image := range p.Images(s) {
				if len(image) != x.each() || int(s.Labels[i]) >= len(x.Classes) {
					t.Fatalf("image %d: %d bytes, class %d", i, len(image), s.Labels[i])
				}
			}
		}
	})
}
