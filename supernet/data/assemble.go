package data

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/sourcegraph/conc/iter"
	"github.com/sourcegraph/conc/pool"

	"github.com/nse-dev/nse/internal/picture"
	"github.com/nse-dev/nse/internal/text"
	"github.com/nse-dev/nse/supernet/data/listing"
)

// found is an image of a listing that can be read.
type found struct {
	entry  int
	class  int32
	side   listing.Side
	digest uint64
	short  int // its shorter side in pixels
}

// assemble decodes the images of a listing to size × size pixels. Their order follows from their content, so that names
// and places of files change nothing. All files that cannot be read are named in one error.
func assemble(ctx context.Context, l listing.Listing, size int, o Options) (*Set, error) {
	o.room = newRoom()
	if o.look != nil {
		return nil, o.look.list(ctx, l, size, o)
	}
	images, err := examine(ctx, &l, o)
	if err != nil {
		return nil, err
	}
	if err := decide(images, l); err != nil {
		return nil, err
	}
	slices.SortFunc(images, func(a, b found) int {
		return cmp.Or(cmp.Compare(a.side, b.side), cmp.Compare(a.class, b.class), cmp.Compare(a.digest, b.digest))
	})
	if o.Size == 0 && o.Wise != nil {
		size = o.Wise(median(images))
	}
	set := &Set{Height: size, Width: size, Channels: 3, Classes: l.Classes, Left: l.Left, Notes: l.Notes}
	all := label(l, images)
	train, rest := all.cut(count(images, listing.Train))
	set.Train = train
	set.Validate, set.Test = rest.cut(count(images, listing.Validate))
	set.drawing = decoding(l, images, size, o)
	return set, nil
}

// median is that of the shorter sides of images.
func median(images []found) int {
	sides := make([]int, len(images))
	for i, f := range images {
		sides[i] = f.short
	}
	slices.Sort(sides)
	return sides[len(sides)/2]
}

// label is the images of a listing, without their pixels.
func label(l listing.Listing, images []found) Split {
	n := len(images)
	s := Split{make([][]uint8, n), make([]int32, n), make([]uint64, n), make([]string, n)}
	for i, f := range images {
		s.Labels[i], s.Digests[i] = f.class, f.digest
		s.Names[i] = text.Printable(l.Entries[f.entry].Name)
	}
	return s
}

// count is the number of images on a side.
func count(images []found, side listing.Side) (n int) {
	for _, f := range images {
		if f.side == side {
			n++
		}
	}
	return n
}

// examine reads all files once, and finds those that are images: these, and why they are not all if they should be.
func examine(ctx context.Context, l *listing.Listing, o Options) (images []found, err error) {
	images = make([]found, len(l.Entries))
	errs := make([]error, len(l.Entries))
	no := make([]bool, len(l.Entries))
	err = o.each(ctx, "reading", *l, func(i int, b []byte, err error) {
		e := l.Entries[i]
		images[i] = found{entry: i, class: e.Class, side: e.Side, digest: digest(b)}
		if no[i] = err == nil && !e.Likely && !isImage(b); no[i] {
			return
		}
		if err == nil {
			images[i].short, err = check(b)
		}
		if err == nil && (o.SkipUnreadable || o.look != nil) { // what is broken is to be known before images have sides
			err = o.picture(b, func(p *picture.Picture) { o.look.at(i, p, b, images[i]) })
		}
		errs[i] = err
	})
	if err != nil {
		return nil, err
	}
	kept := images[:0]
	for i, f := range images {
		switch {
		case no[i]:
			l.Pass(listing.NoImage, l.Entries[i].Name)
		case errs[i] == nil:
			kept = append(kept, f)
		}
	}
	return kept, o.unreadable(l, errs)
}

// unreadable names the files that cannot be read, or counts them if they are to be left out.
func (o Options) unreadable(l *listing.Listing, errs []error) error {
	const named = 20
	var list []string
	for i, err := range errs {
		if err != nil {
			list = append(list, fmt.Sprintf("%s: %v", where(*l, l.Entries[i]), pathless(err)))
			o.look.broken(l.Entries[i].Name, err)
			if o.SkipUnreadable {
				l.Pass(listing.Unreadable, l.Entries[i].Name)
			}
		}
	}
	n := len(list)
	switch {
	case n == 0 || o.SkipUnreadable:
		return nil
	case n == 1:
		return errors.New(list[0])
	case n > named:
		list = append(list[:named], fmt.Sprintf("and %d others", n-named))
	}
	return fmt.Errorf("%d of %d files cannot be read as images, --skip-unreadable goes on without them: %s", n,
		len(errs), strings.Join(list, "; "))
}

// where is where an image is, with the row that names it.
func where(l listing.Listing, e listing.Entry) string {
	name := text.Printable(e.Name)
	if e.Line > 0 {
		name = fmt.Sprintf("%s:%d: %s", text.Printable(l.File), e.Line, name)
	}
	return name
}

