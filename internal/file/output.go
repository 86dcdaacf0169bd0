package file

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Output writes a file that the user names. A device, a pipe or a socket is written to, and stays what it is. So is
// what this process has open, such as /dev/stdout: a file that it leads to goes on where it is. Of a link the file that
// it leads to is written. All other files are written as by WriteShared.
func Output(path string, data []byte) error {
	target, special, err := destination(path)
	if err != nil {
		return err
	}
	if !special {
		return WriteShared(target, data)
	}
	switch name := filepath.Base(target); {
	case descriptor(target) && name == "1":
		_, err = os.Stdout.Write(data)
	case descriptor(target) && name == "2":
		_, err = os.Stderr.Write(data)
	default:
		err = appendTo(path, data)
	}
	if err != nil {
		return PathError(path, err)
	}
	return nil
}

// Make makes what becomes a file that the user names, and writes it as Output does.
func Make(path string, make func() ([]byte, error)) error {
	data, err := make()
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return Output(path, data)
}

// appendTo writes to what is there, behind what it holds.
func appendTo(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Close())
}

// descriptor reports whether a path is that of something that a process has open.
func descriptor(path string) bool {
	dir := filepath.Dir(path)
	proc, _ := filepath.Match("/proc/*/fd", dir)
	return proc || dir == "/dev/fd"
}

// Probe makes the folder of a file and says whether Output could write there, for long work that ends with it. A device
// or a pipe is not tried.
func Probe(path string) error {
	target, special, err := destination(path)
	if err != nil || special {
		return err
	}
	dir := filepath.Dir(target)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return PathError(dir, err)
	}
	f, err := os.CreateTemp(dir, ".probe-*")
	if err != nil {
		return PathError(dir, err)
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// IsSpecial reports whether a path leads to a device, a pipe or a socket.
func IsSpecial(path string) bool {
	info, err := os.Stat(path)
	return err == nil && !info.Mode().IsRegular() && !info.IsDir()
}

// maxLinks bounds the links that lead to one file, as Linux does.
const maxLinks = 40

// destination is where an output at path comes to lie, behind all links. special is true for what is written to in
// place. The file that a link leads to need not be there.
func destination(path string) (target string, special bool, err error) {
	target = path
	for range maxLinks {
		if descriptor(target) {
			return target, true, nil
		}
		to, err := os.Readlink(target)
		if err != nil {
			return target, IsSpecial(target), nil
		}
		if !filepath.IsAbs(to) {
			to = filepath.Dir(target) + string(filepath.Separator) + to
		}
		target = to
	}
	return "", false, PathError(path, &fs.PathError{Err: errors.New("too many links")})
}
