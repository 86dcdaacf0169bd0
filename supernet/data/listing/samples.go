package listing

import (
	"bufio"
	"cmp"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
)

// samples adds the samples of shards with their labels, which are all from one place.
func samples(d *Draft, indexes []*index) error {
	froms := map[string]string{} // the first sample with a label from there
	for _, x := range indexes {
		var list []member
		labels := map[int64]string{} // by the offset of the image
		for _, s := range x.order {
			m, l, err := s.choose(d, x)
			if err != nil {
				return err
			}
			if l.text != "" {
				list = append(list, m)
				labels[m.offset] = l.text
				if froms[l.from] == "" {
					froms[l.from] = x.Path + "/" + m.name
				}
			}
		}
		slices.SortFunc(list, func(a, b member) int { return cmp.Compare(a.offset, b.offset) })
		x.from = len(d.Entries)
		for _, m := range list {
			if err := x.entry(d, m, labels[m.offset], x.Side); err != nil {
				return err
			}
		}
	}
	from := slices.Sorted(maps.Keys(froms))
	if len(from) > 1 {
		return fmt.Errorf("the label of %s is in its %s, and that of %s in its %s: want one place", froms[from[0]],
			from[0], froms[from[1]], from[1])
	}
	if len(from) > 0 {
		d.Note("labels are in the %s of each sample", from[0])
	}
	return nil
}

// choose is the image of a sample and its label, which is empty if there is none. The image is the one with nothing but
// its ending behind the name, if there are several.
func (s *sample) choose(d *Draft, x *index) (m member, l label, err error) {
	if s.broken != nil {
		return m, l, s.broken
	}
	if len(s.labels) == 0 {
		for _, m := range s.images {
			d.Pass(Unlabelled, x.Path+"/"+m.name)
		}
		return m, l, nil
	}
	l = s.labels[0]
	for _, other := range s.labels {
		if other.from == fromCls {
			l = other
		}
	}
	plain := slices.Clone(s.images)
	if len(plain) > 1 {
		plain = slices.DeleteFunc(plain, func(m member) bool { return strings.Count(path.Base(m.name), ".") > 1 })
	}
	if len(plain) != 1 {
		return m, l, fmt.Errorf("%s: a sample has the images %s and %s: want one", x.Path, s.images[0].name,
			s.images[1].name)
	}
	for _, m := range s.images {
		if m != plain[0] {
			d.Pass(Extra, x.Path+"/"+m.name)
		}
	}
	return plain[0], l, nil
}

// folders adds the images of shards by the folders that they are in. Folders that all images are in do not count. Those
// above the classes are parts of the data set if they have the names of parts, train among them.
func folders(d *Draft, indexes []*index) error {
	above := above(indexes)
	parted := hasParts(indexes, above)
	for _, x := range indexes {
		x.from = len(d.Entries)
		var list []member
		for _, s := range x.order {
			list = append(list, s.images...)
		}
		slices.SortFunc(list, func(a, b member) int { return cmp.Compare(a.offset, b.offset) })
		for _, m := range list {
			dirs, side := m.dirs(), x.Side
			dirs = dirs[min(above, len(dirs)):]
			if parted && len(dirs) > 0 {
				side, _ = sideOf(dirs[0])
				dirs = dirs[1:]
			}
			if len(dirs) == 0 {
				d.Pass(Beside, x.Path+"/"+m.name)
			} else if err := x.entry(d, m, dirs[0], side); err != nil {
				return err
			}
		}
	}
	if len(d.Entries) == 0 {
		return errors.New("no .cls, no .json with a label and no folders of classes: want one of them")
	}
	d.Note("classes are the folders in the archives")
	return nil
}

// dirs are the folders that a member is in.
func (m member) dirs() []string {
	dir := path.Dir(m.name)
	if dir == "." {
		return nil
	}
	return strings.Split(dir, "/")
}

// above is how many folders all images are in, but for those that are beside them.
func above(indexes []*index) int {
	var deepest []string
	for m := range images(indexes) {
		if dirs := m.dirs(); len(dirs) > len(deepest) {
			deepest = dirs
		}
	}
	n := len(deepest)
	for m := range images(indexes) {
		dirs := m.dirs()
		same := 0
		for same < len(dirs) && dirs[same] == deepest[same] {
			same++
		}
		if same < len(dirs) {
			n = min(n, same)
		}
	}
	return n
}

