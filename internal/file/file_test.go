package file

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/sourcegraph/conc"
)

func TestWrite(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "a")
	for _, text := range []string{"one", "two, which is longer", ""} {
		if err := Write(path, []byte(text)); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != text {
			t.Errorf("got %q, %v, want %q", got, err, text)
		}
	}
	if left, err := os.ReadDir(filepath.Dir(path)); err != nil || len(left) != 1 {
		t.Errorf("%v, %v beside the file", left, err)
	}
}

// A file that cannot be put in its place leaves what was there, and nothing beside it.
func TestWriteFails(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "taken")
	if err := os.MkdirAll(filepath.Join(path, "inside"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := Write(path, []byte("text")); err == nil || err.Error() != path+": file exists" {
		t.Errorf("a folder was replaced: %v", err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 || !left[0].IsDir() {
		t.Errorf("left: %v, %v", left, err)
	}
	if err := Write(filepath.Join("/dev/null", "a"), nil); err == nil || err.Error() != "/dev/null: not a directory" {
		t.Error(err)
	}
}

// Several writers at the same moment leave the file of one of them, whole, and nothing beside it.
func TestWriteAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a")
	var writers conc.WaitGroup
	for i := range 20 {
		writers.Go(func() {
			if err := WriteShared(path, bytes.Repeat([]byte{byte(i)}, 10_000)); err != nil {
				t.Error(err)
			}
		})
	}
	writers.Wait()
	got, err := os.ReadFile(path)
	if err != nil || len(got) != 10_000 || !bytes.Equal(got, bytes.Repeat(got[:1], 10_000)) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	if left, err := os.ReadDir(filepath.Dir(path)); err != nil || len(left) != 1 {
		t.Errorf("%v, %v beside the file", left, err)
	}
}

func TestProbe(t *testing.T) {
	dir := t.TempDir()
	if err := Probe(filepath.Join(dir, "new", "a")); err != nil {
		t.Error(err)
	}
	if left, err := os.ReadDir(filepath.Join(dir, "new")); err != nil || len(left) > 0 {
		t.Errorf("left %v, %v", left, err)
	}
	if err := os.WriteFile(filepath.Join(dir, "file"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := Probe(filepath.Join(dir, "file", "a")); err == nil ||
		err.Error() != filepath.Join(dir, "file")+": not a directory" {
		t.Errorf("in a file: %v", err)
	}
}

// In a folder from elsewhere a file may be a link to anything.
func TestWriteFollowsNoLink(t *testing.T) {
	dir := t.TempDir()
	path, precious := filepath.Join(dir, "a"), filepath.Join(dir, "precious")
	if err := os.WriteFile(precious, []byte("as it was"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(precious, path); err != nil {
		t.Fatal(err)
	}
	if err := Write(path, []byte("text")); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(precious); err != nil || string(text) != "as it was" {
		t.Errorf("another file was written: %q, %v", text, err)
	}
	if info, err := os.Lstat(path); err != nil || !info.Mode().IsRegular() {
		t.Errorf("what was written is %v, %v", info, err)
	}
}

func TestLock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	if Locked(path) {
		t.Error("a lock that is not there is held")
	}
	first, err := Lock(path)
	if err != nil {
		t.Fatal(err)
	}
	if second, err := Lock(path); err != ErrLocked || !Locked(path) {
		t.Errorf("taken twice: %v, %v", second, err)
	}
	first.Close()
	if Locked(path) {
		t.Error("it is not given back")
	}
	third, err := Lock(path)
	if err != nil {
		t.Fatal(err)
	}
	third.Close()
	if _, err := Lock(filepath.Join(path, "a")); err == nil || err.Error() != path+"/a: not a directory" {
		t.Error(err)
	}
}

// A run's folder from elsewhere may have links to files of the user's where a later round writes.
func TestAppendFollowsNoLink(t *testing.T) {
	dir := t.TempDir()
	precious, path := filepath.Join(dir, "precious"), filepath.Join(dir, "events")
	if err := os.WriteFile(precious, []byte("as it was"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(precious, path); err != nil {
		t.Fatal(err)
	}
	if err := Append(path, []byte("more")); err == nil || err.Error() != path+" is not a file: remove it" {
		t.Error(err)
	}
	if text, err := os.ReadFile(precious); err != nil || string(text) != "as it was" {
		t.Errorf("another file was written: %q, %v", text, err)
	}
}
