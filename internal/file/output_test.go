//go:build unix

package file

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A link stays, and the file that it leads to is written: one that is there, one that is not, and one behind two links.
func TestOutputFollowsLinks(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "folder"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ link, to, file string }{
		{"to-file", "file", "file"}, {"to-nothing", "new/file", "new/file"}, {"twice", "to-file", "file"},
		{"with-dots", "folder/../to-nothing", "new/file"},
	} {
		link := filepath.Join(dir, c.link)
		if err := os.Symlink(c.to, link); err != nil {
			t.Fatal(err)
		}
		if err := Probe(link); err != nil {
			t.Error(err)
		}
		if err := Output(link, []byte(c.link)); err != nil {
			t.Fatal(err)
		}
		if text, err := os.ReadFile(filepath.Join(dir, c.file)); err != nil || string(text) != c.link {
			t.Errorf("%s: %q, %v", c.link, text, err)
		}
		if info, err := os.Lstat(link); err != nil || info.Mode().Type() != os.ModeSymlink {
			t.Errorf("%s is %v, %v", c.link, info.Mode(), err)
		}
	}
	loop := filepath.Join(dir, "loop")
	if err := os.Symlink("loop", loop); err != nil {
		t.Fatal(err)
	}
	if err := Output(loop, nil); err == nil || err.Error() != loop+": too many links" {
		t.Error(err)
	}
}

// A pipe, a device and a link to a device are written to.
func TestOutputIntoSpecialFiles(t *testing.T) {
	dir := t.TempDir()
	pipe := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	text := strings.Repeat("text", 50_000) // more than a pipe holds
	got := make(chan string)
	go func() {
		read, err := os.ReadFile(pipe)
		if err != nil {
			t.Error(err)
		}
		got <- string(read)
	}()
	if err := Probe(pipe); err != nil {
		t.Error(err)
	}
	if err := Output(pipe, []byte(text)); err != nil {
		t.Error(err)
	}
	if read := <-got; read != text {
		t.Errorf("%d bytes came through the pipe, want %d", len(read), len(text))
	}
	link := filepath.Join(dir, "null")
	if err := os.Symlink(os.DevNull, link); err != nil {
		t.Fatal(err)
	}
	if err := Output(link, []byte(text)); err != nil {
		t.Error(err)
	}
	for path, kind := range map[string]os.FileMode{pipe: os.ModeNamedPipe, link: os.ModeSymlink} {
		if info, err := os.Lstat(path); err != nil || info.Mode().Type() != kind {
			t.Errorf("%s is %v, %v", path, info.Mode(), err)
		}
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 2 {
		t.Errorf("left: %v, %v", left, err)
	}
}

// What this process has open goes on where it is, whatever it leads to.
func TestOutputIntoStandardOutput(t *testing.T) {
	dir := t.TempDir()
	link := filepath.Join(dir, "link")
	if err := os.Symlink("/dev/stdout", link); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(filepath.Join(dir, "file"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	stdout := os.Stdout
	os.Stdout = f
	defer func() { os.Stdout = stdout }()
	for _, path := range []string{"/dev/stdout", "/dev/fd/1", "/proc/self/fd/1", link} {
		if _, err := f.WriteString(path + " "); err != nil {
			t.Fatal(err)
		}
		if err := Output(path, []byte("text ")); err != nil {
			t.Error(err)
		}
	}
	want := "/dev/stdout text /dev/fd/1 text /proc/self/fd/1 text " + link + " text "
	if got, err := os.ReadFile(f.Name()); err != nil || string(got) != want {
		t.Errorf("%q, %v, want %q", got, err, want)
	}
}
