package published

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// npz is an archive with an array as numpy.savez_compressed makes it.
func npz(t *testing.T, descr string, data []byte, shape ...int) []byte {
	t.Helper()
	dims := strings.Trim(strings.ReplaceAll(fmt.Sprint(shape), " ", ", "), "[]")
	header := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': (%s,), }\n", descr, dims)
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	f, err := w.Create("arr_0.npy")
	if err != nil {
		t.Fatal(err)
	}
	length := binary.LittleEndian.AppendUint16([]byte("\x93NUMPY\x01\x00"), uint16(len(header)))
	if _, err := f.Write(slices.Concat(length, []byte(header), data)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func writeNPZ(t *testing.T, name string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	write(t, filepath.Join(dir, name+"-train-imgs.npz"), npz(t, "|u1", ramp(60), 3, 4, 5))
	write(t, filepath.Join(dir, name+"-train-labels.npz"), npz(t, "|u1", []byte{9, 0, 4}, 3))
	write(t, filepath.Join(dir, name+"-test-imgs.npz"), npz(t, "|u1", ramp(20), 1, 4, 5, 1))
	write(t, filepath.Join(dir, name+"-test-labels.npz"), npz(t, "<i8", []byte{7, 0, 0, 0, 0, 0, 0, 0}, 1))
	return dir
}

func TestOpenKuzushiji(t *testing.T) {
	for name, want := range map[string]string{"kmnist": "をおなや", "k49": "こあおく"} {
		set := mustOpen(t, name, writeNPZ(t, name))
		var got string
		for _, label := range append(set.Train.Labels, set.Test.Labels...) {
			got += set.Classes[label]
		}
		if got != want || set.Height != 4 || set.Width != 5 || set.Channels != 1 {
			t.Errorf("%s: %s of %d×%d×%d, want %s", name, got, set.Height, set.Width, set.Channels, want)
		}
		if !slices.Equal(set.Train.Pixels, ramp(60)) || !slices.Equal(set.Test.Pixels, ramp(20)) {
			t.Errorf("%s: pixels %v and %v", name, set.Train.Pixels, set.Test.Pixels)
		}
	}
}

func TestOpenKuzushijiRefuses(t *testing.T) {
	images, labels := "k49-train-imgs.npz", "k49-train-labels.npz"
	for name, c := range map[string]struct {
		file string
		data []byte // nil: the file is removed
		want string
	}{
		"no file":    {labels, nil, labels + ": no such file"},
		"no archive": {images, ramp(100), images + ": not an archive of arrays (.npz)"},
		"colour": {images, npz(t, "|u1", ramp(180), 3, 4, 5, 3),
			images + ": an array of [3 4 5 3]: want images [N, H, W]"},
		"type": {images, npz(t, "<u2", ramp(120), 3, 4, 5),
			images + ": its elements are <u2: want unsigned bytes"},
		"thin":       {images, npz(t, "|u1", ramp(15), 3, 1, 5), images + ": 3 images of 1×5: want at least one of 4"},
		"other size": {images, npz(t, "|u1", ramp(48), 3, 4, 4), "training images are 4×4, test images 4×5"},
		"labels":     {labels, npz(t, "|u1", ramp(2), 2), labels + ": 2 labels for 3 images"},
		"matrix":     {labels, npz(t, "|u1", ramp(3), 3, 1), labels + ": an array of [3 1]: want labels [N]"},
		"label":      {labels, npz(t, "|u1", []byte{0, 49, 1}, 3), labels + ": label 49 of image 1 is not in 0..48"},
		"negative":   {labels, npz(t, "|i1", []byte{0, 1, 255}, 3), labels + ": label -1 of image 2 is not in 0..48"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := writeNPZ(t, "k49")
			write(t, filepath.Join(dir, c.file), c.data)
			if c.data == nil {
				if err := os.Remove(filepath.Join(dir, c.file)); err != nil {
					t.Fatal(err)
				}
			}
			wantError(t, openError(t, "k49", dir), c.want)
		})
	}
	wantError(t, openError(t, "kmnist", t.TempDir()), "train-images-idx3-ubyte(.gz): no such file")
}
