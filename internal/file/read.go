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

// Update makes a file what it should be. It calls data and writes the result, unless the file has it already.
func Update(path string, data func() ([]byte, error)) error {
	want, err := data()
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if old, err := os.ReadFile(path); err == nil && slices.Equal(old, want) {
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