// images are those of all samples.
func images(indexes []*index) iter.Seq[member] {
	return func(yield func(member) bool) {
		for _, x := range indexes {
			for _, s := range x.order {
				for _, m := range s.images {
					if !yield(m) {
						return
					}
				}
			}
		}
	}
}

// hasParts reports whether the folders below some that do not count are train and other parts of a data set.
func hasParts(indexes []*index, above int) bool {
	var train bool
	for m := range images(indexes) {
		dirs := m.dirs()
		if len(dirs) <= above {
			continue
		}
		side, is := sideOf(dirs[above])
		if !is {
			return false
		}
		train = train || side == Train
	}
	return train
}

// entry adds an image of the shard to the listing.
func (x *index) entry(d *Draft, m member, class string, side Side) error {
	name := x.Path + "/" + m.name
	label, err := d.Label(class)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	x.images = append(x.images, m)
	return d.Add(Entry{Name: name, Class: label, Side: side, Likely: true})
}

// parts are the parts of a shard: all of one that is compressed, and some images of another.
func (x *index) parts(o Options) (parts []Part) {
	most := inPart
	if x.gzip {
		most = max(1, len(x.images))
	}
	from := x.from
	for images := range slices.Chunk(x.images, most) {
		at := from
		parts = append(parts, Part{at, at + len(images), func(yield func(int, []byte, error) bool) {
			readMembers(x.Path, images, o, func(i int, b []byte, err error) bool { return yield(at+i, b, err) })
		}})
		from += len(images)
	}
	return parts
}

// readMembers yields members of a shard, which are in the order of their offsets.
func readMembers(shard string, members []member, o Options, yield func(i int, b []byte, err error) bool) {
	f, err := os.Open(shard)
	var s *stream
	if err == nil {
		defer f.Close()
		s, err = newStream(context.Background(), f)
	}
	for i, m := range members {
		var b []byte
		err := err
		if err == nil {
			err = s.skip(m.offset)
		}
		if err == nil {
			b, err = o.image(io.LimitReader(s.reader(), m.size), m.size, true)
		}
		if !yield(i, b, err) {
			return
		}
	}
}

// stream is a shard that is being read.
type stream struct {
	ctx  context.Context
	file *os.File
	zip  *gzip.Reader // nil if the file is not compressed
	read int64        // of zip
}

// newStream is f from its beginning. It is compressed if it begins so.
func newStream(ctx context.Context, f *os.File) (*stream, error) {
	s := &stream{ctx: ctx, file: f}
	head := make([]byte, 2)
	if _, err := f.ReadAt(head, 0); err != nil || string(head) != "\x1f\x8b" {
		return s, nil
	}
	z, err := gzip.NewReader(bufio.NewReaderSize(f, 1<<16))
	s.zip = z
	return s, err
}

// reader reads what is not compressed any more. It can seek in a file that never was.
func (s *stream) reader() io.Reader {
	if s.zip == nil {
		return s.file
	}
	return s
}

// Read reads from what is compressed. It ends when the context does.
func (s *stream) Read(b []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := s.zip.Read(b)
	s.read += int64(n)
	return n, err
}

// at is where the stream is.
func (s *stream) at() int64 {
	if s.zip != nil {
		return s.read
	}
	at, _ := s.file.Seek(0, io.SeekCurrent)
	return at
}

// end is where the stream ended, if that is not behind the end of the file.
func (s *stream) end() int64 {
	at := s.at()
	if info, err := s.file.Stat(); err == nil && s.zip == nil {
		at = min(at, info.Size())
	}
	return at
}

// skip goes on to an offset that is not behind where the stream is.
func (s *stream) skip(offset int64) error {
	if s.zip == nil {
		_, err := s.file.Seek(offset, io.SeekStart)
		return err
	}
	_, err := io.CopyN(io.Discard, s, offset-s.read)
	return early(err)
}