// decide puts images that are trained on or tested on a side. Copies of an image are on the same one.
func decide(images []found, l listing.Listing) error {
	sized := make([]int, len(l.Classes))
	for _, f := range images {
		sized[f.class]++
	}
	if c := slices.Index(sized, 0); c >= 0 {
		return fmt.Errorf("empty class: there is no image of %q", l.Classes[c])
	}
	if err := whole(images, l); err != nil {
		return err
	}
	test := listing.Test
	if count(images, test) > 0 {
		return nil
	}
	var open []int
	var labels []int32
	var digests []uint64
	for i, f := range images {
		if f.side == listing.Undecided || f.side == listing.Train {
			open, labels, digests = append(open, i), append(labels, f.class), append(digests, f.digest)
		}
	}
	tested, err := fifth(labels, digests, l.Classes)
	for j, i := range open {
		images[i].side = listing.Train
		if err == nil && tested[j] {
			images[i].side = test
		}
	}
	return err
}

// whole refuses parts of a data set of which a class, or all, has no image.
func whole(images []found, l listing.Listing) error {
	var there [listing.Test + 1]bool
	for _, e := range l.Entries {
		there[e.Side] = true
	}
	has := make([][listing.Test + 1]bool, len(l.Classes))
	for _, f := range images {
		has[f.class][f.side] = true
	}
	for i, name := range []string{"train", "val", "test"} {
		side := listing.Train + listing.Side(i)
		for c, class := range l.Classes {
			if there[side] && !has[c][side] {
				return fmt.Errorf("empty class: %s has no image of %q", name, class)
			}
		}
	}
	return nil
}

// decoding draws the images of a listing, as RGB. The parts of the listing are read in the order of their first images.
func decoding(l listing.Listing, images []found, size int, o Options) *drawing {
	of := make([]int, len(l.Entries)) // images of entries
	for i := range of {
		of[i] = -1
	}
	for i, f := range images {
		of[f.entry] = i
	}
	first := func(p listing.Part) int {
		least := len(images)
		for _, i := range of[p.From:p.To] {
			if i >= 0 {
				least = min(least, i)
			}
		}
		return least
	}
	slices.SortStableFunc(l.Parts, func(a, b listing.Part) int { return cmp.Compare(first(a), first(b)) })
	d := &drawing{background: Colour(o.background())}
	for _, p := range l.Parts {
		for _, i := range of[p.From:p.To] {
			if i >= 0 {
				d.order = append(d.order, i)
			}
		}
	}
	d.each = func(ctx context.Context, has func(i int) bool, put func(i int, draw stroke) error) error {
		missing, errs := l, make([]error, len(l.Entries))
		missing.Parts = slices.DeleteFunc(slices.Clone(l.Parts), func(p listing.Part) bool {
			return !slices.ContainsFunc(of[p.From:p.To], func(i int) bool { return i >= 0 && !has(i) })
		})
		err := o.each(ctx, "decoding", missing, func(entry int, b []byte, err error) {
			i := of[entry]
			if i < 0 || has(i) {
				return
			}
			if err == nil && digest(b) != images[i].digest {
				err = errors.New("changed while it was read")
			}
			if err == nil {
				err = put(i, func(dst []uint8) (bool, error) { return decode(dst, b, size, o) })
			}
			errs[entry] = err
		})
		return cmp.Or(err, Options{}.unreadable(&l, errs))
	}
	return d
}

// each calls do with the bytes of every entry of a listing, on all cores. A cancelled context is its error.
func (o Options) each(ctx context.Context, stage string, l listing.Listing, do func(i int, b []byte, err error)) error {
	var done atomic.Int64
	total := 0
	for _, part := range l.Parts {
		total += part.To - part.From
	}
	p := pool.New().WithContext(ctx).WithMaxGoroutines(runtime.GOMAXPROCS(0)).WithCancelOnError().WithFirstError()
	for _, part := range l.Parts {
		if ctx.Err() != nil {
			break
		}
		p.Go(func(ctx context.Context) error {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			part.Read(func(i int, b []byte, err error) bool {
				if ctx.Err() != nil {
					return false
				}
				do(i, b, err)
				o.tell(Progress{stage, int(done.Add(1)), total})
				return true
			})
			return ctx.Err()
		})
	}
	return cmp.Or(p.Wait(), ctx.Err())
}

// digest tells contents apart: the first eight bytes of their SHA-256.
func digest(b []byte) uint64 {
	sum := sha256.Sum256(b)
	return binary.BigEndian.Uint64(sum[:])
}

// digests are those of the pixels of images.
func digests(images [][]uint8) []uint64 {
	list := make([]uint64, len(images))
	iter.ForEachIdx(list, func(i int, d *uint64) { *d = digest(images[i]) })
	return list
}

// pathless is an error without the path that it begins with.
func pathless(err error) error {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		return p.Err
	}
	return err
}
