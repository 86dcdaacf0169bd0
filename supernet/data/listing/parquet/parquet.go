// Package parquet lists the images in Parquet files, as the Hugging Face hub lays out data sets of images. It reads
// what these have, and no more memory than their bytes need, whatever they say of their numbers and sizes.
package parquet

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/nse-dev/nse/supernet/data/listing"
)

// List lists the images in the files that a pattern names, in the order of listing.Shards. Images are a column of
// bytes, or the bytes of a column of bytes and path. One called image or img comes first. Labels are a column of
// numbers or text: label, labels, fine_label and the like, or else the only one that the metadata has as classes. Names
// of classes are those of the metadata. A file's Side is that of its images. A cancelled context is its error.
func List(ctx context.Context, pattern string, o listing.Options) (listing.Listing, error) {
	shards, err := listing.Shards(ctx, pattern, ".parquet")
	if err != nil {
		return listing.Listing{}, err
	}
	tables, err := readAll(ctx, shards, o)
	if err != nil {
		return listing.Listing{}, err
	}
	d := &listing.Draft{}
	for i, t := range tables {
		if t.image != tables[0].image || t.label != tables[0].label {
			return listing.Listing{}, fmt.Errorf("%s has the columns %q and %q, %s has %q and %q: want the same",
				shards[0].Path, tables[0].image, tables[0].label, shards[i].Path, t.image, t.label)
		}
		if err := t.add(d, o); err != nil {
			return listing.Listing{}, err
		}
	}
	d.Note("images are in the column %q, labels in the column %q", tables[0].image, tables[0].label)
	if unused := without(tables); len(unused) > 0 {
		const named = 20
		n, more := len(unused), ""
		if n > named {
			unused, more = unused[:named], fmt.Sprintf(" and %d others", n-named)
		}
		d.Note("%d classes of the metadata have no image: %s%s", n, strings.Join(unused, ", "), more)
	}
	l, err := d.Finish()
	if err != nil {
		return listing.Listing{}, fmt.Errorf("%s: %w", pattern, err)
	}
	return l, nil
}

// readAll reads the labels in all files, several at a time.
func readAll(ctx context.Context, shards []listing.Shard, o listing.Options) ([]*table, error) {
	tables := make([]*table, len(shards))
	var found atomic.Int64
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	for i, s := range shards {
		g.Go(func() (err error) {
			if err := ctx.Err(); err != nil {
				return err
			}
			tables[i], err = read(ctx, s, func(n int) {
				if all := found.Add(int64(n)); o.Observe != nil {
					o.Observe(int(all))
				}
			})
			return err
		})
	}
	return tables, g.Wait()
}

// without lists the classes of the metadata that no image has, in the order of the metadata.
func without(tables []*table) (names []string) {
	seen := map[string]bool{}
	for _, t := range tables {
		for _, class := range t.classes {
			seen[class] = true
		}
	}
	for _, t := range tables {
		for _, name := range t.names {
			if !seen[name] {
				names = append(names, strconv.Quote(name))
			}
			seen[name] = true
		}
	}
	return names
}

// table is what is known of a file.
type table struct {
	*file
	side         listing.Side
	image, label string // names of columns
	imageLeaf    int
	labelLeaf    int
	names        []string  // of classes by label; nil if labels are names
	labels       [][]int32 // by group and row: of classes; -1 without one
	classes      []string
	known        map[string]int32 // classes by their names
}

// read reads the metadata and the labels of a file.
func read(ctx context.Context, s listing.Shard, found func(images int)) (*table, error) {
	f, err := openFile(s.Path)
	if err != nil {
		return nil, err
	}
	t := &table{file: f, side: s.Side, known: map[string]int32{}}
	if err := t.columns(); err != nil {
		return nil, fmt.Errorf("%s: %w", s.Path, err)
	}
	r, err := os.Open(s.Path)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	rows := int64(0)
	for _, g := range f.groups {
		if most := listing.Most(f.size); g.rows > most-rows {
			return nil, fmt.Errorf("%s: more than %d rows in %d bytes: no images are so small", s.Path, most, f.size)
		}
		labels, err := t.read(ctx, r, g, rows)
		if err != nil {
			return nil, cmp.Or(ctx.Err(), fmt.Errorf("%s: %w", s.Path, err))
		}
		t.labels = append(t.labels, labels)
		rows += g.rows
		found(len(labels))
	}
	return t, nil
}

