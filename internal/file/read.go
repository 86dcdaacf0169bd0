package file

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// maxText bounds the files that people write by hand: pools, configurations and lists of architectures.
const maxText = 64 << 20

// ReadText reads a file that a user names. A file of more than 64 MiB is an error.
func ReadText(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxText+1))
	if err == nil && len(text) > maxText {
		err = fmt.Errorf("%s: the file is longer than %d bytes", path, maxText)
	}
	return text, err
}

// Read reads a whole file of a folder that may come from elsewhere, such as a run's. Anything but a plain file is an
// error, and is not opened: a pipe would be waited for without end. A link to a plain file is followed.
func Read(path string) ([]byte, error) {
	if err := Plain(path); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
}

// Plain is an error if there is something else than a plain file at path. What is not there is none.
func Plain(path string) error {
	info, err := os.Stat(path)
	if err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("%s is not a file: it is %s", path, kind(info.Mode()))
	}
	return nil
}

// kind is what a path leads to that is no plain file.
func kind(m fs.FileMode) string {
	switch {
	case m.IsDir():
		return "a folder"
	case m&fs.ModeNamedPipe != 0:
		return "a pipe"
	case m&fs.ModeSocket != 0:
		return "a socket"
	}
	return "a device"
}

// Update makes a file what it should be. It calls data and writes the result, unless the file has it already.
func Update(path string, data func() ([]byte, error)) error {
	want, err := data()
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if old, err := Read(path); err == nil && slices.Equal(old, want) {
		return nil
	}
	return Write(path, want)
}

// UpdateMissing makes a file that is not there. One that is there stays as it is, and data is not called.
func UpdateMissing(path string, data func() ([]byte, error)) error {
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return Update(path, data)
}

// Append appends to a file, which it makes with its folder. It follows no link, and does not wait for the disk.
func Append(path string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return PathError(path, err)
	}
	if info, err := os.Lstat(path); err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("%s is not a file: remove it", path)
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return PathError(path, err)
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Close())
}
