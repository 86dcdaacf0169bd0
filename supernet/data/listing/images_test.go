package listing

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestImages lists files, a folder with what is below it in the order of names, and standard input between them.
func TestImages(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"z.png", "a/2.png", "a/deep/1.JPG", "a/notes", "a/.hidden.png", "a/__MACOSX/1.png",
		"b.txt"} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("of "+name), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(filepath.Join(dir, "a"), filepath.Join(dir, "a", "deep", "loop")); err != nil {
		t.Skip(err)
	}
	at := func(name string) string { return filepath.Join(dir, name) }
	l, errs := Images(t.Context(), []string{at("z.png"), Stdin, at("absent.png"), at("a"), at("b.txt")},
		strings.NewReader("of stdin"), Options{IsImage: isImage})
	if len(errs) != 1 || errs[0].Error() != at("absent.png")+": no such file or directory" {
		t.Errorf("errors %v", errs)
	}
	var got []string
	for _, p := range l.Parts {
		p.Read(func(i int, b []byte, err error) bool {
			name := strings.TrimPrefix(l.Entries[i].Name, dir+string(filepath.Separator))
			got = append(got, filepath.ToSlash(name)+": "+string(b))
			return err == nil
		})
	}
	want := []string{"z.png: of z.png", "-: of stdin", "a/2.png: of a/2.png", "a/deep/1.JPG: of a/deep/1.JPG",
		"a/notes: of a/notes", "b.txt: of b.txt"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if left := l.Left.String(); left != "2 hidden or system files, 1 links to a folder that they are in" {
		t.Errorf("left out %s", left)
	}
	for _, e := range l.Entries { // what the user names is to be an image, whatever its name
		if e.Likely == strings.HasSuffix(e.Name, "notes") {
			t.Errorf("%s: likely %v", e.Name, e.Likely)
		}
	}
}

// Folders without files are errors, and so is what is no file.
func TestPathsWithoutImages(t *testing.T) {
	dir := t.TempDir()
	_, errs := Images(t.Context(), []string{dir, os.DevNull}, nil, Options{})
	want := []string{dir + ": there is no file in this folder that could be an image",
		os.DevNull + ": a device, pipe or socket: want a file, a folder, or - for standard input"}
	if len(errs) != 2 || errs[0].Error() != want[0] || errs[1].Error() != want[1] {
		t.Errorf("got %v, want %v", errs, want)
	}
}

// endless is a stream without an end.
type endless struct{}

func (endless) Read(b []byte) (int, error) { return len(b), nil }

// A stream without an end is not read into memory.
func TestWithin(t *testing.T) {
	if b, err := within(endless{}, 1000); err == nil || len(b) > 1001 {
		t.Errorf("%d bytes, error %v", len(b), err)
	}
	if b, err := within(strings.NewReader("abc"), 3); err != nil || string(b) != "abc" {
		t.Errorf("%q, error %v", b, err)
	}
}
