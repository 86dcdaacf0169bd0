package published

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
		set := mustOpen(t, "cifar10", d)
		if set.Height != 32 || set.Width != 32 || set.Channels != 3 || set.Classes[8] != "ship" {
			t.Errorf("%d×%d×%d, class 8 is %s", set.Height, set.Width, set.Channels, set.Classes[8])
		}
		if want := []int32{0, 9, 1, 9, 2, 9, 3, 9, 4, 9}; !slices.Equal(set.Train.Labels, want) {
			t.Errorf("labels %v, want %v", set.Train.Labels, want)
		}
		if got := set.Train.Pixels[4*3072 : 4*3072+6]; !bytes.Equal(got, []byte{2, 20, 30, 2, 20, 30}) {
			t.Errorf("image 4 begins with %v", got)
		}
		if len(set.Test.Pixels) != 3072 || !bytes.Equal(set.Test.Pixels[3069:], []byte{1, 2, 3}) {
			t.Errorf("the test image ends with %v", set.Test.Pixels[3069:])
		}
	}
}

// A record of CIFAR-100 has the superclass before the class. Planes are in the order of the bytes of a row.
func TestOpenCIFAR100(t *testing.T) {
	dir := t.TempDir()
	first := append([]byte{8, 3}, ramp(3072)...) // a bear is a large carnivore
	folder := filepath.Join(dir, "cifar-100-binary")
	write(t, filepath.Join(folder, "train.bin"), append(first, append([]byte{18, 90}, record(0, 1, 2, 3)[1:]...)...))
	write(t, filepath.Join(folder, "test.bin"), append([]byte{0}, record(95, 4, 5, 6)...))
	for name, want := range map[string][3]string{
		"cifar100":        {"bear", "train", "whale"},
		"cifar100-coarse": {"large_carnivores", "vehicles_1", "aquatic_mammals"},
	} {
		set := mustOpen(t, name, dir)
		got := [3]string{set.Classes[set.Train.Labels[0]], set.Classes[set.Train.Labels[1]],
			set.Classes[set.Test.Labels[0]]}
		if got != want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
		if got := set.Train.Pixels[3*33 : 3*33+3]; !bytes.Equal(got, []byte{33, 33, 33}) {
			t.Errorf("%s: the second row has the pixel %v", name, got)
		}
		if got := set.Train.Pixels[3072:3075]; !bytes.Equal(got, []byte{1, 2, 3}) || set.Test.Pixels[3071] != 6 {
			t.Errorf("%s: the second image begins with %v", name, got)
		}
	}
	write(t, filepath.Join(folder, "test.bin"), append([]byte{20}, record(99, 4, 5, 6)...))
	mustOpen(t, "cifar100", dir)
	wantError(t, openError(t, "cifar100-coarse", dir), "test.bin: label 20 of image 0 is not in 0..19")
	write(t, filepath.Join(folder, "test.bin"), record(95, 4, 5, 6))
	wantError(t, openError(t, "cifar100", dir), "test.bin: truncated: have 3073 bytes, want 3074 (records of 3074)")
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
		wantError(t, openError(t, "cifar10", dir), want)
	}
}

func FuzzReadCIFAR(f *testing.F) {
	f.Add(record(1, 2, 3, 4), false)
	f.Add(append([]byte{19}, record(99, 2, 3, 4)...), true)
	f.Add(append(record(1, 2, 3, 4), record(10, 2, 3, 4)...), false)
	f.Fuzz(func(t *testing.T, b []byte, hundred bool) {
		s := cifar10()
		if hundred {
			s = cifar100(1, fine())
		}
		var images Images
		if s.readRecords(bytes.NewReader(b), int64(len(b)), &images) != nil {
			return
		}
		var again []byte
		for i, label := range images.Labels {
			at := i * (s.labels + cifarPixels)
			again = append(again, b[at:at+s.label]...)
			again = append(again, byte(label))
			for plane := range 3 {
				for p := range cifarPlane {
					again = append(again, images.Pixels[i*cifarPixels+3*p+plane])
				}
			}
		}
		if !bytes.Equal(again, b) {
			t.Fatalf("%d images are not what they were read from", len(images.Labels))
		}
	})
}
