package data

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

const (
	cifarSide   = 32
	cifarPlane  = cifarSide * cifarSide
	cifarRecord = 1 + 3*cifarPlane // a label and three planes
)

// openCIFAR10 reads the binary version of CIFAR-10 from dir or from dir/cifar-10-batches-bin.
func openCIFAR10(_ context.Context, dir string, o Options) (*Set, error) {
	const want = "the folder with data_batch_1.bin to data_batch_5.bin and test_batch.bin"
	if err := checkDir("cifar10", dir, want); err != nil {
		return nil, err
	}
	if nested := filepath.Join(dir, "cifar-10-batches-bin"); checkDir("", nested, "") == nil {
		dir = nested
	}
	set := &Set{Height: cifarSide, Width: cifarSide, Channels: 3}
	set.Classes = strings.Fields("airplane automobile bird cat deer dog frog horse ship truck")
	for i := range 5 {
		path := filepath.Join(dir, fmt.Sprintf("data_batch_%d.bin", i+1))
		if err := set.Train.readCIFAR(path, len(set.Classes)); err != nil {
			return nil, fmt.Errorf("cifar10: %w", err)
		}
	}
	if err := set.Test.readCIFAR(filepath.Join(dir, "test_batch.bin"), len(set.Classes)); err != nil {
		return nil, fmt.Errorf("cifar10: %w", err)
	}
	return set.resize(o.Size), nil
}

// readCIFAR appends the records of one batch file to s.
func (s *Split) readCIFAR(path string, classes int) error {
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s: no such file", path)
	}
	if err != nil {
		return err
	}
	if rest := len(b) % cifarRecord; rest != 0 || len(b) == 0 {
		return fmt.Errorf("%s: truncated: have %d bytes, want %d (records of %d)", path, len(b),
			len(b)-rest+cifarRecord, cifarRecord)
	}
	n := len(b) / cifarRecord
	pixels := make([]uint8, 0, n*3*cifarPlane)
	for i := 0; len(b) > 0; i++ {
		label, planes := b[0], b[1:cifarRecord]
		if int(label) >= classes {
			return fmt.Errorf("%s: label %d of image %d is not in 0..%d", path, label, i, classes-1)
		}
		s.Labels = append(s.Labels, int32(label))
		for p := range cifarPlane {
			pixels = append(pixels, planes[p], planes[cifarPlane+p], planes[2*cifarPlane+p])
		}
		b = b[cifarRecord:]
	}
	s.Images = append(s.Images, views(pixels, n)...)
	return nil
}
