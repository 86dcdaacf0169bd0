package data

import (
	"bufio"
	"compress/gzip"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// maxIDX is the most data that an IDX file may announce, in bytes.
const maxIDX = 1 << 31

func openMNIST(_ context.Context, dir string, o Options) (*Set, error) {
	return openIDX("mnist", dir, o.Size, strings.Fields("0 1 2 3 4 5 6 7 8 9"))
}

func openFashion(_ context.Context, dir string, o Options) (*Set, error) {
	return openIDX("fashion-mnist", dir, o.Size,
		strings.Split("T-shirt/top,Trouser,Pullover,Dress,Coat,Sandal,Shirt,Sneaker,Bag,Ankle boot", ","))
}

// openIDX reads the four files of an MNIST-like set.
func openIDX(name, dir string, size int, classes []string) (*Set, error) {
	const want = "the folder with train-images-idx3-ubyte(.gz) and the other three files"
	if err := checkDir(name, dir, want); err != nil {
		return nil, err
	}
	set := &Set{Channels: 1, Classes: classes}
	train, h, w, err := readIDXSplit(dir, "train", len(classes))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	test, testH, testW, err := readIDXSplit(dir, "t10k", len(classes))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if h != testH || w != testW {
		return nil, fmt.Errorf("%s: %s: training images are %d×%d, test images %d×%d", name, dir, h, w, testH, testW)
	}
	set.Height, set.Width = h, w
	set.Train, set.Test = train, test
	return set.resize(size), nil
}

func readIDXSplit(dir, part string, classes int) (s Split, h, w int, err error) {
	shape, pixels, path, err := readIDXFile(dir, part+"-images", 3)
	if err != nil {
		return s, 0, 0, err
	}
	n, h, w := shape[0], shape[1], shape[2]
	if n < 1 || min(h, w) < minSize || max(h, w) > maxSize {
		return s, 0, 0, fmt.Errorf("%s: %d images of %d×%d: want at least one of %d to %d pixels a side", path, n, h, w,
			minSize, maxSize)
	}
	labelShape, labels, path, err := readIDXFile(dir, part+"-labels", 1)
	if err != nil {
		return s, 0, 0, err
	}
	if labelShape[0] != n {
		return s, 0, 0, fmt.Errorf("%s: %d labels for %d images", path, labelShape[0], n)
	}
	s = Split{Images: views(pixels, n), Labels: make([]int32, n)}
	for i, label := range labels {
		if int(label) >= classes {
			return s, 0, 0, fmt.Errorf("%s: label %d of image %d is not in 0..%d", path, label, i, classes-1)
		}
		s.Labels[i] = int32(label)
	}
	return s, h, w, nil
}

// readIDXFile reads DIR/STEM-idxN-ubyte under any of the names that the file is distributed with.
func readIDXFile(dir, stem string, dims int) (shape []int, data []byte, path string, err error) {
	base := filepath.Join(dir, stem)
	for _, dot := range []string{"-", "."} {
		for _, suffix := range []string{"", ".gz"} {
			path = fmt.Sprintf("%s%sidx%d-ubyte%s", base, dot, dims, suffix)
			f, err := os.Open(path)
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if err != nil {
				return nil, nil, path, err
			}
			defer f.Close()
			shape, data, err = readIDX(f, dims)
			if err != nil {
				err = fmt.Errorf("%s: %w", path, err)
			}
			return shape, data, path, err
		}
	}
	return nil, nil, "", fmt.Errorf("%s-idx%d-ubyte(.gz): no such file", base, dims)
}

// readIDX reads an IDX file of unsigned bytes with dims dimensions, gzip or not.
func readIDX(r io.Reader, dims int) (shape []int, data []byte, err error) {
	b := bufio.NewReader(r)
	if magic, _ := b.Peek(2); string(magic) == "\x1f\x8b" {
		z, err := gzip.NewReader(b)
		if err != nil {
			return nil, nil, fmt.Errorf("gzip: %w", err)
		}
		b = bufio.NewReader(z)
	}
	header := make([]byte, 4+4*dims)
	if n, err := io.ReadFull(b, header); cut(err) {
		return nil, nil, fmt.Errorf("truncated: have %d bytes, want a header of %d", n, len(header))
	} else if err != nil {
		return nil, nil, err
	}
	if magic, want := binary.BigEndian.Uint32(header), 0x800+uint32(dims); magic != want {
		return nil, nil, fmt.Errorf("bad magic 0x%08x: want 0x%08x, unsigned bytes in %d dimensions", magic, want, dims)
	}
	size := uint64(1)
	for i := range dims {
		d := binary.BigEndian.Uint32(header[4+4*i:])
		shape = append(shape, int(d))
		if size *= uint64(d); size > maxIDX {
			return nil, nil, fmt.Errorf("dimensions %v are over the limit of %d bytes", shape, maxIDX)
		}
	}
	data, err = io.ReadAll(io.LimitReader(b, int64(size)+1))
	switch {
	case uint64(len(data)) < size && (err == nil || cut(err)):
		return nil, nil, fmt.Errorf("truncated: have %d bytes of data, want %d (%v)", len(data), size, shape)
	case cut(err):
		return nil, nil, errors.New("truncated: the end of the gzip data is missing")
	case err != nil:
		return nil, nil, err
	case uint64(len(data)) > size:
		return nil, nil, fmt.Errorf("longer than the %d bytes of its header's dimensions %v", size, shape)
	}
	return shape, data, nil
}

// cut reports whether reading ended early.
func cut(err error) bool { return err == io.EOF || err == io.ErrUnexpectedEOF }

// checkDir refuses a missing folder, saying what it should be.
func checkDir(name, dir, want string) error {
	if dir == "" {
		return fmt.Errorf("%s needs a folder: %s:DIR, %s", name, name, want)
	}
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s: %s: no such directory: want %s", name, dir, want)
	case err != nil:
		return fmt.Errorf("%s: %w", name, err)
	case !info.IsDir():
		return fmt.Errorf("%s: %s: not a directory: want %s", name, dir, want)
	}
	return nil
}
