package listing

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

const (
	maxTable = 4 << 30 // bytes of a table
	maxRow   = 1 << 20 // bytes of one of its rows
)

// Names of columns, without spaces and what stands for them, the best one first.
var (
	pathColumns = []string{"path", "filepath", "file", "filename", "imagepath", "imagefile", "imagefilename",
		"imagename", "image", "imgpath", "imgfile", "imgname", "img", "filepaths", "filenames", "paths", "files",
		"images", "relativepath", "relpath", "imageid", "uri"}
	labelColumns = []string{"label", "labels", "class", "classname", "category", "categoryname", "cls", "labelname",
		"target", "classes", "classid", "labelid", "categoryid", "species", "y"}
	splitColumns = []string{"split", "subset", "partition", "set", "dataset", "usage", "part", "phase"}
)

// columns are where the path, the label and the part of an image are in a row; -1 for none.
type columns struct{ path, label, split int }

// columnsOf finds the columns by their names.
func columnsOf(names []string) columns {
	plain := make([]string, len(names))
	for i, n := range names {
		plain[i] = strings.NewReplacer("_", "", "-", "", " ", "", ".", "").Replace(strings.ToLower(n))
	}
	find := func(known []string) int {
		for _, k := range known {
			if i := slices.Index(plain, k); i >= 0 {
				return i
			}
		}
		return -1
	}
	return columns{find(pathColumns), find(labelColumns), find(splitColumns)}
}

// table collects the images that the rows of a file name.
type table struct {
	Draft
	ctx  context.Context
	o    Options
	dir  string
	seen map[string]int // entries by path
}

// openTable opens a table for reading.
func openTable(ctx context.Context, file string, o Options) (*table, *os.File, error) {
	info, err := os.Stat(file)
	switch {
	case err != nil:
		return nil, nil, named(file, err)
	case !info.Mode().IsRegular():
		return nil, nil, fmt.Errorf("%s: not a file", file)
	case info.Size() > maxTable:
		return nil, nil, fmt.Errorf("%s: %d bytes: want at most %d", file, info.Size(), maxTable)
	}
	f, err := os.Open(file)
	t := &table{ctx: ctx, o: o, dir: filepath.Dir(file), seen: map[string]int{}}
	t.File = file
	return t, f, err
}

// row is a row of a table, with the columns in which its values begin.
type row struct {
	line               int
	path, label, split string

	pathAt, labelAt, splitAt int
}

// add adds the image of a row. Rows that repeat another one are passed over. An image has one label.
func (t *table) add(r row) error {
	if err := t.ctx.Err(); err != nil {
		return err
	}
	fault := func(column int, format string, a ...any) error { return t.fault(r.line, column, format, a...) }
	path, split := strings.TrimSpace(r.path), strings.TrimSpace(r.split)
	if path == "" || strings.ContainsRune(path, 0) {
		return fault(r.pathAt, "%q: want the path of an image", brief(path))
	}
	side, is := sideOf(split)
	if split != "" && !is {
		return fault(r.splitAt, "the part %q: want train, val, test or nothing", brief(split))
	}
	label, err := t.Label(r.label)
	if err != nil {
		return fault(r.labelAt, "%v", err)
	}
	e := Entry{Name: t.resolve(path), Class: label, Side: side, Likely: true, Line: r.line}
	if i, known := t.seen[e.Name]; known {
		was := t.Entries[i]
		if was.Class != label {
			return fault(r.labelAt, "%s has the label %q, and %q in line %d: want one", path, t.Classes[label],
				t.Classes[was.Class], was.Line)
		}
		if was.Side == side {
			t.Pass(Repeated, fmt.Sprintf("%s:%d", t.File, r.line))
			return nil
		}
	}
	t.seen[e.Name] = len(t.Entries)
	if err := t.Add(e); err != nil {
		return fault(1, "%v", err)
	}
	t.o.tell(len(t.Entries))
	return nil
}

// fault is an error at a place in the table.
func (t *table) fault(line, column int, format string, a ...any) error {
	return fmt.Errorf("%s:%d:%d: %s", t.File, line, column, fmt.Sprintf(format, a...))
}

// brief is the beginning of a text that may be long.
func brief(s string) string {
	const most = 100
	if len(s) > most {
		return s[:most] + "…"
	}
	return s
}

// resolve is where a path of the table leads: from its folder, and with the separators of Windows where nothing has
// them in its name.
func (t *table) resolve(path string) string {
	from := func(path string) string {
		if filepath.IsAbs(path) {
			return filepath.Clean(path)
		}
		return filepath.Join(t.dir, filepath.FromSlash(path))
	}
	if strings.Contains(path, `\`) {
		if _, err := os.Lstat(from(path)); err != nil {
			path = strings.ReplaceAll(path, `\`, "/")
		}
	}
	return from(path)
}

// finish is the listing of the table.
func (t *table) finish() (Listing, error) {
	l, err := t.Finish()
	if err != nil {
		return Listing{}, fmt.Errorf("%s: %w", t.File, err)
	}
	l.Parts = files(l.Entries, t.o)
	return l, nil
}
