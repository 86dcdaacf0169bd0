package listing

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// archive is a tar archive of files by their names and contents, and of headers.
func archive(t testing.TB, members ...any) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for len(members) > 0 {
		h, is := members[0].(*tar.Header)
		text := ""
		if is {
			members = members[1:]
		} else {
			text = members[1].(string)
			h = &tar.Header{Name: members[0].(string), Size: int64(len(text)), Mode: 0o644}
			members = members[2:]
		}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func zipped(t testing.TB, b []byte) []byte {
	t.Helper()
	var to bytes.Buffer
	z := gzip.NewWriter(&to)
	if _, err := z.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return to.Bytes()
}

// inFolder makes a folder with files the current one.
func inFolder(t *testing.T, files map[string][]byte) {
	t.Helper()
	t.Chdir(t.TempDir())
	for name, b := range files {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// contents reads the entries of a listing.
func contents(t *testing.T, l Listing) (list []string) {
	t.Helper()
	for _, p := range l.Parts {
		p.Read(func(i int, b []byte, err error) bool {
			if i != len(list) || err != nil {
				t.Errorf("entry %d, want %d: %v", i, len(list), err)
			}
			list = append(list, string(b))
			return true
		})
	}
	return list
}

// TestTarHasSamples: images with their labels, whatever else a sample has, and however shards are stored.
func TestTarHasSamples(t *testing.T) {
	one := archive(t, "./b/1.2/x.seg.png", "seg", "2.png", "image 2", "b/1.2/x.JPG", "image 1",
		"b/1.2/x.cls", " 10\n", "b/1.2/x.json", "{}", "2.cls", "9", "2.txt", "caption",
		"._2.png", "", "3.jpg", "image 3", "lost.cls", "9",
		&tar.Header{Name: "4.png", Typeflag: tar.TypeLink, Linkname: "2.png"},
		&tar.Header{Name: "5.png", Typeflag: tar.TypeSymlink, Linkname: "/etc/passwd"},
		&tar.Header{Name: "dir/", Typeflag: tar.TypeDir})
	two := archive(t, "../../6.webp", "image 6", "/../6.cls", "10", "deep/"+strings.Repeat("x", 300)+".png", "image 7",
		"deep/"+strings.Repeat("x", 300)+".cls", "10")
	const left = "1 files that are no images, 1 further images of samples, 1 hidden or system files, " +
		"1 images without a label, 1 labels without an image, 2 links, devices and sparse files in archives"
	for _, pack := range []func(testing.TB, []byte) []byte{func(_ testing.TB, b []byte) []byte { return b }, zipped} {
		inFolder(t, map[string][]byte{"s/x-train-0.tar": pack(t, one), "s/test/2.tar": pack(t, two), "s/n.txt": nil})
		l, err := Tar(t.Context(), "s", asTold)
		if err != nil {
			t.Fatal(err)
		}
		want := []string{"10ttest/2.tar/6.webp", "10ttest/2.tar/deep/" + strings.Repeat("x", 300) + ".png",
			"9+x-train-0.tar/2.png", "10+x-train-0.tar/b/1.2/x.JPG"}
		if got := entries(t, l, "s"); !slices.Equal(got, want) || !slices.Equal(l.Classes, []string{"9", "10"}) {
			t.Errorf("entries %q of %q, want %q", got, l.Classes, want)
		}
		want = []string{"image 6", "image 7", "image 2", "image 1"}
		for range 2 {
			if got := contents(t, l); !slices.Equal(got, want) {
				t.Errorf("contents %q, want %q", got, want)
			}
		}
		// The JSON with no label is no image.
		if got := l.Left.String(); got != strings.Replace(left, "1 files", "2 files", 1) {
			t.Errorf("left %s", got)
		}
		if !slices.Equal(l.Notes, []string{"labels are in the .cls of each sample"}) {
			t.Errorf("notes %q", l.Notes)
		}
	}
}

// TestTarHasLabelsInJSON: under the best key that is there.
func TestTarHasLabelsInJSON(t *testing.T) {
	inFolder(t, map[string][]byte{"a.tar": archive(t, "1.png", "image 1",
		"1.json", `{"class": 3, "label": "b", "a": {"cls": 1}}`, "2.json", `{"label": "a"}`, "2.png", "image 2",
		"3.png", "image 3", "3.json", `{"label": null}`)})
	l, err := Tar(t.Context(), "a.tar", asTold)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(entries(t, l, "a.tar"), " "); got != "b?1.png a?2.png" ||
		!slices.Equal(l.Notes, []string{`labels are in the key "label" of .json of each sample`}) {
		t.Errorf("entries %s, notes %q", got, l.Notes)
	}
}

// TestTarHasFolders: of classes, or of parts and classes, below those that all images are in.
func TestTarHasFolders(t *testing.T) {
	for want, members := range map[string][]string{
		"a?1.png b?1.2.png b?x/2.png": {"a/1.png", "b/1.2.png", "b/x/2.png"},
		"a?3.png b?3.png":             {"./top/photos/a/3.png", "top/photos/b/3.png", "top/4.png", "5.png"},
		"b+6.png a+6.png bt6.png at6.png": {"d/train/b/6.png", "d/train/a/6.png", "d/Test/b/6.png", "d/Test/a/6.png",
			"d/train/7.png"},
		"test?8.png val?9.png": {"test/8.png", "val/9.png"}, // no train: these are classes
	} {
		var list []any
		for _, m := range members {
			list = append(list, m, "image")
		}
		inFolder(t, map[string][]byte{"a.tar": archive(t, list...)})
		l, err := Tar(t.Context(), "*.tar", asTold)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, e := range l.Entries {
			name := strings.TrimPrefix(e.Name, "a.tar/")
			_, name, _ = strings.Cut(name, l.Classes[e.Class]+"/")
			got = append(got, l.Classes[e.Class]+[]string{"?", "+", "v", "t"}[e.Side]+name)
		}
		if strings.Join(got, " ") != want || len(l.Entries)+l.Left[Beside] != len(members) {
			t.Errorf("%s, left %s, want %s", strings.Join(got, " "), l.Left, want)
		}
	}
}

// TestTarIsReadInParts: by offsets where a shard is not compressed, more than one part of it.
func TestTarIsReadInParts(t *testing.T) {
	var members []any
	for i := range 100 {
		members = append(members, fmt.Sprintf("%d/%03d.png", i%2, i), fmt.Sprintf("image %03d", i))
	}
	inFolder(t, map[string][]byte{"a.tar": archive(t, members...), "b.tar": zipped(t, archive(t, members...))})
	l, err := Tar(t.Context(), "{a,b}.tar", asTold)
	if err != nil {
		t.Fatal(err)
	}
	if len(l.Parts) != 5 || l.Parts[3].From != 96 || l.Parts[4].To != 200 {
		t.Errorf("parts %+v", l.Parts)
	}
	for i, got := range contents(t, l) {
		if want := fmt.Sprintf("image %03d", i%100); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	l.Parts[4].Read(func(i int, b []byte, err error) bool {
		if i != 100 || string(b) != "image 000" || err != nil {
			t.Errorf("entry %d is %q, %v", i, b, err)
		}
		return false
	})
}

// TestTarRefuses says what is wrong, and where.
func TestTarRefuses(t *testing.T) {
	good := archive(t, "a/1.png", "image 1", "b/2.png", strings.Repeat("image 2", 200))
	large := slices.Clone(good)
	copy(large[124:], "77777777777\x00") // 8 GiB in the first header
	sum := 0
	copy(large[148:], "        ")
	for _, c := range large[:512] {
		sum += int(c)
	}
	copy(large[148:], fmt.Sprintf("%06o\x00 ", sum))
	sparse := archive(t, "a/1.png", "image", &tar.Header{Name: "b/2.png", Typeflag: tar.TypeSymlink, Linkname: "x"})
	for want, b := range map[string][]byte{
		"a.tar: not a tar archive":                          []byte(strings.Repeat("text ", 1000)),
		"a.tar: nothing in it: want a tar archive":          {},
		`a.tar: cut off or broken at byte 2000, from "b/2`:  good[:2000],
		`a.tar: cut off or broken at byte 1100, from "a/1`:  good[:1100],
		`a.tar: cut off or broken at byte 1536, from "b/2`:  zipped(t, good[:1536]),
		`from "b/2.png" on: the file ends`:                  good[:1600],
		"a.tar: not a tar archive, or cut off at byte ":     zipped(t, good)[:60],
		`a.tar: cut off or broken at byte 4096, from "a/1`:  large,
		"a.tar: no .cls, no .json with a label and no fold": sparse,
		"a.tar: no .cls, no .json with a label and no":      archive(t, "1.png", "image", "2.png", "image"),
	} {
		inFolder(t, map[string][]byte{"a.tar": b})
		_, err := Tar(t.Context(), "a.tar", asTold)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%v, want %s", err, want)
		}
	}
	var many []any
	for range 2000 {
		many = append(many, "1.png", "")
	}
	inFolder(t, map[string][]byte{"a.tar": zipped(t, archive(t, many...))})
	_, err := Tar(t.Context(), "a.tar", asTold)
	if err == nil || !strings.Contains(err.Error(), ": no images are so small") {
		t.Errorf("many members: %v", err)
	}
	for want, members := range map[string][]any{
		"a.tar: a.tar/2.cls: more than 4096 bytes": {"1.png", "i", "1.cls", "a", "2.png", "i", "2.cls",
			strings.Repeat("0", 30<<20)},
		"a.tar/2.cls: empty, not a label":   {"1.png", "i", "1.cls", "a", "2.png", "i", "2.cls", " \n"},
		"a.tar/2.json: invalid character":   {"1.png", "i", "1.cls", "a", "2.png", "i", "2.json", "{x}"},
		"a.tar/2.json: the label [1]: want": {"1.png", "i", "1.cls", "a", "2.png", "i", "2.json", `{"label": [1]}`},
		`the label of a.tar/1.png is in its .cls, and that of a.tar/2.png in its key "cls" of .json: want one`: {
			"1.png", "i", "1.cls", "a", "2.png", "i", "2.json", `{"cls": "b"}`},
		"a.tar: a sample has the images 1.png and 1.jpg: want one": {"1.png", "i", "1.jpg", "i", "1.cls", "a"},
		`a.tar/1.png: "\x01": the name of a class must be UTF-8`:   {"1.png", "i", "1.cls", "\x01"},
		"a.tar: a name of 5004 bytes: want at most 4096":           {strings.Repeat("x", 5000) + ".png", "i"},
	} {
		inFolder(t, map[string][]byte{"a.tar": archive(t, members...)})
		_, err := Tar(t.Context(), "a.tar", asTold)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	inFolder(t, map[string][]byte{"a.tar": good})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Tar(ctx, "a.tar", asTold); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// TestHugeMembersAreNotRead: one that is no image is not read beyond its beginning, and one of 2 GiB is refused.
func TestHugeMembersAreNotRead(t *testing.T) {
	inFolder(t, nil)
	f, err := os.Create("a.tar")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w := tar.NewWriter(f)
	for i, beginning := range []string{"text", "image"} {
		if err := w.WriteHeader(&tar.Header{Name: fmt.Sprintf("%d/x.png", i), Size: 2 << 30, Mode: 0o644}); err != nil {
			t.Fatal(err)
		}
		at := 512 + int64(i)*(512+2<<30)
		if _, err := f.WriteAt([]byte(beginning), at); err != nil {
			t.Fatal(err)
		}
		if _, err := f.Seek(at+2<<30, 0); err != nil { // a hole
			t.Fatal(err)
		}
		w = tar.NewWriter(f)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	l, err := Tar(t.Context(), "a.tar", asTold)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	l.Parts[0].Read(func(i int, b []byte, err error) bool {
		got = append(got, fmt.Sprintf("%d %v", len(b), err))
		return true
	})
	if want := []string{"512 <nil>", "0 2147483648 bytes: want at most 1073741824"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestShards: what patterns stand for, and the parts that names tell.
func TestShards(t *testing.T) {
	files := map[string][]byte{}
	for _, name := range []string{"train/0.tar", "train/1.tar", "val-shards/x.tar", "Valid/2.tar.gz", "testing/3.TAR",
		"imagenet1k-train-0000.tar", "latest-1.tar", "train_8.tar", "09.tar", "10.tar", "deep/test/4/5.tar", "n.txt",
		"._a.tar", ".git/a.tar", "8.tar"} {
		files["d/test/"+name] = nil
	}
	inFolder(t, files)
	for pattern, want := range map[string]string{
		"d/test": "?09.tar ?10.tar ?8.tar vValid/2.tar.gz tdeep/test/4/5.tar +imagenet1k-train-0000.tar " +
			"?latest-1.tar ttesting/3.TAR +train/0.tar +train/1.tar +train_8.tar ?val-shards/x.tar",
		"d/test/*.tar": "?09.tar ?10.tar ?8.tar " +
			"+imagenet1k-train-0000.tar ?latest-1.tar +train_8.tar",
		"d/test/{08..10}.tar":                  "error d/test/08.tar: no such file or directory",
		"d/test/{09..10}.tar":                  "?09.tar ?10.tar",
		"d/test/{8,10}.tar":                    "?10.tar ?8.tar",
		"d/test/{train/{0..1},deep/*/4/5}.tar": "tdeep/test/4/5.tar +train/0.tar +train/1.tar",
		"d/test/train/*.tar":                   "?train/0.tar ?train/1.tar",
		"d/test/{9..1}.tar":                    "error the range {9..1}: want at most 100000 numbers",
		"d/test/{0..99999}{0..99999}.tar":      "error more than 100000 files",
		"d/test/{0..999999999}.tar":            "error the range {0..999999999}: want at most 100000 numbers",
		"d/test/x*":                            "error d/test/x*: no such files",
		"d/test/tr*":                           "error d/test/train: not a file",
		"d/test/[":                             "error syntax error in pattern",
		"d/test/.git":                          "?.git/a.tar",
		"d/nowhere":                            "error d/nowhere: no such file or directory",
	} {
		shards, err := Shards(t.Context(), pattern, ".tar", ".tar.gz", ".tgz")
		var got []string
		for _, s := range shards {
			name, _ := filepath.Rel("d/test", s.Path)
			got = append(got, []string{"?", "+", "v", "t"}[s.Side]+filepath.ToSlash(name))
		}
		if fault, is := strings.CutPrefix(want, "error "); is {
			if err == nil || !strings.Contains(err.Error(), fault) {
				t.Errorf("%s: %v, want %s", pattern, err, fault)
			}
		} else if err != nil || strings.Join(got, " ") != want {
			t.Errorf("%s: %s, %v, want %s", pattern, strings.Join(got, " "), err, want)
		}
	}
}

// FuzzTar: a shard is refused in one line, or every image in it can be read.
func FuzzTar(f *testing.F) {
	good := archive(f, "1.png", "image 1", "1.cls", "a", "2.png", "image 2", "2.json", `{"label": 3}`)
	paxes := archive(f, "a/"+strings.Repeat("x", 200)+".png", "image", &tar.Header{Name: "a/b",
		Typeflag: tar.TypeSymlink, PAXRecords: map[string]string{"NSE.x": "1"}}, "b/1.png", "image")
	for _, b := range [][]byte{good, paxes, good[:1000], zipped(f, good), zipped(f, paxes), nil} {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		name := filepath.Join(t.TempDir(), "a.tar")
		if err := os.WriteFile(name, b, 0o644); err != nil {
			t.Fatal(err)
		}
		l, err := Tar(t.Context(), name, asTold)
		checkListing(t, l, err)
	})
}
