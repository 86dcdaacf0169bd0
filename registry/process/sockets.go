package process

import (
	"fmt"
	"os"
	"path/filepath"
)

// maxSocketRoot bounds the path of the folder below which plugins have their sockets. The path of a socket is 38 bytes
// longer, and a system takes 103 bytes at least.
const maxSocketRoot = 103 - len("/plugin-dir4294967295/plugin4294967295")

// socketRoot is the folder for the folders of sockets: that of temporary files, or another one where its path is too
// long for a socket.
func socketRoot() (string, error) {
	dir, err := filepath.Abs(os.TempDir())
	if err != nil || len(dir) <= maxSocketRoot {
		return dir, err
	}
	for _, other := range []string{os.Getenv("XDG_RUNTIME_DIR"), "/tmp", "/var/tmp", "/dev/shm"} {
		if !filepath.IsAbs(other) || len(other) > maxSocketRoot {
			continue
		}
		if probe, err := os.MkdirTemp(other, "plugin-dir"); err == nil {
			return other, os.Remove(probe)
		}
	}
	return "", fmt.Errorf("the folder of temporary files, %s, is too long a path for a socket, and /tmp cannot be "+
		"written: set TMPDIR to a path of at most %d bytes", dir, maxSocketRoot)
}
