//go:build unix

package file

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// Nothing but plain files is opened in folders that may come from elsewhere. Opening a pipe would wait without end.
func TestReadOpensPlainFilesOnly(t *testing.T) {
	dir := t.TempDir()
	pipe, link, plain := filepath.Join(dir, "pipe"), filepath.Join(dir, "link"), filepath.Join(dir, "plain")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	for path, to := range map[string]string{link: "pipe", filepath.Join(dir, "good"): "plain"} {
		if err := os.Symlink(to, path); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(plain, []byte("text"), 0o600); err != nil {
		t.Fatal(err)
	}
	for path, what := range map[string]string{pipe: "a pipe", link: "a pipe", dir: "a folder", os.DevNull: "a device"} {
		_, err := Read(path)
		_, sum := SumOf(path)
		for _, err := range []error{err, sum} {
			if want := path + " is not a file: it is " + what; err == nil || err.Error() != want {
				t.Errorf("got %v, want %s", err, want)
			}
		}
	}
	for _, path := range []string{plain, filepath.Join(dir, "good")} {
		if text, err := Read(path); err != nil || string(text) != "text" {
			t.Errorf("%s: %q, %v", path, text, err)
		}
	}
	if _, err := Read(filepath.Join(dir, "none")); err == nil ||
		!strings.HasSuffix(err.Error(), "no such file or directory") {
		t.Error(err)
	}
}
