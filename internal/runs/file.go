package runs

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/nse-dev/nse/internal/file"
)

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
