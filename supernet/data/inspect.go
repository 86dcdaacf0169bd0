package data

import (
	"cmp"
	"context"
	"fmt"
	"image"
	"strings"
	"sync/atomic"

	"github.com/sourcegraph/conc/iter"
	"golang.org/x/image/draw"

	"github.com/nse-dev/nse/internal/picture"
	"github.com/nse-dev/nse/internal/text"
	"github.com/nse-dev/nse/supernet/data/listing"
)

// Inspection is what a data set has, without its pixels.
type Inspection struct {
	Classes    []string
	Images     []Inspected // in the order of their names
	Files      int         // that should be images; 0 in a set that has none
	Unreadable []Unreadable
	Left       listing.Left
	Passed     map[string][]string // as in a listing
	Notes      []string

	Height, Width int   // of what a network sees, in pixels
	Refused       error // why Open would refuse the set; nil if it would not
}

// Inspected is an image that can be read.
type Inspected struct {
	Name   string // of its file; empty where images have none
	Number int    // on its side, from 0, in a set without files
	Class  int32
	Side   string // "train", "validate" or "test"; empty if Open would refuse the set before images have sides
	Digest uint64

	entry int
}

// Unreadable is a file that should be an image.
type Unreadable struct {
	Name string `json:"name"`
	Why  string `json:"why"`
}

// View is one image while it is looked at. Its pixels are not to be kept.
type View struct {
	*picture.Picture        // without a format in a set that has no files
	File             []byte // nil in a set that has none
	Class            int32
	Digest           uint64

	size int // 0 leaves it as it is
}

// Seen is what networks see of the image: the largest central square in their size.
func (v View) Seen() *image.RGBA {
	if v.size == 0 || v.Width == v.size && v.Height == v.size {
		m := image.NewRGBA(image.Rect(0, 0, v.Width, v.Height))
		draw.Draw(m, m.Rect, v.Image, v.Image.Bounds().Min, draw.Src)
		return m
	}
	m := image.NewRGBA(image.Rect(0, 0, v.size, v.size))
	if v.File == nil {
		scale(m.Pix, v.size, 4, v.Image, draw.BiLinear)
		return m
	}
	rgb := make([]uint8, 3*v.size*v.size)
	fit(rgb, v.Image, v.size)
	for p := range v.size * v.size {
		copy(m.Pix[4*p:], rgb[3*p:][:3])
		m.Pix[4*p+3] = 255
	}
	return m
}

// looking is how assemble looks at files, and what it finds.
type looking struct {
	Inspection
	size  int // 0 for that of the set
	begin func(images int)
	see   func(i int, v View) // image i of those that begin was told of
	files bool                // whether there was a listing
}

// Inspect looks at every image that spec names, from several goroutines at a time, and keeps what look makes of them:
// facts[i] belongs to Inspection.Images[i]. Files are read, decoded and forgotten one after another, and those that
// cannot be read end nothing. The error is that of Open where nothing can be looked at.
func Inspect[T any](ctx context.Context, spec string, o Options, look func(View) T) (in *Inspection, facts []T,
	err error) {
	var all []T
	l := &looking{begin: func(images int) { all = make([]T, images) }, see: func(i int, v View) { all[i] = look(v) }}
	if in, err = l.inspect(ctx, spec, o); err != nil {
		return nil, nil, fmt.Errorf("data: %w", err)
	}
	for _, i := range in.Images {
		facts = append(facts, all[i.entry])
	}
	return in, facts, nil
}

// inspect looks at files in assemble, and at images without files here, at the size that they are stored in.
func (l *looking) inspect(ctx context.Context, spec string, o Options) (*Inspection, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	l.size, o.look = o.Size, l
	// Generated images are drawn at the size that is asked for, and packs have one.
	if name, _, _ := strings.Cut(spec, ":"); name != generated && name != "pack" {
		o.Size = 0
	}
	set, err := open(ctx, spec, o)
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case l.files:
		l.Refused = err
		return &l.Inspection, nil
	case err != nil:
		return nil, err
	}
	l.Classes, l.Left, l.Notes = set.Classes, set.Left, set.Notes
	l.Height, l.Width = cmp.Or(l.size, set.Height), cmp.Or(l.size, set.Width)
	return &l.Inspection, l.visit(ctx, set, o)
}

// sides names the sides of a set as an Index does.
var sides = [listing.Test + 1]string{listing.Train: "train", listing.Validate: "validate", listing.Test: "test"}

// visit looks at the images of a set that has no files.
func (l *looking) visit(ctx context.Context, set *Set, o Options) error {
	splits := []Split{listing.Train: set.Train, listing.Validate: set.Validate, listing.Test: set.Test}
	for side, s := range splits {
		for i, label := range s.Labels {
			image := Inspected{Number: i, Class: label, Side: sides[side], Digest: s.Digests[i], entry: len(l.Images)}
			l.Images = append(l.Images, image)
		}
	}
	l.begin(len(l.Images))
	from := 0
	for _, s := range splits {
		var done atomic.Int64
		iter.ForEachIdx(s.Labels, func(i int, label *int32) {
			if ctx.Err() != nil {
				return
			}
			m := set.image(s, i)
			h := picture.Header{Width: set.Width, Height: set.Height, Orientation: 1}
			p := &picture.Picture{Header: h, Image: m, Grey: set.Channels == 1}
			l.see(from+i, View{p, nil, *label, s.Digests[i], l.size})
			o.tell(Progress{"looking", from + int(done.Add(1)), len(l.Images)})
		})
		from += s.Len()
	}
	return ctx.Err()
}

// at looks at the picture of entry i. Without anyone who looks it does nothing, as broken does.
func (l *looking) at(i int, p *picture.Picture, file []byte, f found) {
	if l != nil {
		l.see(i, View{p, file, f.class, f.digest, l.size})
	}
}

// broken keeps the name of a file that cannot be read.
func (l *looking) broken(name string, err error) {
	if l != nil {
		l.Unreadable = append(l.Unreadable, Unreadable{text.Printable(name), pathless(err).Error()})
	}
}

// list looks at the files of a listing. The error is why Open would refuse them.
func (l *looking) list(ctx context.Context, list listing.Listing, size int, o Options) error {
	l.size = cmp.Or(l.size, size)
	l.begin(len(list.Entries))
	images, refused := examine(ctx, &list, o)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	l.Height, l.Width, l.files = l.size, l.size, true
	l.Classes, l.Left, l.Passed, l.Notes, l.Files = list.Classes, list.Left, list.Passed, list.Notes, len(list.Entries)
	undecided := decide(images, list)
	for _, f := range images {
		e := list.Entries[f.entry]
		if undecided != nil {
			f.side = e.Side
		}
		l.Images = append(l.Images, Inspected{text.Printable(e.Name), 0, f.class, sides[f.side], f.digest, f.entry})
	}
	return cmp.Or(refused, undecided)
}

// Set is the data set without its pixels.
func (in *Inspection) Set() *Set {
	set := &Set{Height: in.Height, Width: in.Width, Classes: in.Classes, Left: in.Left, Notes: in.Notes}
	for side, s := range map[string]*Split{"train": &set.Train, "validate": &set.Validate, "test": &set.Test} {
		for _, i := range in.Images {
			if i.Side == side {
				s.Labels, s.Digests = append(s.Labels, i.Class), append(s.Digests, i.Digest)
			}
		}
	}
	return set
}
