package listing

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"slices"
)

// Stdin is the path that stands for standard input.
const Stdin = "-"

// Images lists files without classes: those of the paths, all that are in folders and below them, and stdin for its
// path, each as a part of its own. The order is that of the paths, and that of names in a folder. What Folder passes
// over in folders is passed over. errs says which paths lead to no file.
func Images(ctx context.Context, paths []string, stdin io.Reader, o Options) (l Listing, errs []error) {
	w := walk{ctx: ctx, o: o}
	for _, path := range paths {
		from := len(w.list.Entries)
		if err := w.path(path); err != nil {
			errs = append(errs, err)
			w.list.Entries = w.list.Entries[:from]
		}
		slices.SortStableFunc(w.list.Entries[from:], func(a, b Entry) int { return cmp.Compare(a.Name, b.Name) })
	}
	w.list.Parts = files(w.list.Entries, o)
	for i, e := range w.list.Entries {
		if e.Name == Stdin {
			w.list.Parts[i] = alone(i, func() ([]byte, error) { return within(stdin, maxFile) })
		}
	}
	return w.list, errs
}

// path lists a file or what is in a folder.
func (w *walk) path(path string) error {
	if path == Stdin {
		w.list.Entries = append(w.list.Entries, Entry{Name: path, Likely: true})
		return nil
	}
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return fmt.Errorf("%s: %w", path, err.(*os.PathError).Err)
	case !info.IsDir() && !info.Mode().IsRegular():
		return fmt.Errorf("%s: a device, pipe or socket: want a file, a folder, or - for standard input", path)
	case !info.IsDir():
		w.list.Entries = append(w.list.Entries, Entry{Name: path, Likely: true})
		return nil
	}
	from := len(w.list.Entries)
	if err := w.images(path, 0, Undecided, nil); err != nil {
		return err
	}
	if len(w.list.Entries) == from {
		return fmt.Errorf("%s: there is no file in this folder that could be an image", path)
	}
	return nil
}

// within reads what has at most so many bytes.
func within(r io.Reader, most int64) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, most+1))
	if err == nil && int64(len(b)) > most {
		err = fmt.Errorf("more than %d bytes", most)
	}
	return b, err
}
