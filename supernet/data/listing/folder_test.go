package listing

import (
	"bytes"
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// isImage knows the images of these tests.
func isImage(head []byte) bool { return bytes.HasPrefix(head, []byte("image")) }

var asTold = Options{IsImage: isImage}

// folder writes files that hold their own paths after "image", and links.
func folder(t *testing.T, files []string, links map[string]string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for _, name := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("image "+name), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for from, to := range links {
		if err := os.Symlink(to, filepath.Join(dir, filepath.FromSlash(from))); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// entries are the names of a listing below dir, with their classes and sides.
func entries(t *testing.T, l Listing, dir string) (list []string) {
	t.Helper()
	for _, e := range l.Entries {
		name, err := filepath.Rel(dir, e.Name)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, l.Classes[e.Class]+[]string{"?", "+", "v", "t"}[e.Side]+filepath.ToSlash(name))
	}
	return list
}

func TestFolderFollowsLinks(t *testing.T) {
	dir := folder(t, []string{"d/cat/1.png", "d/cat/more/2.PNG", "d/dog/1", "else/3.jpg", "else/deep/4.webp"},
		map[string]string{
			"d/fox":          "../else", // a class
			"d/cat/dogs":     "../dog",  // below a class, as another class has it too
			"d/cat/more/up":  "../../cat",
			"d/dog/me":       ".",
			"d/dog/file.png": "../../else/3.jpg",
			"d/dog/gone.png": "nowhere",
		})
	l, err := Folder(t.Context(), filepath.Join(dir, "d"), asTold)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"cat?cat/1.png", "cat?cat/dogs/1", "cat?cat/dogs/file.png", "cat?cat/dogs/gone.png",
		"cat?cat/more/2.PNG", "dog?dog/1", "dog?dog/file.png", "dog?dog/gone.png", "fox?fox/3.jpg",
		"fox?fox/deep/4.webp"}
	if got := entries(t, l, filepath.Join(dir, "d")); !slices.Equal(got, want) {
		t.Errorf("entries\n%s, want\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	// up, and me once in dog and once in the link to it
	if got := l.Left.String(); got != "3 "+Around {
		t.Errorf("left %s", got)
	}
	for _, e := range l.Entries {
		if likely := filepath.Base(e.Name) != "1"; e.Likely != likely {
			t.Errorf("%s: likely %t", e.Name, e.Likely)
		}
	}
}

// TestFolderReads: the parts yield what the files hold, anew at each call.
func TestFolderReads(t *testing.T) {
	dir := folder(t, []string{"a/1.png", "a/notes.txt", "b/2.png"}, map[string]string{"b/gone.png": "nowhere"})
	long := append([]byte("text "), make([]byte, 2000)...)
	if err := os.WriteFile(filepath.Join(dir, "a", "notes.txt"), long, 0o644); err != nil {
		t.Fatal(err)
	}
	l, err := Folder(t.Context(), dir, asTold)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		var got []string
		for _, p := range l.Parts {
			p.Read(func(i int, b []byte, err error) bool {
				switch {
				case i < p.From || i >= p.To:
					t.Errorf("entry %d is of the part %d..%d", i, p.From, p.To)
				case errors.Is(err, fs.ErrNotExist):
					b = []byte("none")
				case err != nil:
					t.Error(err)
				}
				got = append(got, string(b))
				return true
			})
		}
		// Of a file that is no image the beginning is read alone.
		if want := []string{"image a/1.png", string(long[:512]), "image b/2.png", "none"}; !slices.Equal(got, want) {
			t.Errorf("read %q, want %q", got, want)
		}
	}
}

// TestFolderOpensNoSpecialFiles: a socket is passed over among images, and among classes.
func TestFolderOpensNoSpecialFiles(t *testing.T) {
	dir := folder(t, []string{"a/1.png", "b/2.png"}, nil)
	t.Chdir(dir) // the path of a socket is short
	for _, path := range []string{"a/s.png", "s"} {
		s, err := net.Listen("unix", path)
		if err != nil {
			t.Skipf("skips sockets: %v", err)
		}
		defer s.Close()
	}
	l, err := Folder(t.Context(), ".", asTold)
	if err != nil {
		t.Fatal(err)
	}
	if got := l.Left.String(); len(l.Entries) != 2 || got != "1 "+Special+", 1 "+Beside {
		t.Errorf("%d entries, left %s", len(l.Entries), got)
	}
}

// TestFolderOfParts: sides by the names of folders, classes by their characters, and what is beside the parts.
func TestFolderOfParts(t *testing.T) {
	dir := folder(t, []string{"Training/cafe\u0301/1.png", "Training/x/2.png", "VALID/caf\u00e9/3.png", "VALID/x/4.png",
		"test/caf\u00e9/5.png", "test/x/6.png", "labels.csv", ".git/x", "backup/x/1.png"}, nil)
	l, err := Folder(t.Context(), dir, asTold)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"caf\u00e9+Training/cafe\u0301/1.png", "x+Training/x/2.png", "caf\u00e9vVALID/caf\u00e9/3.png",
		"xvVALID/x/4.png", "caf\u00e9ttest/caf\u00e9/5.png", "xttest/x/6.png"}
	if got := entries(t, l, dir); !slices.Equal(got, want) {
		t.Errorf("entries %q, want %q", got, want)
	}
	if got := l.Left.String(); got != "2 "+Beside+", 1 "+Hidden {
		t.Errorf("left %s", got)
	}
	if len(l.Notes) != 1 || l.Notes[0] != "searches hold out the images of "+filepath.Join(dir, "VALID") {
		t.Errorf("notes %q", l.Notes)
	}
}

func TestFolderRefuses(t *testing.T) {
	dir := folder(t, []string{"a/1.png", "b/2.png"}, map[string]string{"c": "nowhere"})
	_, err := Folder(t.Context(), dir, asTold)
	if err == nil || !strings.Contains(err.Error(), `c": a link to what cannot be found: `) {
		t.Errorf("a broken link among classes: %v", err)
	}
	if _, err := Folder(t.Context(), filepath.Join(dir, "d"), asTold); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no folder: %v", err)
	}
}

// What is passed over is named by reason, up to a bound.
func TestPassedNames(t *testing.T) {
	dir := folder(t, []string{"train/a/1.png", "train/a/.x", "train/b/2.png", "val/a/3.png", "val/b/4.png", "notes.txt",
		"Thumbs.db"}, map[string]string{"train/b/up": ".."})
	l, err := Folder(t.Context(), dir, asTold)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][]string{Hidden: {"train/a/.x", "train/b/up/a/.x", "Thumbs.db"}, Beside: {"notes.txt"},
		Around: {"train/b/up/b"}}
	for reason, names := range want {
		var got []string
		for _, name := range l.Passed[reason] {
			rel, err := filepath.Rel(dir, name)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, filepath.ToSlash(rel))
		}
		if !slices.Equal(got, names) || l.Left[reason] != len(names) {
			t.Errorf("%s: %d, %q, want %q", reason, l.Left[reason], got, names)
		}
	}
	for range MaxPassed + 5 {
		l.Pass(NoImage, "x")
	}
	if n := len(l.Passed[NoImage]); l.Left[NoImage] != MaxPassed+5 || n != MaxPassed {
		t.Errorf("%d counted, %d named", l.Left[NoImage], n)
	}
}
