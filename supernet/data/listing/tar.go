package listing

import (
	"archive/tar"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"

	"golang.org/x/sync/errgroup"
)

const (
	maxName = 4096    // bytes of the name of a member, and of a label
	maxJSON = 1 << 20 // bytes of a member with a label as JSON
	inPart  = 32      // images of a part of a shard that is not compressed
)

// Tar lists the images in the shards that a pattern names, in the order of Shards. Samples are as WebDataset has them:
// members with the same name up to the first dot behind the last slash. The label is in the member .cls, or under the
// key label, cls or class in the member .json. Where no shard has such members, an image is of the class whose folder
// it is in, as in Folder. A shard's Side is that of its samples. Nothing is extracted, and links and devices are passed
// over. Shards may be compressed by gzip. A cancelled context is its error.
func Tar(ctx context.Context, pattern string, o Options) (Listing, error) {
	shards, err := Shards(ctx, pattern, ".tar", ".tar.gz", ".tgz")
	if err != nil {
		return Listing{}, err
	}
	indexes, err := indexAll(ctx, shards, o)
	if err != nil {
		return Listing{}, err
	}
	var l Listing
	d := &Draft{}
	for _, x := range indexes {
		d.merge(x.passed)
	}
	if slices.ContainsFunc(indexes, func(x *index) bool { return x.labelled }) {
		err = samples(d, indexes)
	} else {
		err = folders(d, indexes)
	}
	if err == nil {
		l, err = d.Finish()
	}
	if err != nil {
		return Listing{}, fmt.Errorf("%s: %w", pattern, err)
	}
	for _, x := range indexes {
		l.Parts = append(l.Parts, x.parts(o)...)
	}
	return l, nil
}

// indexAll reads the names and the labels in all shards, several at a time.
func indexAll(ctx context.Context, shards []Shard, o Options) ([]*index, error) {
	list := make([]*index, len(shards))
	var found atomic.Int64
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	for i, s := range shards {
		x := &index{Shard: s, samples: map[string]*sample{}, found: func() { o.tell(int(found.Add(1))) }}
		list[i] = x
		g.Go(func() error { return cmp.Or(ctx.Err(), x.read(ctx)) })
	}
	return list, g.Wait()
}

// member is a file in a shard.
type member struct {
	name   string
	offset int64 // of its first byte, in what is not compressed
	size   int64
}

// sample is what has the same name but for the ending.
type sample struct {
	images []member
	labels []label
	broken error // of a member that should have a label
}

// label is a label and where it is from: the member .cls, or a key of .json.
type label struct{ from, text string }

// index is what a shard has in it.
type index struct {
	Shard
	gzip     bool
	samples  map[string]*sample // by their names, while the shard is read
	order    []*sample          // those with images, by the first one
	labelled bool               // some member has a label
	passed   Listing
	found    func() // is told of each image

	from   int      // the first entry of the listing
	images []member // as the entries are
}

// read reads the names and the labels of a shard.
func (x *index) read(ctx context.Context) error {
	f, err := os.Open(x.Path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	s, err := newStream(ctx, f)
	if err != nil {
		return fmt.Errorf("%s: %w", x.Path, err)
	}
	x.gzip = s.zip != nil
	r, last := tar.NewReader(s.reader()), ""
	most := Most(info.Size())
	for n := int64(0); ; n++ {
		h, err := r.Next()
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err == io.EOF && n > 0:
			x.end()
			return nil
		case err == io.EOF:
			return fmt.Errorf("%s: nothing in it: want a tar archive", x.Path)
		case errors.Is(err, tar.ErrHeader) && n == 0:
			return fmt.Errorf("%s: not a tar archive", x.Path)
		case err != nil:
			return x.broken(s, last, err)
		case n == most:
			return fmt.Errorf("%s: more than %d members in %d bytes: no images are so small", x.Path, most, info.Size())
		case len(h.Name) > maxName:
			return fmt.Errorf("%s: a name of %d bytes: want at most %d", x.Path, len(h.Name), maxName)
		}
		last = h.Name
		if err := x.add(h, s.at(), r); err != nil {
			return x.broken(s, last, err)
		}
	}
}

