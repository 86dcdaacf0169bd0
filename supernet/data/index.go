package data

import (
	"bufio"
	"bytes"
	"cmp"
	"compress/gzip"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Fingerprint tells image sets apart: by their images and labels, whatever their order and their names. The zero value
// is that of a set of which nothing is known.
type Fingerprint struct {
	Train    Sum `json:"train"`
	Validate Sum `json:"validate,omitzero"`
	Test     Sum `json:"test"`
}

// Sum is the fingerprint of one side of a set.
type Sum struct {
	Images int    `json:"images"`
	SHA256 string `json:"sha256"` // of the sorted images with their classes
}

// Index lists the images of a set: what a run or a model remembers of them. Rows are sorted.
type Index struct {
	Rows []Row
}

// Row is an image.
type Row struct {
	Side   string // "train", "validate" or "test"
	Class  string // its name
	Digest uint64 // of what is stored of it
	Name   string // of its file; empty where images have none
}

// compare orders rows as in an Index.
func (r Row) compare(o Row) int {
	return cmp.Or(cmp.Compare(r.Side, o.Side), cmp.Compare(r.Class, o.Class), cmp.Compare(r.Digest, o.Digest),
		cmp.Compare(r.Name, o.Name))
}

// Index lists the images of the set.
func (set *Set) Index() (x Index) {
	for _, side := range []struct {
		name string
		Split
	}{{"train", set.Train}, {"validate", set.Validate}, {"test", set.Test}} {
		for i, label := range side.Labels {
			row := Row{Side: side.name, Class: set.Classes[label], Digest: side.Digests[i]}
			if side.Names != nil {
				row.Name = side.Names[i]
			}
			x.Rows = append(x.Rows, row)
		}
	}
	slices.SortFunc(x.Rows, Row.compare)
	return x
}

// Fingerprint is that of the images in the index.
func (x Index) Fingerprint() (f Fingerprint) {
	sum := func(side string) (s Sum) {
		h := sha256.New()
		for _, r := range x.Rows {
			if r.Side == side {
				s.Images++
				_ = binary.Write(h, binary.BigEndian, r.Digest)
				h.Write(append([]byte(r.Class), 0))
			}
		}
		if s.Images > 0 {
			s.SHA256 = hex.EncodeToString(h.Sum(nil))
		}
		return s
	}
	return Fingerprint{sum("train"), sum("validate"), sum("test")}
}

// head is the first line of an encoded index.
const head = "side\tclass\timage\tfile\n"

// maxIndex bounds the text of an index in bytes: some ten million images.
const maxIndex = 1 << 30

// Encode is the text of the index, compressed by gzip: a line for each image, with the names of its side, its class,
// its digest and its file. Equal indexes have equal bytes.
func (x Index) Encode() ([]byte, error) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := bufio.NewWriter(z)
	_, _ = w.WriteString(head)
	for _, r := range x.Rows {
		fmt.Fprintf(w, "%s\t%s\t%016x\t%s\n", r.Side, r.Class, r.Digest, strconv.QuoteToGraphic(r.Name))
	}
	err := errors.Join(w.Flush(), z.Close())
	return b.Bytes(), err
}

// DecodeIndex reads what Encode has written.
func DecodeIndex(b []byte) (x Index, err error) {
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return x, err
	}
	text, err := io.ReadAll(io.LimitReader(z, maxIndex+1))
	if err != nil {
		return x, err
	}
	if len(text) > maxIndex {
		return x, fmt.Errorf("a list of images of more than %d bytes", maxIndex)
	}
	rows, is := strings.CutPrefix(string(text), head)
	if !is {
		return x, fmt.Errorf("no list of images: want the first line %q", head)
	}
	n := 1
	for line := range strings.Lines(rows) {
		n++
		fields := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(fields) != 4 {
			return x, fmt.Errorf("line %d: %d fields: want 4", n, len(fields))
		}
		r := Row{Side: fields[0], Class: fields[1]}
		var errs [2]error
		r.Digest, errs[0] = strconv.ParseUint(fields[2], 16, 64)
		r.Name, errs[1] = strconv.Unquote(fields[3])
		if err := errors.Join(errs[:]...); err != nil {
			return x, fmt.Errorf("line %d: %w", n, err)
		}
		x.Rows = append(x.Rows, r)
	}
	return x, nil
}

// Differences says in one line how an index differs from what it was: by side and class, with the names of some files.
// It is empty if the images and their labels are the same.
func (x Index) Differences(was Index) string {
	const named = 5
	type place struct{ side, class string }
	gone, come := map[place]int{}, map[place]int{}
	var names []string
	count := func(rows, others []Row, in map[place]int) {
		left := map[Row]int{}
		for _, r := range others {
			r.Name = ""
			left[r]++
		}
		for _, r := range rows {
			bare := r
			bare.Name = ""
			if left[bare]--; left[bare] < 0 {
				in[place{r.Side, r.Class}]++
				if r.Name != "" {
					names = append(names, r.Name)
				}
			}
		}
	}
	count(x.Rows, was.Rows, come)
	count(was.Rows, x.Rows, gone)
	places := maps.Clone(come)
	maps.Copy(places, gone)
	var list []string
	for _, p := range slices.SortedFunc(maps.Keys(places), func(a, b place) int {
		return cmp.Or(cmp.Compare(a.side, b.side), cmp.Compare(a.class, b.class))
	}) {
		var changes []string
		if n := gone[p]; n > 0 {
			changes = append(changes, fmt.Sprintf("%d gone", n))
		}
		if n := come[p]; n > 0 {
			changes = append(changes, fmt.Sprintf("%d new", n))
		}
		list = append(list, fmt.Sprintf("%s %s: %s", p.side, p.class, strings.Join(changes, ", ")))
	}
	if len(list) > named {
		list = append(list[:named], fmt.Sprintf("and %d other classes", len(list)-named))
	}
	text := strings.Join(list, "; ")
	if len(names) > 0 {
		text += " (" + strings.Join(names[:min(len(names), named)], ", ")
		if len(names) > named {
			text += " and others"
		}
		text += ")"
	}
	return text
}
