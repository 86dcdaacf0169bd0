package listing

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"
)

// tabled writes a file and lists it by its ending.
func tabled(t *testing.T, name, text string) (Listing, error) {
	t.Helper()
	t.Chdir(t.TempDir())
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	if filepath.Ext(name) == ".csv" {
		return CSV(t.Context(), name, asTold)
	}
	return JSONL(t.Context(), name, asTold)
}

func wide(text string) string {
	b := []byte{0xff, 0xfe}
	for _, u := range utf16.Encode([]rune(text)) {
		b = append(b, byte(u), byte(u>>8))
	}
	return string(b)
}

// TestTables: the columns of a table are found, and its rows are read as they are meant.
func TestTables(t *testing.T) {
	for name, c := range map[string]struct{ file, text, want, left, notes string }{
		"columns by name": {file: "t.csv", text: "x,Split,Class,File_Name\n,train,b,1\n,TEST,a,2\n", want: "b+1 at2"},
		"no header": {file: "t.csv", text: "1.png,b\n2.png,a\n", want: "b?1.png a?2.png",
			notes: "t.csv does not name its columns: they are path, label, split"},
		"semicolons": {file: "t.csv", text: "path;label\n\"1;,.png\";b\n2.png;a\n", want: "b?1;,.png a?2.png"},
		"tabs": {file: "t.csv", text: "path\tlabel\tsplit\n1\tb\t\n2\ta\tvalidation\n3\ta\ttest\n",
			want:  "b+1 av2 at3",
			notes: "1 images of no part are for training; searches hold out the 1 images of val"},
		"a mark, and CRLF": {file: "t.csv", text: "\ufeffpath,label\r\n1,b\r\n\r\n2,a\r\n", want: "b?1 a?2"},
		"UTF-16":           {file: "t.csv", text: wide("path,label\r\n1,ü\r\n2,a\r\n"), want: "ü?1 a?2"},
		"quotes":           {file: "t.csv", text: "path,text,label\n1,\"a \"\"b\"\",\nc\",x\n2,,y\n", want: "x?1 y?2"},
		"one other column": {file: "t.csv", text: "image,diagnosis\n1,b\n2,a\n", want: "b?1 a?2",
			notes: `labels are in the column "diagnosis" of t.csv`},
		"a better column": {file: "t.csv", text: "class id,filepaths,labels,data set\n0,1,b,train\n1,2,a,train\n",
			want: "b+1 a+2", notes: "no image is of test: a fifth of those of train is for testing"},
		"missing fields": {file: "t.csv", text: "path,label,split\n1,b,,,\n2,a\n", want: "b?1 a?2"},
		"repeated": {file: "t.csv", text: "path,label\n1,b\n./1,b\n2,a\n", want: "b?1 a?2",
			left: "1 rows that repeat another"},
		"copies in parts": {file: "t.csv", text: "path,label,split\n1,b,train\n1,b,test\n2,a,train\n",
			want: "b+1 bt1 a+2"},
		"Windows": {file: "t.csv", text: "path,label\na\\1.png,b\n../2,a\n", want: "b?a/1.png a?../2"},
		"only of test": {file: "t.csv", text: "path,label,split\n1,b,test\n2,a,test\n", want: "b?1 a?2",
			notes: "all images are of test: they are divided as if they were of no part"},
		"objects": {file: "t.jsonl", text: "{\"file_name\": \"1\", \"label\": 3}\n\n" +
			" {\"Label\": \"a\", \"image\": \"2\", \"split\": null}\r\n" +
			`{"bbox": {"path": [1, {"label": 2}]}, "path": "3", "class": true, "split": ""}`, want: "3?1 a?2 true?3"},
		"escapes": {file: "t.jsonl", text: "\ufeff{\"path\": \"\\u00fc\", \"label\": \"cafe\\u0301\"}\n" +
			"{\"path\": \"2\", \"label\": 1.5}\n", want: "caf\u00e9?ü 1.5?2"},
	} {
		t.Run(name, func(t *testing.T) {
			l, err := tabled(t, c.file, c.text)
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(entries(t, l, "."), " "); got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
			if l.Left.String() != c.left || strings.Join(l.Notes, "; ") != c.notes {
				t.Errorf("left %q, notes %q", l.Left, l.Notes)
			}
			for _, e := range l.Entries {
				if !e.Likely || l.File != c.file {
					t.Errorf("%+v of %s", e, l.File)
				}
			}
		})
	}
}

// TestClassesAreSorted: as numbers if all are numbers.
func TestClassesAreSorted(t *testing.T) {
	for text, want := range map[string]string{
		"10 9 -1 9.5": "-1 9 9.5 10", "10 9 a": "10 9 a", "2 02 1": "1 02 2", "nan 2 10": "10 2 nan",
	} {
		var rows strings.Builder
		rows.WriteString("path,label\n")
		for _, label := range strings.Fields(text) {
			rows.WriteString(label + "," + label + "\n")
		}
		l, err := tabled(t, "t.csv", rows.String())
		if err != nil || strings.Join(l.Classes, " ") != want {
			t.Errorf("%s: %q, %v", text, l.Classes, err)
		}
		for _, e := range l.Entries {
			if filepath.Base(e.Name) != l.Classes[e.Class] {
				t.Errorf("%s has the class %s", e.Name, l.Classes[e.Class])
			}
		}
	}
}

