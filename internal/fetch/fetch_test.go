package fetch

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

const plugin = "#!/bin/sh\nexit 1\n"

func sum(data []byte) string {
	h := sha256.Sum256(data)
	return hex.EncodeToString(h[:])
}

// elfOf is the beginning of a program for Linux on a processor.
func elfOf(machine byte) []byte {
	head := make([]byte, 64)
	copy(head, "\x7fELF\x02\x01\x01")
	head[18] = machine
	return head
}

// member is a file of an archive.
type member struct {
	name string
	mode int64
	data []byte
}

func tarred(t *testing.T, members ...member) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	for _, m := range members {
		h := &tar.Header{Name: m.name, Mode: m.mode, Size: int64(len(m.data)), Typeflag: tar.TypeReg}
		_, err := w.Write(nil)
		if err = errors.Join(err, w.WriteHeader(h)); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(m.data); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(w.Close(), z.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func zipped(t *testing.T, m member) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	h := &zip.FileHeader{Name: m.name, Method: zip.Deflate}
	h.SetMode(os.FileMode(m.mode))
	f, err := w.CreateHeader(h)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.Write(m.data)
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// serving serves files by path.
func serving(t *testing.T, files map[string][]byte) (url string) {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		data, there := files[r.URL.Path]
		if r.URL.Path == "/away" {
			http.Redirect(w, r, "http://example.org/x", http.StatusFound)
		} else if !there {
			http.NotFound(w, r)
		} else {
			_, _ = w.Write(data)
		}
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// left lists what is in a folder and below it.
func left(t *testing.T, dir string) (names []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if path != dir {
			names = append(names, d.Name())
		}
		return err
	})
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return names
}

// holds fails if a plugin is not an executable file with the text.
func holds(t *testing.T, path, want string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil || string(text) != want {
		t.Errorf("%s: %q, %v, want %q", path, text, err, want)
	}
	if info, err := os.Stat(path); err == nil && info.Mode().Perm() != 0o755 {
		t.Errorf("%s: %v, want 0755", path, info.Mode())
	}
}

func TestGetURL(t *testing.T) {
	ending := "_" + runtime.GOOS + "_" + runtime.GOARCH
	archive := tarred(t, member{"README.md", 0o644, []byte("text")}, member{"d/configure.sh", 0o644, []byte(plugin)},
		member{"d/foreign", 0o755, elfOf(243)}, member{"d/nse-b" + ending, 0o755, []byte(plugin)})
	inZip := zipped(t, member{"nse-c", 0o755, []byte(plugin)})
	files := map[string][]byte{"/nse-a" + ending: []byte(plugin), "/b.tar.gz": archive, "/c.zip": inZip}
	url := serving(t, files)
	for path, want := range map[string]string{"/nse-a" + ending: "nse-a", "/b.tar.gz": "nse-b", "/c.zip": "nse-c"} {
		dir := t.TempDir()
		got, err := Get(t.Context(), Ask{Source: url + path, SHA256: strings.ToUpper(sum(files[path])), Out: dir})
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		if got.Path != filepath.Join(dir, want) || got.SHA256 != sum([]byte(plugin)) ||
			got.Bytes != int64(len(plugin)) || got.Source != url+path || got.Pool != "" {
			t.Errorf("%s: %+v", path, got)
		}
		holds(t, got.Path, plugin)
		if names := left(t, dir); len(names) != 1 {
			t.Errorf("%s left %v", path, names)
		}
	}
}

func TestGetURLFaults(t *testing.T) {
	other := "linux/riscv64" // e_machine 243
	truncated := tarred(t, member{"nse-a", 0o755, bytes.Repeat([]byte(plugin), 1000)})
	files := map[string][]byte{
		"/a": []byte(plugin), "/page": []byte("<html>"), "/foreign": elfOf(243), "/..": []byte(plugin),
		"/two.tar.gz": tarred(t, member{"a", 0o755, []byte(plugin)}, member{"x/b", 0o755, []byte(plugin)}),
		"/none.tgz":   tarred(t, member{"a", 0o755, []byte("text")}),
		"/riscv.tgz":  tarred(t, member{"a", 0o755, elfOf(243)}),
		"/torn.tgz":   truncated[:len(truncated)-20],
		"/-rf":        []byte(plugin),
	}
	url := serving(t, files)
	for path, want := range map[string]string{
		"/page":       ": it is neither a program, nor a .tar.gz or .zip with one",
		"/foreign":    ": it is a program for " + other + ", and this machine is " + platform,
		"/two.tar.gz": ": it has several programs: a, b",
		"/none.tgz":   ": it has no program",
		"/riscv.tgz":  ": it has no one plugin for " + platform + ": it has " + other,
		"/torn.tgz":   ": unexpected EOF",
		"/-rf":        ": its name is none for a plugin: -rf",
		"/missing":    ": 404 Not Found",
	} {
		out := filepath.Join(t.TempDir(), "plugins")
		_, err := Get(t.Context(), Ask{Source: url + path, SHA256: sum(files[path]), Out: out})
		if got := fmt.Sprint(err); got != url+path+want {
			t.Errorf("got %s\nwant %s%s", got, url+path, want)
		}
		if names := left(t, filepath.Dir(out)); len(names) > 0 {
			t.Errorf("%s left %v", path, names)
		}
	}
	wrong := strings.Repeat("ab", 32)
	_, err := Get(t.Context(), Ask{Source: url + "/a", SHA256: wrong, Out: t.TempDir()})
	want := url + "/a: its sha256 is " + sum([]byte(plugin)) + ", and --sha256 says " + wrong
	if fmt.Sprint(err) != want {
		t.Errorf("got %v, want %s", err, want)
	}
	_, err = Get(t.Context(), Ask{Source: url + "/away", SHA256: wrong, Out: t.TempDir()})
	if err == nil || !strings.HasSuffix(err.Error(), "it leads to http://example.org/x, which is not https") {
		t.Error(err)
	}
}

func TestAskFaults(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct {
		ask  Ask
		want string
	}{
		{Ask{Source: "https://example.org/a"},
			"https://example.org/a: want its SHA-256, 64 hexadecimal digits, with --sha256"},
		{Ask{Source: "oci://example.org/a:1", SHA256: "ab"},
			"--sha256 is for https://…: Go checks modules, and oci://…@sha256:… has a digest"},
		{Ask{Source: "http://example.org/a"}, ""},
		{Ask{Source: "./fused"}, ""},
		{Ask{Source: "-x.y/z"}, ""},
		{Ask{Source: "example.org/..."}, ""},
		{Ask{Source: "example.org/a", Families: []string{"A"}}, `family "A": a name is 1 to 64 lower-case letters, ` +
			`digits and dashes, and starts with a letter`},
		{Ask{Source: "oci://127.0.0.1:1/a"}, "oci://127.0.0.1:1/a: want a tag or a digest behind it, such as :1.2.0"},
	} {
		if c.want == "" {
			c.want = fmt.Sprintf("%q is no source of plugins: want a Go module such as "+
				"example.org/you/nse-fused@latest, oci://REGISTRY/REPOSITORY:TAG, or https://… with --sha256",
				c.ask.Source)
		}
		c.ask.Out = filepath.Join(dir, "plugins")
		if _, err := Get(t.Context(), c.ask); fmt.Sprint(err) != c.want {
			t.Errorf("got %v\nwant %s", err, c.want)
		}
	}
	if names := left(t, dir); len(names) > 0 {
		t.Errorf("left %v", names)
	}
}

// A pool lists the plugin once, by its path from the pool's folder. What is there already is not overwritten.
func TestGetIntoAPool(t *testing.T) {
	url, dir := serving(t, map[string][]byte{"/nse-a": []byte(plugin), "/new/nse-a": []byte(plugin + "#")}), t.TempDir()
	pool := filepath.Join(dir, "ops.toml")
	if err := os.WriteFile(pool, []byte("# mine\n"+`[[plugin]]
builtin = "mbconv"
[[plugin.op]]
name = "mbconv"
`), 0o644); err != nil {
		t.Fatal(err)
	}
	ask := Ask{Source: url + "/nse-a", SHA256: sum([]byte(plugin)), Pool: pool, Families: []string{"one", "two"}}
	path := filepath.Join(dir, "plugins", "nse-a")
	comment := " # nse ops describe " + path + " lists its attributes\n"
	want := `# mine
[[plugin]]
builtin = "mbconv"
[[plugin.op]]
name = "mbconv"

[[plugin]]
path = 'plugins/nse-a'
sha256 = "` + sum([]byte(plugin)) + `"

[[plugin.op]]` + comment + `name = "one"

[[plugin.op]]` + comment + `name = "two"
`
	for range 2 {
		if got, err := Get(t.Context(), ask); err != nil || got.Pool != pool || got.Path != path {
			t.Fatal(got, err)
		}
		if text, err := os.ReadFile(pool); err != nil || string(text) != want {
			t.Fatalf("%v: got\n%s\nwant\n%s", err, text, want)
		}
	}
	newer := Ask{Source: url + "/new/nse-a", SHA256: sum([]byte(plugin + "#")), Pool: pool}
	_, err := Get(t.Context(), newer)
	if want := pool + `:8:8: plugin "plugins/nse-a" has another sha256 here, and what was got has ` + newer.SHA256 +
		": remove it here"; fmt.Sprint(err) != want {
		t.Errorf("got %v\nwant %s", err, want)
	}
	newer.Pool, newer.Out = "", filepath.Dir(path)
	_, err = Get(t.Context(), newer)
	if want := path + " is there already with another sha256, " + sum([]byte(plugin)) +
		": remove it, or choose another --out"; fmt.Sprint(err) != want {
		t.Errorf("got %v\nwant %s", err, want)
	}
	holds(t, path, plugin)
	if text, err := os.ReadFile(pool); err != nil || string(text) != want {
		t.Errorf("the pool has changed: %v\n%s", err, text)
	}
}

func TestSilentServer(t *testing.T) {
	ctx, steady, stop := steadily(t.Context(), 20*time.Millisecond)
	defer stop()
	r, w := io.Pipe()
	context.AfterFunc(ctx, func() { w.CloseWithError(ctx.Err()) })
	_, err := io.Copy(io.Discard, steady(r))
	if got := silence(ctx, err); !errors.Is(got, errSilent) {
		t.Error(got)
	}
}

func TestCopyUpTo(t *testing.T) {
	var b bytes.Buffer
	if err := copyUpTo(&b, strings.NewReader("12345"), 5); err != nil || b.String() != "12345" {
		t.Errorf("%q, %v", b.String(), err)
	}
	if err := copyUpTo(&b, strings.NewReader("123456"), 5); fmt.Sprint(err) != "it is longer than 5 bytes" {
		t.Error(err)
	}
}

func TestSystemsOf(t *testing.T) {
	pe := make([]byte, 80)
	copy(pe, "MZ")
	pe[60], pe[68], pe[69] = 64, 0x64, 0x86
	for _, c := range []struct{ head, want string }{
		{string(elfOf(62)), "[linux/amd64]"}, {string(elfOf(183)), "[linux/arm64]"}, {string(pe), "[windows/amd64]"},
		{"\xcf\xfa\xed\xfe\x0c\x00\x00\x01", "[darwin/arm64]"}, {"#!/bin/sh", "[Unix]"}, {"", "[]"}, {"MZ", "[]"},
		{"\xca\xfe\xba\xbe\x00\x00\x00\x02\x01\x00\x00\x07" + strings.Repeat("\x00", 16) + "\x01\x00\x00\x0c" +
			strings.Repeat("\x00", 16), "[darwin/amd64 darwin/arm64]"},
		{"\xca\xfe\xba\xbe\x00\x00\x00\x41", "[]"}, // Java
	} {
		if got := fmt.Sprint(systemsOf([]byte(c.head))); got != c.want {
			t.Errorf("%.12q: %s, want %s", c.head, got, c.want)
		}
	}
}
