// Package trust keeps the copies of plugins that may be executed on this machine, and what the user has accepted. Both
// lie in one folder of the user's, by checksum. No file that travels with a pool can change them.
package trust

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"

	"github.com/nse-dev/nse/internal/file"
)

// Trust remembers on this machine that the user has named a place from which operations may come: a folder or a pool
// file, by its absolute path. Naming it again does nothing.
func Trust(path string) error { return mark("named", path) }

// Trusted reports whether the user has named a place before, by the same absolute path.
func Trusted(path string) bool { return marked("named", path) }

// Accept remembers on this machine that plugins of a checksum may be executed. The checksum is in hexadecimal digits.
func Accept(sha256 string) error { return mark("accepted", sha256) }

// accepted reports whether the user has accepted plugins of a checksum before.
func accepted(sha256 string) bool { return marked("accepted", sha256) }

// mark writes down that a thing is of a kind. It does so in one step: another process may look at the same moment.
func mark(kind, what string) error {
	if marked(kind, what) {
		return nil
	}
	path, err := markFile(kind, what)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return file.WriteShared(path, []byte(what+"\n"))
}

// marked reports whether mark was called for a thing. A mark that cannot be read counts as none.
func marked(kind, what string) bool {
	path, err := markFile(kind, what)
	if err != nil {
		return false
	}
	text, err := os.ReadFile(path)
	return err == nil && string(text) == what+"\n"
}

// markFile is the file that says that a thing is of a kind.
func markFile(kind, what string) (string, error) {
	dir, err := cacheDir()
	hash := sha256.Sum256([]byte(what))
	return filepath.Join(dir, kind, hex.EncodeToString(hash[:])), err
}