// read reads the labels of the rows of a group, which begin with a row of the file.
func (t *table) read(ctx context.Context, r io.ReaderAt, g group, first int64) (labels []int32, err error) {
	c, image := g.chunks[t.labelLeaf], g.chunks[t.imageLeaf]
	if c.count != g.rows || image.count != g.rows {
		return nil, fmt.Errorf("%d values of column %q, and %d of column %q: want %d, one for each row", c.count,
			t.label, image.count, t.image, g.rows)
	}
	// What is stored as no image can be read is known from the first one. A page that is broken is one image's fault.
	if err := image.values(r, func(value) bool { return false }); errors.Is(err, errOther) {
		return nil, fmt.Errorf("images in column %q: %w", t.image, err)
	}
	var wrong error
	err = c.values(r, func(v value) bool {
		class, is, err := t.class(v, c.kind)
		if err != nil || ctx.Err() != nil {
			wrong = fmt.Errorf("column %q, row %d: %w", t.label, first+int64(len(labels)), cmp.Or(ctx.Err(), err))
			return false
		}
		at, seen := t.known[class]
		switch {
		case !is:
			at = -1
		case !seen:
			at = int32(len(t.classes))
			t.known[class] = at
			t.classes = append(t.classes, class)
		}
		labels = append(labels, at)
		return true
	})
	if err != nil {
		err = fmt.Errorf("column %q: %w", t.label, err)
	}
	return labels, cmp.Or(wrong, err)
}

// class is the name of the class that a label stands for, if it stands for one. The hub writes -1 for images that have
// none.
func (t *table) class(v value, kind int64) (name string, is bool, err error) {
	switch {
	case v.null || t.names != nil && v.number == -1:
		return "", false, nil
	case kind == typeBinary && len(v.bytes) > 4096:
		return "", false, fmt.Errorf("a label of %d bytes", len(v.bytes))
	case kind == typeBinary:
		return string(v.bytes), true, nil
	case t.names == nil:
		return strconv.FormatInt(v.number, 10), true, nil
	case v.number < 0 || v.number >= int64(len(t.names)):
		return "", false, fmt.Errorf("the label %d: want 0..%d", v.number, len(t.names)-1)
	}
	return t.names[v.number], true, nil
}

// features is what the hub's metadata says of columns.
type features map[string]struct {
	Names []string `json:"names"`
	Type  string   `json:"_type"`
}

// features reads the metadata. Columns are without it if there is none, or none that can be read.
func (t *table) features() features {
	var about struct {
		Info struct {
			Features map[string]json.RawMessage `json:"features"`
		} `json:"info"`
	}
	_ = json.Unmarshal([]byte(t.about["huggingface"]), &about)
	list := features{}
	for name, text := range about.Info.Features {
		f := list[name]
		if json.Unmarshal(text, &f) == nil { // some are lists
			list[name] = f
		}
	}
	return list
}

// Names of columns, the best one first.
var (
	imageColumns = []string{"image", "img", "images", "picture", "photo", "jpg", "png"}
	labelColumns = []string{"label", "labels", "fine_label", "class", "cls", "category", "class_label", "class_name",
		"class_id", "label_name", "category_name", "target", "species", "y"}
)

