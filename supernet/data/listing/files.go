package listing

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// files are the parts of entries that are files of their own.
func files(entries []Entry, o Options) (parts []Part) {
	for i, e := range entries {
		parts = append(parts, alone(i, func() ([]byte, error) { return o.read(e) }))
	}
	return parts
}

// alone is a part of one entry.
func alone(i int, read func() ([]byte, error)) Part {
	return Part{i, i + 1, func(yield func(int, []byte, error) bool) {
		b, err := read()
		yield(i, b, err)
	}}
}

// read reads an image's file. Of one that is no image by its name and its beginning it reads no more than that. What is
// not a file is not opened.
func (o Options) read(e Entry) ([]byte, error) {
	info, err := os.Stat(e.Name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("not a file")
	}
	f, err := os.Open(e.Name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return o.image(f, info.Size(), e.Likely)
}

// image reads an image of size bytes. Of a long one that does not begin as an image it reads the beginning, and so it
// does of a short one that is not likely to be one.
func (o Options) image(r io.Reader, size int64, likely bool) ([]byte, error) {
	head := make([]byte, min(size, 512))
	n, err := io.ReadFull(r, head)
	head = head[:n]
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return head, nil // it has become shorter
	}
	const short = 1 << 20
	if err != nil || (!likely || size > short) && !o.IsImage(head) {
		return head, err
	}
	if size > maxFile {
		return nil, fmt.Errorf("%d bytes: want at most %d", size, maxFile)
	}
	b := make([]byte, size)
	if n, err = io.ReadFull(r, b[copy(b, head):]); err == io.EOF || err == io.ErrUnexpectedEOF {
		err = nil
	}
	return b[:len(head)+n], err
}

// tell tells the observer, if there is one.
func (o Options) tell(images int) {
	if o.Observe != nil {
		o.Observe(images)
	}
}
