package trust

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nse-dev/nse/registry/poolfile"
)

// program writes a plugin that nobody runs, and returns its path and checksum. The cache is empty.
func program(t *testing.T) (path, checksum string) {
	t.Helper()
	t.Setenv(CacheVariable, filepath.Join(t.TempDir(), "cache"))
	path = filepath.Join(t.TempDir(), "nse-p")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	checksum, err := Examine(path)
	if err != nil {
		t.Fatal(err)
	}
	return path, checksum
}

func TestMarks(t *testing.T) {
	_, checksum := program(t)
	if Trusted("/a") || accepted(checksum) {
		t.Error("an empty cache remembers")
	}
	for range 2 {
		if err := Trust("/a"); err != nil {
			t.Fatal(err)
		}
	}
	if err := Accept(checksum); err != nil {
		t.Fatal(err)
	}
	if !Trusted("/a") || Trusted("/b") || !accepted(checksum) || Trusted(checksum) || accepted("/a") {
		t.Error("what was named is not what was remembered")
	}
}

func TestAdmitted(t *testing.T) {
	path, checksum := program(t)
	other := strings.Repeat("ab", 32)
	entry := poolfile.Entry{Path: "nse-p", SHA256: checksum}
	admitted := func(e poolfile.Entry, watched string) string {
		copied, err := Admitted(e, "ops.toml", path, watched)
		if (copied == "") != (err != nil) {
			t.Errorf("%q and %v", copied, err)
		}
		return fmt.Sprint(err)
	}
	const accepts = "nse ops lock --pool ops.toml accepts it"
	pinned := poolfile.Entry{Path: "nse-p", SHA256: other, Lock: "nse.lock", Pin: poolfile.Pin{Version: "v1"}}
	for _, c := range []struct {
		entry   poolfile.Entry
		watched string
		want    string
	}{
		{poolfile.Entry{Path: "nse-p"}, "", "is pinned neither by a sha256 nor in nse.lock: " + accepts +
			` (today it is sha256 = "` + checksum + `")`},
		{pinned, "", "is not the one that nse.lock pins (sha256 " + checksum[:12] +
			", not abababababab, version v1): " + accepts},
		{entry, "", "was never accepted on this machine: " + accepts + ", if you trust where it comes from"},
		{entry, "/elsewhere", "was never accepted on this machine: " + accepts + ", if you trust where it comes from"},
	} {
		if got, want := admitted(c.entry, c.watched), `plugin "nse-p" `+c.want; got != want {
			t.Errorf("\n got %s\nwant %s", got, want)
		}
	}
	unlisted := poolfile.Entry{Path: "nse-p", SHA256: other}
	if got, want := admitted(unlisted, ""), `plugin "nse-p": `+Unlisted(checksum).Error(); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := admitted(entry, filepath.Dir(path)); got != "<nil>" {
		t.Errorf("in a watched folder: %s", got)
	}
	if got := admitted(entry, ""); got != "<nil>" {
		t.Errorf("once accepted: %s", got)
	}
}

// A plugin is found by its checksum, under whatever name it was admitted, and only where the user has accepted it.
func TestRecall(t *testing.T) {
	path, checksum := program(t)
	if copied, err := Copy(path, checksum); err != nil || filepath.Base(copied) != "nse-p" {
		t.Fatal(copied, err)
	}
	if _, err := Recall(path, checksum); err == nil {
		t.Error("a copy that was never accepted is executed")
	}
	if sum, err := Admit(path); err != nil || sum != checksum {
		t.Fatal(sum, err)
	}
	for _, name := range []string{path, "/gone/nse-p", "/gone/other"} {
		copied, err := Recall(name, checksum)
		if text, _ := os.ReadFile(copied); err != nil || string(text) != "#!/bin/sh\n" {
			t.Errorf("%s: %q, %v", name, text, err)
		}
	}
	if _, err := Recall(path, strings.Repeat("ab", 32)); err == nil {
		t.Error("a plugin that was never seen is found")
	}
}

// What is copied is what was hashed.
func TestCopyOfAChangedFile(t *testing.T) {
	path, checksum := program(t)
	if err := os.WriteFile(path, []byte("#!/bin/sh\nrm -rf /nothing\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	copied, err := Copy(path, checksum)
	if err == nil || !strings.HasPrefix(err.Error(), path+" changed while it was read (") {
		t.Errorf("%q, %v", copied, err)
	}
	dir, err := cacheDir()
	if err != nil {
		t.Fatal(err)
	}
	if left, err := filepath.Glob(filepath.Join(dir, "*", "*")); err != nil || len(left) > 0 {
		t.Errorf("left %v, %v", left, err)
	}
}

func TestExamine(t *testing.T) {
	path, _ := program(t)
	dir := filepath.Dir(path)
	if _, err := Examine(dir); err == nil || err.Error() != dir+" is not a file" {
		t.Error(err)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Examine(path); err == nil || err.Error() != path+" may not be executed: chmod +x makes it a program" {
		t.Error(err)
	}
}
