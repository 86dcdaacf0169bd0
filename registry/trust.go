package registry

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
)

// Trust remembers on this machine that the user has named a place from which operations may come: a folder or a pool
// file, by its absolute path.
func Trust(path string) error {
	mark, err := trustMark(path)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(mark), 0o700); err != nil {
		return err
	}
	return os.WriteFile(mark, []byte(path+"\n"), 0o600)
}

// Trusted reports whether the user has named a place before.
func Trusted(path string) bool {
	mark, err := trustMark(path)
	if err != nil {
		return false
	}
	_, err = os.Stat(mark)
	return err == nil
}

// trustMark is the file that stands for a place.
func trustMark(path string) (string, error) {
	dir, err := cacheDir()
	hash := sha256.Sum256([]byte(path))
	return filepath.Join(dir, "named", hex.EncodeToString(hash[:])), err
}
