package trust

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

	"github.com/nse-dev/nse/internal/file"
	"github.com/nse-dev/nse/internal/text"
	"github.com/nse-dev/nse/registry/poolfile"
)

// CacheVariable is the environment variable that moves the folder in which copies of plugins are kept and executed.
// Without it the folder is nse/plugins in the user's cache folder.
const CacheVariable = file.CacheVariable

// cacheDir is where plugins are kept: what the environment says, or the user's cache folder.
func cacheDir() (string, error) {
	dir, named, err := file.Cache()
	if err != nil {
		return "", fmt.Errorf("there is no folder for copies of plugins: %w", err)
	}
	if named {
		return dir, nil
	}
	return filepath.Join(dir, "plugins"), nil
}

// Admitted returns the copy of an entry's plugin, which lies at path. It is an error if the plugin's checksum is not
// pinned, or if the user has not accepted it on this machine. A lock alone does not do: it may come from elsewhere with
// the pool file. A plugin in the folder watched is accepted here. An empty watched is no folder. The pool's name is for
// messages.
func Admitted(e poolfile.Entry, pool, path, watched string) (copied string, err error) {
	found, err := Examine(path)
	if err == nil && e.SHA256 != "" && found != e.SHA256 && e.Lock == "" {
		err = Unlisted(found)
	}
	if err == nil {
		in := filepath.Dir(path) == watched
		if why := doubt(e, pool, found, in); why != "" {
			return "", fmt.Errorf("plugin %q %s", e.Name(), why)
		}
		if in {
			err = Accept(found)
		}
	}
	if err == nil {
		copied, err = Copy(path, found)
	}
	if err != nil {
		return "", fmt.Errorf("plugin %q: %w", e.Name(), err)
	}
	return copied, nil
}

// doubt is why a plugin with the checksum found is not executed. It is empty for one that is.
func doubt(e poolfile.Entry, pool, found string, watched bool) string {
	accepts := "nse ops lock --pool " + text.Shell(pool) + " accepts it"
	switch {
	case e.SHA256 == "":
		return fmt.Sprintf("is pinned neither by a sha256 nor in %s: %s (today it is sha256 = %q)", poolfile.LockFile,
			accepts, found)
	case found != e.SHA256:
		return fmt.Sprintf("is not the one that %s pins (sha256 %s, not %s, version %s): %s",
			e.Lock, short(found), short(e.SHA256), poolfile.VersionText(e.Pin.Version), accepts)
	case !watched && !accepted(found):
		return fmt.Sprintf("was never accepted on this machine: %s, if you trust where it comes from", accepts)
	}
	return ""
}

// Unlisted is the error about a plugin that has another checksum than its pool file says.
func Unlisted(found string) error {
	return fmt.Errorf("the binary's sha256 is %s: it is not the file that was listed", found)
}

// short is the beginning of a checksum, for people.
func short(sha256 string) string { return sha256[:min(12, len(sha256))] }

// Examine returns the checksum of the plugin at path: SHA-256 in hexadecimal digits. A folder, and a file that may not
// be executed, are errors.
func Examine(path string) (string, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil: // opening it says why
	case !info.Mode().IsRegular():
		return "", fmt.Errorf("%s is not a file", path)
	case info.Mode().Perm()&0o111 == 0 && runtime.GOOS != "windows":
		return "", fmt.Errorf("%s may not be executed: chmod +x makes it a program", path)
	}
	return file.SumOf(path)
}

// Copy returns the path of the copy of the plugin at path, which is made if it is not there yet. The copy lies in a
// folder named by its checksum. It is what was hashed and what is executed; the original may change. A file that no
// longer has the checksum is an error.
func Copy(path, checksum string) (string, error) {
	kept, err := kept(path, checksum)
	if err != nil {
		return "", err
	}
	if again, err := file.SumOf(kept); err == nil && again == checksum {
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

// Admit accepts the plugin at path, which the user has named, and copies it so that Recall finds it. It returns the
// checksum. It does not start the plugin.
func Admit(path string) (sha256 string, err error) {
	if sha256, err = Examine(path); err != nil {
		return "", err
	}
	if _, err = Copy(path, sha256); err != nil {
		return "", err
	}
	return sha256, Accept(sha256)
}

// Recall returns a copy of the plugin with a checksum, which the user has accepted before. It prefers the copy with the
// name of the file at path. The file itself is not looked at. Without a copy that has the checksum still, Recall fails.
func Recall(path, want string) (string, error) {
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
		if found, err := file.SumOf(kept); err == nil && found == want && accepted(want) {
			return kept, nil
		}
	}
	return "", fmt.Errorf("there is no copy of it in %s: name the file whose sha256 is %s with --plugin, "+
		"or with nse ops describe", filepath.Dir(filepath.Dir(same)), want)
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
