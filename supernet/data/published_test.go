package data

import (
	"bytes"
	"path/filepath"
	"slices"
	"testing"
)

// ramp is n bytes from 0 up.
func ramp(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i)
	}
	return b
}

// writeCIFAR100 makes a set of three images for training and one for testing, of one colour each.
func writeCIFAR100(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	record := func(coarse, fine, r, g, b byte) []byte {
		return slices.Concat([]byte{coarse, fine}, bytes.Repeat([]byte{r}, 1024), bytes.Repeat([]byte{g}, 1024),
			bytes.Repeat([]byte{b}, 1024))
	}
	write(t, filepath.Join(dir, "train.bin"), slices.Concat(record(1, 2, 3, 4, 5), record(19, 99, 6, 7, 8),
		record(1, 2, 3, 4, 5)))
	write(t, filepath.Join(dir, "test.bin"), record(0, 0, 9, 10, 11))
	return dir
}

// writeMNIST makes a set of three grey images for training and one for testing.
func writeMNIST(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for part, labels := range map[string][]byte{"train": {9, 0, 4}, "t10k": {7}} {
		n := byte(len(labels))
		images := slices.Concat([]byte{0, 0, 8, 3, 0, 0, 0, n, 0, 0, 0, 4, 0, 0, 0, 5}, ramp(20*len(labels)))
		write(t, filepath.Join(dir, part+"-images-idx3-ubyte"), images)
		write(t, filepath.Join(dir, part+"-labels-idx1-ubyte"), slices.Concat([]byte{0, 0, 8, 1, 0, 0, 0, n}, labels))
	}
	return dir
}

func TestOpenPublished(t *testing.T) {
	dir := writeCIFAR100(t)
	for spec, class := range map[string]string{"cifar100:" + dir: "worm", "cifar100-coarse:" + dir: "vehicles_2"} {
		for _, size := range []int{0, 16, 48} {
			set := mustOpen(t, spec, 0, size)
			side := max(size, 32)
			if size == 16 {
				side = 16
			}
			if set.Name != spec || set.Height != side || set.Width != side || set.Channels != 3 ||
				set.Classes[set.Train.Labels[1]] != class {
				t.Errorf("%q %d×%d×%d, the second image is a %s", set.Name, set.Height, set.Width, set.Channels,
					set.Classes[set.Train.Labels[1]])
			}
			want := slices.Concat(bytes.Repeat([]byte{3, 4, 5}, side*side), bytes.Repeat([]byte{6, 7, 8}, side*side),
				bytes.Repeat([]byte{3, 4, 5}, side*side))
			if !bytes.Equal(set.Train.pixels(), want) || !bytes.Equal(set.Test.pixels(),
				bytes.Repeat([]byte{9, 10, 11}, side*side)) {
				t.Errorf("size %d changes colours", size)
			}
			if d := set.Train.Digests; len(d) != 3 || d[0] != d[2] || d[0] == d[1] || len(set.Test.Digests) != 1 {
				t.Errorf("digests %x and %x", d, set.Test.Digests)
			}
		}
	}
	_, err := Open(t.Context(), "cifar10:"+dir, Options{})
	wantError(t, err, "data: cifar10: "+dir+"/data_batch_1.bin: no such file")
}
