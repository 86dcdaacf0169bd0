//go:build unix

package trust

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// Own refuses a file that another user owns or may write, and one in such a folder. Links are followed.
func Own(path string) error {
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return err
	}
	for _, what := range []string{real, filepath.Dir(real)} {
		info, err := os.Stat(what)
		if err != nil {
			return err
		}
		owner, known := info.Sys().(*syscall.Stat_t)
		switch {
		case !known || int(owner.Uid) != os.Getuid():
			return fmt.Errorf("%s is of another user: accept it by nse ops lock, if you trust it", what)
		case info.Mode().Perm()&0o022 != 0:
			return fmt.Errorf("%s may be written by others (mode %#o): accept it by nse ops lock, or want chmod go-w",
				what, info.Mode().Perm())
		}
	}
	return nil
}