// TestBrokenTables: a row that cannot be right is named with its place.
func TestBrokenTables(t *testing.T) {
	const row = `{"path": "1", "label": 1}` + "\n"
	long := strings.Repeat("x", 2<<20)
	for want, c := range map[string][2]string{
		"t.csv: an empty file: want path,label":                        {"t.csv", ""},
		"t.csv: no commas, semicolons or tabs in the first line":       {"t.csv", "path label\n"},
		`t.csv:1: no column is called label: have ["path" "a" "b"]`:    {"t.csv", "path,a,b\n1,2,3\n"},
		"t.csv:1: 4 columns and none called path: want path,label":     {"t.csv", "1,2,3,4\n"},
		"t.csv:3: 1 columns: want 2":                                   {"t.csv", "path,label\n1,a\n2\n"},
		"t.csv:2:5: a column more than the 2 of the first row":         {"t.csv", "path,label\n1,a,b\n"},
		`t.csv:3:1: "": want the path of an image`:                     {"t.csv", "path,label\n1,a\n,b\n"},
		`t.csv:2:3: "": the name of a class must be UTF-8`:             {"t.csv", "path,label\n1,\n"},
		`t.csv:2:3: "\xff": the name of a class must be UTF-8`:         {"t.csv", "path,label\n1,\xff\n"},
		`t.csv:3:5: the part "tset": want train, val, test or nothing`: {"t.csv", "path,label,split\n1,a,\n2,b,tset\n"},
		`t.csv:4:5: ./1 has the label "b", and "a" in line 2: want on`: {"t.csv", "path,label\n1,a\n2,b\n./1,b\n"},
		`t.csv:2:3: extraneous or missing " in quoted-field`:           {"t.csv", "path,label\n\"1\"x,a\n"},
		"in the row that begins in line 2":                             {"t.csv", "path,label\n\"1,a\n2,b\n"},
		"t.csv: after line 2: a row of more than 1048576 bytes":        {"t.csv", "path,label\n1,a\n\"" + long + long},
		"t.csv: 1 images of 1 classes: want at least 2 classes":        {"t.csv", "path,label\n1,a\n"},
		"t.csv: images of val and test alone: want some of train":      {"t.csv", "1,a,test\n2,b,val\n"},
		"t.jsonl:2:8: invalid character 'x'":                           {"t.jsonl", row + "{\"a\": 1x}\n"},
		"t.jsonl:1:1: want an object with the keys path and label":     {"t.jsonl", "[1]\n"},
		`t.jsonl:1:1: want the keys path and label, have ["path"]`:     {"t.jsonl", `{"path": "1"}`},
		`t.jsonl:1:24: the label [1]: want text or a number`:           {"t.jsonl", `{"path": "1", "label": [1]}`},
		`t.jsonl:1:10: {}: want the path of an image`:                  {"t.jsonl", `{"path": {}, "label": [1]}`},
		`t.jsonl:1:30: the part "3": want train`:                       {"t.jsonl", `{"path":"1","label":2,"set": 3}`},
		"t.jsonl:1:26: unexpected end of JSON input":                   {"t.jsonl", `{"path": "1", "label": "a"`},
		"t.jsonl:2: a line of more than 1048576 bytes":                 {"t.jsonl", row + "" + long},
		"exceeded max depth":                                           {"t.jsonl", strings.Repeat("[", 20000)},
	} {
		_, err := tabled(t, c[0], c[1])
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Fatalf("%v, want %s", err, want)
		}
		if n := len(err.Error()); n > 400 {
			t.Errorf("%d bytes: %s", n, want)
		}
	}
	if _, err := CSV(t.Context(), t.TempDir(), asTold); err == nil || !strings.HasSuffix(err.Error(), ": not a file") {
		t.Errorf("a folder: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := os.WriteFile("t.csv", []byte("path,label\n1,a\n2,b\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := CSV(ctx, "t.csv", asTold); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	dir := folder(t, []string{"a/1", "b/2"}, nil)
	if _, err := Folder(ctx, dir, asTold); !errors.Is(err, context.Canceled) {
		t.Errorf("a folder, cancelled: %v", err)
	}
}

// FuzzTables: a table is refused in one line, or every row of it is an image of a class.
func FuzzTables(f *testing.F) {
	for _, text := range []string{"path,label\n1,a\n2,b\n", "a;b;train\r\nc;d;test\r\n", "\"a\"\tb\n\"c\nd\"\te\n",
		wide("path,label\r\n1,a\n2,b\n"),
		"{\"path\": \"1\", \"label\": 1}\n{\"file_name\": \"2\", \"class\": true}\n"} {
		f.Add(text, true)
		f.Add(text, false)
	}
	f.Fuzz(func(t *testing.T, text string, csv bool) {
		name, list := filepath.Join(t.TempDir(), "t"), JSONL
		if csv {
			list = CSV
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		l, err := list(t.Context(), name, asTold)
		checkListing(t, l, err)
	})
}

// checkListing holds a listing to what all of them are.
func checkListing(t *testing.T, l Listing, err error) {
	t.Helper()
	if err != nil {
		if len(err.Error()) > 5000 {
			t.Errorf("%d bytes: %.100s", len(err.Error()), err.Error())
		}
		return
	}
	has, next := make([]bool, len(l.Classes)), 0
	for _, e := range l.Entries {
		has[e.Class] = true
	}
	for _, p := range l.Parts {
		if p.From != next || p.To <= p.From {
			t.Fatalf("part %d..%d after %d", p.From, p.To, next)
		}
		p.Read(func(i int, _ []byte, _ error) bool {
			if i != next {
				t.Fatalf("entry %d, want %d", i, next)
			}
			next++
			return true
		})
	}
	if slices.Contains(has, false) || len(has) < 2 || next != len(l.Entries) {
		t.Errorf("%d classes, %d of %d entries are read", len(has), next, len(l.Entries))
	}
}
