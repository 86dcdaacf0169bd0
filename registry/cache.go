package registry

import (
	"cmp"
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

// admitted returns the copy of an entry's plugin, unless its checksum is not pinned, or the user has not accepted it on
// this machine: the pool file and its lock may both come from somebody else.
func (e entry) admitted(pool, path string, o Options) (string, error) {
	found, err := examine(path)
	if err != nil {
		return "", err
	}
	why, accepts := "", "nse ops lock --pool "+pool+" accepts it"
	switch watched := filepath.Dir(path) == o.Watched; {
	case e.sha256 == "":
		why = fmt.Sprintf("is pinned neither by a sha256 nor in %s: %s (today it is sha256 = %q)", LockFile, accepts, found)
	case found != e.sha256 && e.lock != "":
		why = fmt.Sprintf("is not the one that %s pins (sha256 %s, not %s, version %s): %s", e.lock, short(found), short(e.sha256), versionText(e.pin.Version), accepts)
	case found != e.sha256:
		return "", unlisted(found)
	case watched:
		err = accept(found)
	case !accepted(found):
		why = fmt.Sprintf("was never accepted on this machine: %s, if you trust where it comes from", accepts)
	}
	if why != "" {
		return "", refusal(fmt.Sprintf("plugin %q %s", e.name(), why))
	}
	if err == nil {
		path, err = admit(path, found)
	}
	return path, err
}

// unlisted is the error about a plugin that has another checksum than its pool file says.
func unlisted(found string) error {
	return fmt.Errorf("the binary's sha256 is %s: it is not the file that was listed", found)
}

// short is the beginning of a checksum, for people.
func short(sha256 string) string { return sha256[:min(12, len(sha256))] }

// versionText is a plugin's version, if it tells one.
func versionText(version string) string { return cmp.Or(version, "unknown") }

// examine returns the checksum of the plugin at path.
func examine(path string) (string, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil: // opening it says why
	case !info.Mode().IsRegular():
		return "", fmt.Errorf("%s is not a file", path)
	case info.Mode().Perm()&0o111 == 0 && runtime.GOOS != "windows":
		return "", fmt.Errorf("%s may not be executed: chmod +x makes it a program", path)
	}
	return sum(path)
}

// admit returns the path of the copy of the plugin at path, which is made if it is not there yet. What is executed is
// what was hashed: the copy, in a folder named by its checksum, whatever happens to the original.
func admit(path, checksum string) (string, error) {
	kept, err := kept(path, checksum)
	if err != nil {
		return "", err
	}
	if again, err := sum(kept); err == nil && again == checksum {
		return kept, nil
	}
	if err := keep(path, kept, checksum); err != nil {
		return "", fmt.Errorf("%w (%s names another folder for copies of plugins)", err, CacheVariable)
	}
	return kept, nil
}

// kept is where the copy of the plugin at path is.
func kept(path, checksum string) (string, error) {
	dir, err := cacheDir()
	return filepath.Join(dir, checksum, filepath.Base(path)), err
}

// Admit accepts the plugin at path, which the user has named, and copies it so that Options.Recall finds it. It returns
// the checksum.
func Admit(path string) (sha256 string, err error) {
	if sha256, err = examine(path); err != nil {
		return "", err
	}
	if _, err = admit(path, sha256); err != nil {
		return "", err
	}
	return sha256, accept(sha256)
}

// recall returns a copy of a plugin that the user has accepted before: the one of the same name, or else the first under
// another name.
func recall(path, want string) (string, error) {
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
		if found, err := sum(kept); err == nil && found == want && accepted(want) {
			return kept, nil
		}
	}
	return "", fmt.Errorf("there is no copy of it in %s: name the file whose sha256 is %s with --plugin, or with nse ops describe", filepath.Dir(filepath.Dir(same)), want)
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
