package published

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"path/filepath"
)

const (
	cifarSide   = 32
	cifarPlane  = cifarSide * cifarSide
	cifarPixels = 3 * cifarPlane
)

// cifarSet is the binary version of CIFAR-10 or CIFAR-100. A record is its labels, a byte each, and three planes.
type cifarSet struct {
	train   []string // names of files
	test    string
	labels  int // of a record
	label   int // which of them counts
	classes []string
}

func cifar10() cifarSet {
	s := cifarSet{test: "test_batch.bin", labels: 1, classes: objects()}
	for i := range 5 {
		s.train = append(s.train, fmt.Sprintf("data_batch_%d.bin", i+1))
	}
	return s
}

// cifar100 has the coarse labels of images as label 0, and the fine ones as label 1.
func cifar100(label int, classes []string) cifarSet {
	return cifarSet{[]string{"train.bin"}, "test.bin", 2, label, classes}
}

func (s cifarSet) read(ctx context.Context, dir string) (*Set, error) {
	set := &Set{Height: cifarSide, Width: cifarSide, Channels: 3, Classes: s.classes}
	for _, name := range s.train {
		if err := s.readFile(ctx, &set.Train, filepath.Join(dir, name)); err != nil {
			return nil, err
		}
	}
	return set, s.readFile(ctx, &set.Test, filepath.Join(dir, s.test))
}

// readFile appends the records of a file to images.
func (s cifarSet) readFile(ctx context.Context, to *Images, path string) error {
	f, err := open(ctx, path)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := s.readRecords(bufio.NewReaderSize(f, 1<<16), f.size, to); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// readRecords appends records of size bytes in all.
func (s cifarSet) readRecords(r io.Reader, size int64, to *Images) error {
	each := int64(s.labels + cifarPixels)
	if rest := size % each; rest != 0 || size == 0 {
		return fmt.Errorf("truncated: have %d bytes, want %d (records of %d)", size, size-rest+each, each)
	}
	if size > maxData {
		return fmt.Errorf("%d bytes are over the limit of %d", size, maxData)
	}
	n, first := int(size/each), len(to.Labels)
	to.Pixels = append(to.Pixels, make([]uint8, n*cifarPixels)...)
	to.Labels = append(to.Labels, make([]int32, n)...)
	record := make([]byte, each)
	for i := range n {
		if _, err := io.ReadFull(r, record); cut(err) {
			return fmt.Errorf("truncated: it became shorter while it was read")
		} else if err != nil {
			return err
		}
		label := record[s.label]
		if int(label) >= len(s.classes) {
			return fmt.Errorf("label %d of image %d is not in 0..%d", label, i, len(s.classes)-1)
		}
		to.Labels[first+i] = int32(label)
		planes, pixels := record[s.labels:], to.Pixels[(first+i)*cifarPixels:]
		for p := range cifarPlane {
			pixels[3*p], pixels[3*p+1], pixels[3*p+2] = planes[p], planes[cifarPlane+p], planes[2*cifarPlane+p]
		}
	}
	return nil
}
