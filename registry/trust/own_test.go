//go:build unix

package trust

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A file is the user's own if nobody else may write it, or the folder that it really lies in.
func TestOwn(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a")
	path, link := filepath.Join(dir, "p"), filepath.Join(t.TempDir(), "link")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, nil, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		file, folder os.FileMode
		fault        string
	}{
		{0o755, 0o755, ""},
		{0o775, 0o755, "p may be written by others (mode 0775)"},
		{0o757, 0o755, "p may be written by others (mode 0757)"},
		{0o755, 0o777, "a may be written by others (mode 0777)"},
		{0o700, 0o700, ""},
	} {
		if err := os.Chmod(path, test.file); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(dir, test.folder); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{path, link} {
			err := Own(name)
			if (err == nil) != (test.fault == "") || err != nil && !strings.Contains(err.Error(), test.fault) {
				t.Errorf("%s with %v in %v: got %v, want %q", name, test.file, test.folder, err, test.fault)
			}
		}
	}
	if os.Getuid() == 0 { // may give files away
		if err := os.Chown(path, 12345, -1); err != nil {
			t.Skip(err)
		}
		if err := Own(path); err == nil || !strings.Contains(err.Error(), "is of another user") {
			t.Errorf("of another user: %v", err)
		}
	}
	if Own(filepath.Join(dir, "none")) == nil {
		t.Error("a missing file is the user's own")
	}
}
