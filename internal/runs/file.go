package runs

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/nse-dev/nse/internal/file"
)

// sumOfFile is the sum of a file.
func sumOfFile(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	_, err = io.Copy(h, f)
	return hex.EncodeToString(h.Sum(nil)), err
}

func removeIfThere(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return file.PathError(path, err)
	}
	return nil
}

// acquire locks the folder of a run for this process until the file is closed, which the end of the process does too.
func acquire(dir string) (*os.File, error) {
	path := filepath.Join(dir, lockFile)
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, file.PathError(path, err)
	}
	for try := 0; try < 20; try++ { // busy may hold the lock for a moment
		if err = tryLock(f); err == nil {
			return f, nil
		}
		time.Sleep(5 * time.Millisecond)
	}
	f.Close()
	return nil, fmt.Errorf("%s is in use by another nse process", dir)
}

// busy reports whether a process has the run open for writing.
func busy(dir string) bool {
	f, err := os.OpenFile(filepath.Join(dir, lockFile), os.O_RDWR, 0)
	if err != nil {
		return false
	}
	defer f.Close()
	return tryLock(f) != nil
}
