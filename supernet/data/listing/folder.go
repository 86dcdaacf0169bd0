package listing

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Why files are passed over.
const (
	Hidden  = "hidden or system files"
	Special = "devices, pipes or sockets"
	Beside  = "files beside the folders of classes"
	Around  = "links to a folder that they are in"
	NoImage = "files that are no images"

	Unreadable = "files that cannot be read as images"
)

// maxFile bounds the size of an image's file in bytes.
const maxFile = 1 << 30

// Layouts says how a folder of images may look.
const Layouts = "DIR/CLASS/… or DIR/train/CLASS/…, with DIR/test/CLASS/… or DIR/val/CLASS/… or both"

// Folder lists the images of a directory with a folder for each class, or of directories train, test and val (or valid,
// validation) with such folders, in any case. Folders below that of a class belong to it, and links are followed. Names
// of classes are equal if their characters are, however they are encoded (NFC). Files whose names are not those of
// images are read only if isImage says so of their beginning.
func Folder(dir string, isImage func(head []byte) bool) (Listing, error) {
	w := walk{labels: map[string]int32{}, isImage: isImage}
	roots, err := sides(dir)
	if err != nil {
		return Listing{}, err
	}
	if roots == nil {
		err = w.classes(dir, Undecided)
	}
	for _, r := range roots {
		err = cmp.Or(err, w.classes(r.path, r.side))
	}
	if err != nil {
		return Listing{}, err
	}
	if err := w.same(dir, roots); err != nil {
		return Listing{}, err
	}
	if roots != nil {
		w.beside(dir, roots)
	}
	return w.sorted(), nil
}

// root is a directory of classes.
type root struct {
	path string
	side Side
}

// sides finds the directories of the parts of a data set. Without two of them there are none.
func sides(dir string) (roots []root, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	names := map[string]Side{"train": Train, "training": Train, "val": Validate, "valid": Validate,
		"validation": Validate, "test": Test, "testing": Test}
	found := map[Side]string{}
	for _, e := range entries {
		side, is := names[strings.ToLower(e.Name())]
		path := filepath.Join(dir, e.Name())
		if info, err := os.Stat(path); !is || err != nil || !info.IsDir() {
			continue
		}
		if other := found[side]; other != "" {
			return nil, fmt.Errorf("%s and %s are the same part of a data set: want one of them", other, path)
		}
		found[side] = path
	}
	if found[Train] == "" || len(found) < 2 {
		return nil, nil
	}
	for _, side := range []Side{Train, Validate, Test} {
		if found[side] != "" {
			roots = append(roots, root{found[side], side})
		}
	}
	return roots, nil
}

// walk collects what is below directories.
type walk struct {
	list   Listing
	labels map[string]int32 // of classes, by their names

	isImage func(head []byte) bool
}

// classes lists the images of each class in dir.
func (w *walk) classes(dir string, side Side) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	classes := 0
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		info, err := os.Stat(path)
		switch {
		case hidden(e.Name()):
			w.list.Pass(Hidden, path)
			continue
		case err != nil:
			return fmt.Errorf("%q: a link to what cannot be found: %w", path, err)
		case !info.IsDir():
			w.list.Pass(Beside, path)
			continue
		}
		name := norm.NFC.String(e.Name())
		if !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl) {
			return fmt.Errorf("%s: %q: the name of a class must be UTF-8 without control characters", dir, e.Name())
		}
		label, known := w.labels[name]
		if !known {
			label = int32(len(w.labels))
			w.labels[name] = label
			w.list.Classes = append(w.list.Classes, name)
		}
		if err := w.images(path, label, side, nil); err != nil {
			return err
		}
		classes++
	}
	if classes < 2 {
		return fmt.Errorf("%s: %d folders of classes: want at least 2: %s", dir, classes, Layouts)
	}
	return nil
}

