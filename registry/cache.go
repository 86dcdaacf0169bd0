package registry

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
)

// CacheVariable is the environment variable that moves the folder in which copies of plugins are kept and executed.
const CacheVariable = "NSE_CACHE"

// cacheDir is where plugins are kept: what the environment says, or the user's cache folder.
func cacheDir() (string, error) {
	if dir := os.Getenv(CacheVariable); dir != "" {
		return filepath.Abs(dir)
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("there is no folder for copies of plugins (%w): set %s to one", err, CacheVariable)
	}
	return filepath.Join(dir, "nse", "plugins"), nil
}

// admit returns the path of the user's own copy of the plugin at path, which is made if it is not there yet. What is
// executed is what was hashed: the copy, in a folder named by its checksum, whatever happens to the original.
func admit(path string, checksum []byte) (string, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil: // opening it says why
	case !info.Mode().IsRegular():
		return "", fmt.Errorf("%s is not a file", path)
	case info.Mode().Perm()&0o111 == 0 && runtime.GOOS != "windows":
		return "", fmt.Errorf("%s may not be executed: chmod +x makes it a program", path)
	}
	found, err := sum(path)
	if err != nil {
		return "", err
	}
	if want := hex.EncodeToString(checksum); want == "" {
		return "", fmt.Errorf("a plugin with a path needs its checksum; today it is sha256 = %q", found)
	} else if found != want {
		return "", fmt.Errorf("the binary's sha256 is %s: it is not the file that was listed", found)
	}
	kept, err := kept(path, found)
	if err != nil {
		return "", err
	}
	if again, err := sum(kept); err == nil && again == found {
		return kept, nil
	}
	if err := keep(path, kept, found); err != nil {
		return "", fmt.Errorf("%w (%s names another folder for copies of plugins)", err, CacheVariable)
	}
	return kept, nil
}

// kept is where the copy of the plugin at path is.
func kept(path, checksum string) (string, error) {
	dir, err := cacheDir()
	return filepath.Join(dir, checksum, filepath.Base(path)), err
}

// Admit copies the plugin at path, which the user has named, so that Options.Recall finds it. It returns the checksum.
func Admit(path string) (sha256 string, err error) {
	if sha256, err = sum(path); err != nil {
		return "", err
	}
	checksum, err := hex.DecodeString(sha256)
	if err == nil {
		_, err = admit(path, checksum)
	}
	return sha256, err
}

// recall returns a copy of a plugin that the user has named before: the one of the same name, or else the first under
// another name.
func recall(path string, checksum []byte) (string, error) {
	want := hex.EncodeToString(checksum)
	same, err := kept(path, want)
	if err != nil {
		return "", err
	}
	copies := []string{same}
	others, _ := os.ReadDir(filepath.Dir(same)) // there is none if the plugin was never named
	for _, other := range others {
		copies = append(copies, filepath.Join(filepath.Dir(same), other.Name()))
	}
	for _, kept := range copies {
		if found, err := sum(kept); err == nil && found == want {
			return kept, nil
		}
	}
	return "", fmt.Errorf("there is no copy of it in %s: name the file whose sha256 is %s with --plugin", filepath.Dir(filepath.Dir(same)), want)
}

// sum is the SHA-256 of a file in hexadecimal digits.
func sum(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	_, err = io.Copy(h, f)
	return hex.EncodeToString(h.Sum(nil)), err
}

// keep copies a plugin in one step, if what was copied still has the checksum.
func keep(path, kept, checksum string) (err error) {
	if err := os.MkdirAll(filepath.Dir(kept), 0o700); err != nil {
		return err
	}
	from, err := os.Open(path)
	if err != nil {
		return err
	}
	defer from.Close()
	// A process that is forked while the copy is open for writing would hold it so, and keep it from being executed.
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	to, err := os.CreateTemp(filepath.Dir(filepath.Dir(kept)), "copy-") // in the checksum's folder all are complete
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(to.Name()))
		}
	}()
	h := sha256.New()
	_, err = io.Copy(io.MultiWriter(to, h), from)
	if err == nil && hex.EncodeToString(h.Sum(nil)) != checksum {
		err = fmt.Errorf("%s changed while it was read", path)
	}
	if err = errors.Join(err, to.Chmod(0o500), to.Sync(), to.Close()); err != nil {
		return err
	}
	return os.Rename(to.Name(), kept)
}
