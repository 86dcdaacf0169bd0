package published

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
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
	for name, class := range map[string]string{"mnist": "9", "fashion-mnist": "Ankle boot", "kmnist": "を"} {
		set := mustOpen(t, name, dir)
		if set.Height != 4 || set.Width != 5 || set.Channels != 1 || set.Classes[set.Train.Labels[0]] != class {
			t.Errorf("%s: %d×%d×%d, first class %s", name, set.Height, set.Width, set.Channels,
				set.Classes[set.Train.Labels[0]])
		}
		if !slices.Equal(set.Train.Pixels, ramp(60)) || !slices.Equal(set.Train.Labels, []int32{9, 0, 4}) {
			t.Errorf("%s: training images %v", name, set.Train)
		}
		if !slices.Equal(set.Test.Pixels, ramp(20)) || !slices.Equal(set.Test.Labels, []int32{7}) {
			t.Errorf("%s: test images %v", name, set.Test)
		}
	}
}

// Images of EMNIST are stored with columns for rows. Labels of letters begin at 1.
func TestOpenEMNIST(t *testing.T) {
	for split, c := range map[string]struct {
		labels []byte
		want   string
		refuse string // label 62 or the like
	}{
		"byclass":  {[]byte{9, 10, 61}, "9Az", "label 62 of image 0 is not in 0..61"},
		"bymerge":  {[]byte{9, 38, 46}, "9dt", "label 47 of image 0 is not in 0..46"},
		"balanced": {[]byte{9, 35, 36}, "9Za", "label 47 of image 0 is not in 0..46"},
		"letters":  {[]byte{1, 2, 26}, "ABZ", "label 0 of image 0 is not in 1..26"},
		"digits":   {[]byte{0, 5, 9}, "059", "label 10 of image 0 is not in 0..9"},
		"mnist":    {[]byte{0, 5, 9}, "059", "label 10 of image 0 is not in 0..9"},
	} {
		for _, nested := range []string{"", "gzip"} {
			dir := t.TempDir()
			stem := filepath.Join(dir, nested, "emnist-"+split)
			write(t, stem+"-train-images-idx3-ubyte.gz", gzipped(t, idx(ramp(60), 3, 4, 5)))
			write(t, stem+"-train-labels-idx1-ubyte.gz", gzipped(t, idx(c.labels, 3)))
			write(t, stem+"-test-images-idx3-ubyte", idx(ramp(20), 1, 4, 5))
			write(t, stem+"-test-labels-idx1-ubyte", idx(c.labels[2:], 1))
			set := mustOpen(t, "emnist-"+split, dir)
			var got string
			for _, label := range set.Train.Labels {
				got += set.Classes[label]
			}
			if got != c.want || set.Classes[set.Test.Labels[0]] != c.want[2:] {
				t.Errorf("%s: classes %s, want %s", split, got, c.want)
			}
			upright := []byte{0, 5, 10, 15, 1, 6, 11, 16, 2, 7, 12, 17, 3, 8, 13, 18, 4, 9, 14, 19}
			if set.Height != 5 || set.Width != 4 || !bytes.Equal(set.Test.Pixels, upright) ||
				!bytes.Equal(set.Train.Pixels[:20], upright) || set.Train.Pixels[41] != 45 {
				t.Errorf("%s: images of %d×%d: %v", split, set.Height, set.Width, set.Test.Pixels)
			}
			number, _, _ := strings.Cut(strings.TrimPrefix(c.refuse, "label "), " ")
			n, err := strconv.Atoi(number)
			if err != nil {
				t.Fatal(err)
			}
			write(t, stem+"-test-labels-idx1-ubyte", idx([]byte{byte(n)}, 1))
			wantError(t, openError(t, "emnist-"+split, dir), c.refuse)
		}
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
		{"bomb", images, gzipped(t, idx(nil, 1<<20, 32, 32)),
			images + ": truncated: have at most "},
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
			wantError(t, openError(t, "mnist", dir), c.want)
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
		shape, data, err := readIDX(bytes.NewReader(b), int64(len(b)), dims)
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
		whole := idx(data, shape...)
		again, same, err := readIDX(bytes.NewReader(whole), int64(len(whole)), dims)
		if err != nil || !slices.Equal(again, shape) || !bytes.Equal(same, data) {
			t.Fatalf("written and read again: %v, %v", again, err)
		}
	})
}