// images lists what is below the folder of a class. above are the real paths of the folders that it is in.
func (w *walk) images(dir string, label int32, side Side, above []string) error {
	real, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return err
	}
	if slices.Contains(above, real) {
		w.list.Pass(Around, dir)
		return nil
	}
	above = append(slices.Clip(above), real)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		info, err := os.Stat(path)
		switch {
		case hidden(e.Name()):
			w.list.Pass(Hidden, path)
		case err == nil && info.IsDir():
			if err := w.images(path, label, side, above); err != nil {
				return err
			}
		case err == nil && !info.Mode().IsRegular():
			w.list.Pass(Special, path)
		default: // what is no more there, or a link to nothing, is an error of reading
			likely := slices.Contains(endings, strings.ToLower(filepath.Ext(path)))
			w.list.Entries = append(w.list.Entries, Entry{path, label, side, likely})
		}
	}
	return nil
}

// hidden reports whether a name is that of what systems leave beside people's files.
func hidden(name string) bool {
	switch strings.ToLower(name) {
	case "__macosx", "thumbs.db", "ehthumbs.db", "desktop.ini", "$recycle.bin", "system volume information", "@eadir",
		"lost+found", "icon\r":
		return true
	}
	return strings.HasPrefix(name, ".")
}

// same refuses parts of a data set with different classes, and says how it was understood.
func (w *walk) same(dir string, roots []root) error {
	for _, r := range roots {
		has := make([]bool, len(w.list.Classes))
		for _, e := range w.list.Entries {
			if e.Side == r.side {
				has[e.Class] = true
			}
		}
		if c := slices.Index(has, false); c >= 0 {
			return fmt.Errorf("%s: there is no image of the class %q, which others of train, val and test have", r.path,
				w.list.Classes[c])
		}
		if r.side == Validate {
			w.list.Notes = append(w.list.Notes, fmt.Sprintf("searches hold out the images of %s", r.path))
		}
	}
	if roots != nil && roots[len(roots)-1].side != Test {
		w.list.Notes = append(w.list.Notes, fmt.Sprintf("%s has no test: a fifth of train is for testing", dir))
	}
	return nil
}

// beside counts what is not in any part of a data set.
func (w *walk) beside(dir string, roots []root) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		switch {
		case slices.ContainsFunc(roots, func(r root) bool { return r.path == path }):
		case hidden(e.Name()):
			w.list.Pass(Hidden, path)
		default:
			w.list.Pass(Beside, path)
		}
	}
}

// sorted is the listing with classes and entries in the order of their names.
func (w *walk) sorted() Listing {
	l := w.list
	names := slices.Sorted(slices.Values(l.Classes))
	for i, e := range l.Entries {
		label, _ := slices.BinarySearch(names, l.Classes[e.Class])
		l.Entries[i].Class = int32(label)
	}
	l.Classes = names
	slices.SortStableFunc(l.Entries, func(a, b Entry) int {
		return cmp.Or(cmp.Compare(a.Side, b.Side), cmp.Compare(a.Class, b.Class), cmp.Compare(a.Name, b.Name))
	})
	for i, e := range l.Entries {
		l.Parts = append(l.Parts, Part{i, i + 1, func(yield func(int, []byte, error) bool) {
			b, err := w.read(e)
			yield(i, b, err)
		}})
	}
	return l
}

// read reads an image's file. Of one that is no image by its name and its beginning it reads no more than that.
func (w *walk) read(e Entry) ([]byte, error) {
	f, err := os.Open(e.Name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("not a file any more")
	}
	head := make([]byte, 512)
	n, err := io.ReadFull(f, head)
	head = head[:n]
	if err != nil || !e.Likely && !w.isImage(head) {
		if cut := err == io.EOF || err == io.ErrUnexpectedEOF; cut {
			err = nil
		}
		return head, err
	}
	if info.Size() > maxFile {
		return nil, fmt.Errorf("%d bytes: want at most %d", info.Size(), maxFile)
	}
	b := make([]byte, info.Size())
	if n, err = io.ReadFull(f, b[copy(b, head):]); err == io.ErrUnexpectedEOF {
		err = nil // it has become shorter
	}
	return b[:len(head)+n], err
}