// columns chooses the columns with images and with labels.
func (t *table) columns() error {
	var images, labels []int // leaves
	for i, l := range t.leaves {
		whole := len(l.path) == 1
		switch {
		case l.repeated:
		case l.kind == typeBinary && (whole && !l.text || len(l.path) == 2 && l.path[1] == "bytes"):
			images = append(images, i)
		case whole && (l.kind == typeBinary || l.kind == typeInt32 || l.kind == typeInt64 || l.kind == typeBool):
			labels = append(labels, i)
		}
	}
	features := t.features()
	ofType := func(kind string) func(leaf) bool {
		return func(l leaf) bool { return features[l.path[0]].Type == kind }
	}
	var is bool
	if t.imageLeaf, is = t.choose(images, imageColumns, ofType("Image")); !is {
		return fmt.Errorf("no column with images: want one called image, of bytes, or of bytes and path; have %s",
			t.have())
	}
	if t.labelLeaf, is = t.choose(labels, labelColumns, ofType("ClassLabel")); !is {
		return fmt.Errorf("no column with labels: want one called label, of numbers or text; have %s", t.have())
	}
	t.image, t.label = t.leaves[t.imageLeaf].path[0], t.leaves[t.labelLeaf].path[0]
	if f := features[t.label]; f.Type == "ClassLabel" && len(f.Names) > 0 && t.leaves[t.labelLeaf].kind != typeBinary {
		t.names = f.Names
		sorted := slices.Sorted(slices.Values(f.Names))
		if len(slices.Compact(sorted)) < len(f.Names) {
			return fmt.Errorf("column %q: two classes have the same name", t.label)
		}
	}
	return nil
}

// choose is the leaf with the best name, or else the only one that the metadata has as wanted, or else the only one.
func (t *table) choose(leaves []int, names []string, wanted func(leaf) bool) (at int, is bool) {
	for _, name := range names {
		for _, i := range leaves {
			if strings.EqualFold(t.leaves[i].path[0], name) {
				return i, true
			}
		}
	}
	var fits []int
	for _, i := range leaves {
		if wanted(t.leaves[i]) {
			fits = append(fits, i)
		}
	}
	for _, list := range [][]int{fits, leaves} {
		if len(list) == 1 {
			return list[0], true
		}
	}
	return 0, false
}

// have lists the columns.
func (t *table) have() string {
	var list []string
	for _, l := range t.leaves[:min(len(t.leaves), 20)] {
		name := strings.Join(l.path, ".")
		list = append(list, strconv.Quote(name[:min(len(name), 100)]))
	}
	return strings.Join(list, ", ")
}

// add adds the images of the file to a listing. Those of a group are a part.
func (t *table) add(d *listing.Draft, o listing.Options) error {
	labels := make([]int32, len(t.classes))
	for i, class := range t.classes {
		label, err := d.Label(class)
		if err != nil {
			return fmt.Errorf("%s: column %q: %w", t.path, t.label, err)
		}
		labels[i] = label
	}
	first := 0
	for i, g := range t.groups {
		from, rows := len(d.Entries), []int(nil)
		for row, at := range t.labels[i] {
			name := fmt.Sprintf("%s row %d", t.path, first+row)
			if at < 0 {
				d.Pass(listing.Unlabelled, name)
				continue
			}
			rows = append(rows, row)
			if err := d.Add(listing.Entry{Name: name, Class: labels[at], Side: t.side, Likely: true}); err != nil {
				return fmt.Errorf("%s: %w", t.path, err)
			}
		}
		first += len(t.labels[i])
		if c, path := g.chunks[t.imageLeaf], t.path; len(rows) > 0 {
			d.Parts = append(d.Parts, listing.Part{From: from, To: from + len(rows),
				Read: func(yield func(i int, b []byte, err error) bool) {
					readImages(path, c, rows, func(i int, b []byte, err error) bool { return yield(from+i, b, err) })
				}})
		}
	}
	return nil
}

// readImages yields the images in some rows of a chunk. What cannot be read any more is an error of each.
func readImages(path string, c chunk, rows []int, yield func(i int, b []byte, err error) bool) {
	row, next := 0, 0
	r, err := os.Open(path)
	if err == nil {
		defer r.Close()
		err = c.values(r, func(v value) bool {
			row++
			if rows[next] != row-1 {
				return true
			}
			b, err := bytes.Clone(v.bytes), error(nil)
			if v.null {
				err = errors.New("no bytes in it")
			}
			next++
			if !yield(next-1, b, err) {
				next = len(rows)
			}
			return next < len(rows)
		})
	}
	for ; err != nil && next < len(rows); next++ {
		if !yield(next, nil, err) {
			return
		}
	}
}
