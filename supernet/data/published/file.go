package published

import (
	"context"
	"io"
	"os"

	"github.com/nse-dev/nse/internal/file"
)

// stream is an open file. Reading it ends with the context.
type stream struct {
	*os.File
	ctx  context.Context
	size int64 // in bytes
}

// missing is the error that there is no file at a path.
type missing string

func (m missing) Error() string { return string(m) + ": no such file" }

// open opens a plain file.
func open(ctx context.Context, path string) (s stream, err error) {
	if err := file.Plain(path); err != nil {
		return s, err
	}
	f, err := os.Open(path)
	if os.IsNotExist(err) {
		return s, missing(path)
	}
	if err != nil {
		return s, err
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return s, err
	}
	return stream{f, ctx, info.Size()}, nil
}

// Read is that of the file.
func (s stream) Read(b []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	return s.File.Read(b)
}

// ReadAt is that of the file.
func (s stream) ReadAt(b []byte, at int64) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	return s.File.ReadAt(b, at)
}

// exists reports whether there is something at a path.
func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// cut reports whether reading ended early.
func cut(err error) bool { return err == io.EOF || err == io.ErrUnexpectedEOF }
