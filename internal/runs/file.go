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
	f, err := file.Lock(filepath.Join(dir, lockFile))
	if err == file.ErrLocked {
		err = fmt.Errorf("%s is %w", dir, err)
	}
	return f, err
}