// broken says where a shard cannot be read on: in the last member whose head was read, or behind it.
func (x *index) broken(s *stream, last string, err error) error {
	if last == "" {
		return fmt.Errorf("%s: not a tar archive, or cut off at byte %d: %w", x.Path, s.end(), early(err))
	}
	return fmt.Errorf("%s: cut off or broken at byte %d, from %q on: %w", x.Path, s.end(), brief(last), early(err))
}

// end counts labels without an image, and forgets the names of samples.
func (x *index) end() {
	for _, name := range slices.Sorted(maps.Keys(x.samples)) {
		if s := x.samples[name]; len(s.images) == 0 && len(s.labels) > 0 {
			x.pass(Orphan, name)
		}
	}
	x.samples = nil
}

// early is the error of what ends too early.
func early(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) || err == io.EOF {
		return errors.New("the file ends")
	}
	return err
}

// add adds a member, whose first byte is at an offset. It fails if the shard cannot be read.
func (x *index) add(h *tar.Header, offset int64, r io.Reader) error {
	name := strings.TrimPrefix(path.Clean("/"+strings.ReplaceAll(h.Name, `\`, "/")), "/")
	dir, base := path.Split(name)
	stem, _, _ := strings.Cut(base, ".")
	ending := strings.ToLower(base[len(stem):])
	switch {
	case h.Typeflag == tar.TypeDir || h.Typeflag == tar.TypeXGlobalHeader:
	case slices.ContainsFunc(strings.Split(name, "/"), hidden):
		x.pass(Hidden, name)
	case h.Typeflag != tar.TypeReg || h.PAXRecords["GNU.sparse.major"] != "" || h.PAXRecords["GNU.sparse.map"] != "":
		x.pass(NotRegular, name)
	case slices.Contains(endings, path.Ext(ending)):
		s := x.sample(dir + stem)
		if len(s.images) == 0 {
			x.order = append(x.order, s)
		}
		s.images = append(s.images, member{name, offset, h.Size})
		x.found()
	case ending == fromCls:
		return x.label(x.sample(dir+stem), name, maxName, r, parseCls)
	case ending == ".json":
		return x.label(x.sample(dir+stem), name, maxJSON, r, parseJSON)
	default:
		x.pass(NoImage, name)
	}
	return nil
}

func (x *index) pass(reason, name string) { x.passed.Pass(reason, x.Path+"/"+name) }

func (x *index) sample(key string) *sample {
	s := x.samples[key]
	if s == nil {
		s = &sample{}
		x.samples[key] = s
	}
	return s
}

// label reads a member with a label. What is wrong with it matters only if the sample has an image.
func (x *index) label(s *sample, name string, most int64, r io.Reader, parse func(b []byte) ([]label, error)) error {
	b, err := io.ReadAll(io.LimitReader(r, most+1))
	if err != nil {
		return err
	}
	var found []label
	if err = fmt.Errorf("more than %d bytes", most); int64(len(b)) <= most {
		found, err = parse(b)
	}
	if err != nil {
		s.broken = cmp.Or(s.broken, fmt.Errorf("%s/%s: %w", x.Path, name, err))
	}
	if len(found) == 0 {
		x.pass(NoImage, name)
		return nil
	}
	x.labelled = true
	s.labels = append(s.labels, found...)
	return nil
}

// fromCls is where most labels of WebDataset are from.
const fromCls = ".cls"

func parseCls(b []byte) ([]label, error) {
	text := strings.TrimSpace(string(b))
	if text == "" {
		return nil, errors.New("empty, not a label")
	}
	return []label{{fromCls, text}}, nil
}

// parseJSON finds the label under its keys. JSON without them has none.
func parseJSON(b []byte) (found []label, err error) {
	if err := json.Unmarshal(b, new(json.RawMessage)); err != nil {
		return nil, err
	}
	keys, values, _, _ := members(b)
	for _, key := range []string{"label", "cls", "class"} {
		i := slices.Index(keys, key)
		if i < 0 || string(values[i]) == "null" {
			continue
		}
		text, is := word(values[i])
		if !is || len(text) > maxName {
			return nil, fmt.Errorf("the %s %s: want text or a number", key, brief(string(values[i])))
		}
		found = append(found, label{fmt.Sprintf("key %q of .json", key), text})
	}
	return found, nil
}
