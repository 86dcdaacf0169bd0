package published

import (
	"bufio"
	"compress/gzip"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"path/filepath"
)

// idxSet is a set in the format of MNIST: two files of images and two of labels.
type idxSet struct {
	train, test string // what names of files begin with
	first       int    // the label of the first class
	transposed  bool   // rows of pixels are columns of the file's images
	classes     []string
}

func mnistLike(classes []string) idxSet {
	return idxSet{train: "train", test: "t10k", classes: classes}
}

func (s idxSet) read(ctx context.Context, dir string) (*Set, error) {
	train, trainShape, err := s.readSide(ctx, filepath.Join(dir, s.train))
	if err != nil {
		return nil, err
	}
	test, testShape, err := s.readSide(ctx, filepath.Join(dir, s.test))
	if err != nil {
		return nil, err
	}
	return grey(dir, s.classes, [2]Images{train, test}, trainShape, testShape)
}

func (s idxSet) readSide(ctx context.Context, stem string) (images Images, shape []int, err error) {
	shape, pixels, path, err := readIDXFile(ctx, stem+"-images", 3)
	if err == nil {
		err = within(path, checkImages(shape))
	}
	if err != nil {
		return images, nil, err
	}
	if s.transposed {
		transpose(pixels, shape)
	}
	images.Pixels = pixels
	_, numbers, path, err := readIDXFile(ctx, stem+"-labels", 1)
	if err != nil {
		return images, nil, err
	}
	images.Labels, err = labels(numbers, shape[0], s.first, len(s.classes))
	return images, shape, within(path, err)
}

// within names the file of an error.
func within(path string, err error) error {
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// transpose turns rows of images [N, H, W] into columns, and exchanges H and W.
func transpose(pixels []byte, shape []int) {
	h, w := shape[1], shape[2]
	was := make([]byte, h*w)
	for ; len(pixels) > 0; pixels = pixels[h*w:] {
		copy(was, pixels)
		for y := range h {
			for x := range w {
				pixels[x*h+y] = was[y*w+x]
			}
		}
	}
	shape[1], shape[2] = w, h
}

// readIDXFile reads STEM-idxN-ubyte under any of the names that the file is distributed with.
func readIDXFile(ctx context.Context, stem string, dims int) (shape []int, data []byte, path string, err error) {
	for _, dot := range []string{"-", "."} {
		for _, suffix := range []string{"", ".gz"} {
			path = fmt.Sprintf("%s%sidx%d-ubyte%s", stem, dot, dims, suffix)
			f, err := open(ctx, path)
			if errors.As(err, new(missing)) {
				continue
			}
			if err != nil {
				return nil, nil, path, err
			}
			defer f.Close()
			shape, data, err = readIDX(f, f.size, dims)
			return shape, data, path, within(path, err)
		}
	}
	return nil, nil, "", missing(fmt.Sprintf("%s-idx%d-ubyte(.gz)", stem, dims))
}

// deflated is the most that a byte of DEFLATE holds: two bits for 258 bytes.
const deflated = 1032

// readIDX reads an IDX file of unsigned bytes with dims dimensions, gzip or not, of which stored bytes are there.
func readIDX(r io.Reader, stored int64, dims int) (shape []int, data []byte, err error) {
	b, atMost := bufio.NewReaderSize(r, 1<<16), ""
	if magic, _ := b.Peek(2); string(magic) == "\x1f\x8b" {
		z, err := gzip.NewReader(b)
		if err != nil {
			return nil, nil, fmt.Errorf("gzip: %w", err)
		}
		b = bufio.NewReaderSize(z, 1<<16)
		stored, atMost = stored*deflated, "at most "
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
	size := int64(1)
	for i := range dims {
		d := binary.BigEndian.Uint32(header[4+4*i:])
		shape = append(shape, int(d))
		if size *= int64(d); size > maxData {
			return nil, nil, fmt.Errorf("dimensions %v are over the limit of %d bytes", shape, maxData)
		}
	}
	if most := stored - int64(len(header)); size > most {
		return nil, nil, fmt.Errorf("truncated: have %s%d bytes of data, want %d (%v)", atMost, most, size, shape)
	}
	data = make([]byte, size)
	n, err := io.ReadFull(b, data)
	switch {
	case cut(err) && int64(n) < size:
		return nil, nil, fmt.Errorf("truncated: have %d bytes of data, want %d (%v)", n, size, shape)
	case err != nil:
		return nil, nil, err
	}
	_, err = b.ReadByte()
	switch {
	case err == nil:
		return nil, nil, fmt.Errorf("longer than the %d bytes of its header's dimensions %v", size, shape)
	case err == io.ErrUnexpectedEOF:
		return nil, nil, errors.New("truncated: the end of the gzip data is missing")
	case err != io.EOF:
		return nil, nil, err
	}
	return shape, data, nil
}
