package data

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// idx is an IDX file of unsigned bytes.
func idx(data []byte, shape ...int) []byte {
	b := []byte{0, 0, 8, byte(len(shape))}
	for _, d := range shape {
		b = binary.BigEndian.AppendUint32(b, uint32(d))
	}
	return append(b, data...)
}

func gzipped(t testing.TB, b []byte) []byte {
	t.Helper()
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	if _, err := w.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return z.Bytes()
}

// ramp is n bytes from 0 up.
func ramp(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i)
	}
	return b
}

// writeIDX lays out a set of three training images and one test image of 4×5, with names of every kind.
func writeIDX(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	write(t, filepath.Join(dir, "train-images-idx3-ubyte"), idx(ramp(60), 3, 4, 5))
	write(t, filepath.Join(dir, "train-labels-idx1-ubyte.gz"), gzipped(t, idx([]byte{9, 0, 4}, 3)))
	write(t, filepath.Join(dir, "t10k-images.idx3-ubyte"), idx(ramp(20), 1, 4, 5))
	write(t, filepath.Join(dir, "t10k-labels.idx1-ubyte.gz"), gzipped(t, idx([]byte{7}, 1)))
	return dir
}

func TestOpenIDX(t *testing.T) {
	dir := writeIDX(t)
	for spec, class := range map[string]string{"mnist:" + dir: "9", "fashion-mnist:" + dir: "Ankle boot"} {
		set := mustOpen(t, spec, 0, 0)
		if set.Name != spec || set.Height != 4 || set.Width != 5 || set.Channels != 1 ||
			set.Classes[set.Train.Labels[0]] != class {
			t.Errorf("%s: %q %d×%d×%d, first class %s", spec, set.Name, set.Height, set.Width, set.Channels,
				set.Classes[set.Train.Labels[0]])
		}
		if !slices.Equal(set.Train.pixels(), ramp(60)) || !slices.Equal(set.Train.Labels, []int32{9, 0, 4}) {
			t.Errorf("%s: training split %v", spec, set.Train)
		}
		if !slices.Equal(set.Test.pixels(), ramp(20)) || !slices.Equal(set.Test.Labels, []int32{7}) {
			t.Errorf("%s: test split %v", spec, set.Test)
		}
	}
	if set := mustOpen(t, "mnist:"+dir, 0, 8); set.Height != 8 || set.Width != 8 || len(set.Train.pixels()) != 3*64 {
		t.Errorf("size 8 gives %d×%d and %d bytes", set.Height, set.Width, len(set.Train.pixels()))
	}
}

func TestOpenIDXRefuses(t *testing.T) {
	images, labels := "train-images-idx3-ubyte", "train-labels-idx1-ubyte.gz"
	broken := gzipped(t, idx([]byte{1, 2, 3}, 3))
	broken[len(broken)-6]++ // checksum
	cases := []struct {
		name, file string
		data       []byte // nil: the file is removed
		want       string
	}{
		{"no file", images, nil, "train-images-idx3-ubyte(.gz): no such file"},
		{"empty", images, []byte{}, images + ": truncated: have 0 bytes, want a header of 16"},
		{"header", images, idx(nil, 3, 4), images + ": truncated: have 12 bytes, want a header of 16"},
		{"magic", images, idx(ramp(60), 60, 1, 1, 1), images + ": bad magic 0x00000804: want 0x00000803"},
		{"short", images, idx(ramp(59), 3, 4, 5), images + ": truncated: have 59 bytes of data, want 60 ([3 4 5])"},
		{"long", images, idx(ramp(61), 3, 4, 5), images + ": longer than the 60 bytes"},
		{"huge", images, idx(nil, 1<<31, 1<<31, 1), images + ": dimensions [2147483648 2147483648] are over the limit"},
		{"none", images, idx(nil, 0, 4, 5), images + ": 0 images of 4×5: want at least one of 4 to 1024 pixels a side"},
		{"thin", images, idx(ramp(6), 3, 1, 2), images + ": 3 images of 1×2"},
		{"other size", images, idx(ramp(48), 3, 4, 4), "training images are 4×4, test images 4×5"},
		{"labels", labels, idx([]byte{1, 2}, 2), labels + ": 2 labels for 3 images"},
		{"label", labels, idx([]byte{1, 10, 3}, 3), labels + ": label 10 of image 1 is not in 0..9"},
		{"gzip header", labels, []byte("\x1f\x8b\x00"), labels + ": gzip: unexpected EOF"},
		{"gzip cut in data", images, gzipped(t, idx(ramp(60), 3, 4, 5))[:60], images + ": truncated: have "},
		{"gzip cut at end", labels, gzipped(t, idx(ramp(3), 3))[:24],
			labels + ": truncated: the end of the gzip data is missing"},
		{"gzip checksum", labels, broken, labels + ": gzip: invalid checksum"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			dir := writeIDX(t)
			write(t, filepath.Join(dir, c.file), c.data)
			if c.data == nil {
				if err := os.Remove(filepath.Join(dir, c.file)); err != nil {
					t.Fatal(err)
				}
			}
			_, err := Open(t.Context(), "mnist:"+dir, Options{})
			wantError(t, err, c.want)
		})
	}
}

func FuzzReadIDX(f *testing.F) {
	f.Add(idx(ramp(6), 1, 2, 3), 3)
	f.Add(gzipped(f, idx(ramp(3), 3)), 1)
	f.Add(idx(nil, 1<<31, 1<<31, 1<<31), 3)
	f.Fuzz(func(t *testing.T, b []byte, dims int) {
		if dims < 1 || dims > 4 {
			return
		}
		shape, data, err := readIDX(bytes.NewReader(b), dims)
		if err != nil {
			return
		}
		size := 1
		for _, d := range shape {
			size *= d
		}
		if len(shape) != dims || len(data) != size {
			t.Fatalf("%d bytes for dimensions %v", len(data), shape)
		}
		again, same, err := readIDX(bytes.NewReader(idx(data, shape...)), dims)
		if err != nil || !slices.Equal(again, shape) || !bytes.Equal(same, data) {
			t.Fatalf("written and read again: %v, %v", again, err)
		}
	})
}
