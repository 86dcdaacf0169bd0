// Package file writes files so that nobody sees them half written, and reads those that a user names.
package file

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Write writes a file so that it is never seen half written, and has it on disk when it returns. It makes the folder.
// One process at a time may write a file, because the temporary name is the path with ".new" behind it. On error the
// file is what it was.
//
// A link or a device at path is replaced, never followed: folders from elsewhere may have them. Output is for files
// that the user names.
func Write(path string, data []byte) error { return writeVia(path, path+".new", data) }

// WriteShared is Write for a file that several processes may write at the same moment: the last one wins. Each writes
// under a hidden name of its own, which a process that is killed leaves behind.
func WriteShared(path string, data []byte) error {
	return writeVia(path, filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+"-"+rand.Text()), data)
}

// writeVia writes a file under a temporary name in its folder.
func writeVia(path, temp string, data []byte) error {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return PathError(dir, err)
	}
	err := Replace(path, temp, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
	if err != nil {
		return PathError(path, err)
	}
	return nil
}

// Replace has write fill a new file named temp, syncs it and renames it to path, in the same folder. Its permissions
// are 0666 less the umask. What was left under the name temp is removed first, and so is temp on error: path is then as
// it was. A link named temp or path is replaced, never followed.
func Replace(path, temp string, write func(io.Writer) error) error {
	err := writeSynced(temp, write)
	if err == nil {
		err = os.Rename(temp, path)
	}
	if err != nil {
		os.Remove(temp) // the first error is the one to report
		return err
	}
	return SyncDir(filepath.Dir(path))
}

// writeSynced writes a new file. What was left under its name goes first: in a folder from elsewhere it could be a link
// to a file of the user's.
func writeSynced(path string, write func(io.Writer) error) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	return errors.Join(write(f), f.Sync(), f.Close())
}

// Sum is the SHA-256 of data in hexadecimal digits.
func Sum(data []byte) string {
	h := sha256.Sum256(data)
	return hex.EncodeToString(h[:])
}

// SumOf is the SHA-256 of the file at path in hexadecimal digits. It does not hold the file in memory. Anything but a
// plain file is an error, as for Read.
func SumOf(path string) (string, error) {
	if err := Plain(path); err != nil {
		return "", err
	}
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	_, err = io.Copy(h, f)
	return hex.EncodeToString(h.Sum(nil)), err
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
