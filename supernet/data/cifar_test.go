package data

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// record is an image of one colour in CIFAR's layout.
func record(label, r, g, b byte) []byte {
	return slices.Concat([]byte{label}, bytes.Repeat([]byte{r}, 1024), bytes.Repeat([]byte{g}, 1024),
		bytes.Repeat([]byte{b}, 1024))
}

func writeCIFAR(t *testing.T, dir string) {
	t.Helper()
	for i := range 5 {
		b := append(record(byte(i), byte(i), 20, 30), record(9, 40, 50, 60)...)
		write(t, filepath.Join(dir, fmt.Sprintf("data_batch_%d.bin", i+1)), b)
	}
	write(t, filepath.Join(dir, "test_batch.bin"), record(8, 1, 2, 3))
}

func TestOpenCIFAR10(t *testing.T) {
	dir := t.TempDir()
	writeCIFAR(t, filepath.Join(dir, "cifar-10-batches-bin"))
	for _, d := range []string{dir, filepath.Join(dir, "cifar-10-batches-bin")} {
		set := mustOpen(t, "cifar10:"+d, 0, 0)
		if set.Height != 32 || set.Width != 32 || set.Channels != 3 || set.Classes[8] != "ship" {
			t.Errorf("%d×%d×%d, class 8 is %s", set.Height, set.Width, set.Channels, set.Classes[8])
		}
		if want := []int32{0, 9, 1, 9, 2, 9, 3, 9, 4, 9}; !slices.Equal(set.Train.Labels, want) {
			t.Errorf("labels %v, want %v", set.Train.Labels, want)
		}
		if got := set.Train.pixels()[4*3072 : 4*3072+6]; !bytes.Equal(got, []byte{2, 20, 30, 2, 20, 30}) {
			t.Errorf("image 4 begins with %v", got)
		}
		if len(set.Test.pixels()) != 3072 || !bytes.Equal(set.Test.pixels()[3069:], []byte{1, 2, 3}) {
			t.Errorf("the test image ends with %v", set.Test.pixels()[3069:])
		}
	}
}

func TestResizeKeepsColours(t *testing.T) {
	dir := t.TempDir()
	writeCIFAR(t, dir)
	for _, size := range []int{16, 48} {
		set := mustOpen(t, "cifar10:"+dir, 0, size)
		want := bytes.Repeat([]byte{4, 20, 30}, size*size)
		if got := set.Train.pixels()[8*len(want) : 9*len(want)]; !bytes.Equal(got, want) {
			t.Errorf("size %d: image 8 begins with %v", size, got[:6])
		}
	}
}

func TestOpenCIFAR10Refuses(t *testing.T) {
	for want, data := range map[string][]byte{
		"data_batch_3.bin: truncated: have 3072 bytes, want 3073":                record(1, 2, 3, 4)[1:],
		"data_batch_3.bin: truncated: have 3074 bytes, want 6146":                append(record(1, 2, 3, 4), 0),
		"data_batch_3.bin: truncated: have 0 bytes, want 3073 (records of 3073)": {},
		"data_batch_3.bin: label 10 of image 1 is not in 0..9": append(
			record(1, 2, 3, 4), record(10, 2, 3, 4)...),
		"data_batch_3.bin: no such file": nil,
	} {
		dir := t.TempDir()
		writeCIFAR(t, dir)
		path := filepath.Join(dir, "data_batch_3.bin")
		write(t, path, data)
		if data == nil {
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
		}
		_, err := Open(t.Context(), "cifar10:"+dir, Options{})
		wantError(t, err, want)
	}
}
