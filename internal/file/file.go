// Package file writes files so that nobody sees them half written, and reads those that a user names.
package file

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Write writes a file so that it is never seen half written, and has it on disk when it returns. It makes the folder.
func Write(path string, data []byte) error {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return PathError(dir, err)
	}
	temp := path + ".new"
	err := writeSynced(temp, data)
	if err == nil {
		err = os.Rename(temp, path)
	}
	if err != nil {
		os.Remove(temp) // the first error is the one to report
		return PathError(path, err)
	}
	return SyncDir(dir)
}

// Probe makes the folder of a file and says whether Write could write there, for long work that ends with it.
func Probe(path string) error {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return PathError(dir, err)
	}
	f, err := os.CreateTemp(dir, ".probe-*")
	if err != nil {
		return PathError(dir, err)
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// writeSynced writes a new file. What was left under its name goes first: in a folder from elsewhere it could be a link
// to a file of the user's.
func writeSynced(path string, data []byte) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Sync(), f.Close())
}

// Sum is the SHA-256 of data in hexadecimal digits.
func Sum(data []byte) string {
	h := sha256.Sum256(data)
	return hex.EncodeToString(h[:])
}

// SyncDir has the names in a folder on disk.
func SyncDir(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return PathError(dir, err)
	}
	defer f.Close()
	if err := f.Sync(); err != nil {
		return fmt.Errorf("%s: %w", dir, err)
	}
	return nil
}

// PathError turns an error of the os package into one line about path.
func PathError(path string, err error) error {
	var p *fs.PathError
	var l *os.LinkError
	if errors.As(err, &p) {
		err = p.Err
	} else if errors.As(err, &l) {
		err = l.Err
	}
	return fmt.Errorf("%s: %w", path, err)
}
