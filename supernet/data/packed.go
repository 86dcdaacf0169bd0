package data

import (
	"context"
	"fmt"
	"image/color"
	"path/filepath"
	"strings"
	"sync"

	"github.com/nse-dev/nse/internal/file"
	"github.com/nse-dev/nse/internal/text"
	"github.com/nse-dev/nse/supernet/data/listing"
	"github.com/nse-dev/nse/supernet/data/pack"
)

// Pack writes the set that spec names to a folder, which Open opens as pack:DIR with the same images, to the bit. The
// folder is new, empty, or a pack of the same images: whole shards are kept. Pixels are never all in memory, except
// those of generated images. A cancelled context is its error.
func Pack(ctx context.Context, spec, dir string, o Options) (*Set, error) {
	if strings.HasPrefix(spec, "pack:") {
		return nil, fmt.Errorf("data: %s is packed already", spec)
	}
	if err := pack.Free(dir); err != nil {
		return nil, fmt.Errorf("data: %w", err)
	}
	o.pack = dir
	return Open(ctx, spec, o)
}

// packWants is what a pack is.
const packWants = "a folder that nse data pack has written"

// openPack maps a pack.
func openPack(ctx context.Context, dir string, o Options) (*Set, error) {
	if err := checkDir("pack", dir, packWants); err != nil {
		return nil, err
	}
	p, err := pack.Open(ctx, dir)
	if err != nil {
		return nil, fmt.Errorf("pack: %w", err)
	}
	switch {
	case o.Size != 0 && (p.Height != o.Size || p.Width != o.Size):
		return nil, fmt.Errorf("pack: %s has images of %d×%d, not of %d×%d: leave the size out, or pack %s again with "+
			"--size %d", text.Printable(dir), p.Height, p.Width, o.Size, o.Size, text.Printable(p.Spec), o.Size)
	case o.Background != color.RGBA{} && p.Background != "" && p.Background != Colour(o.Background):
		return nil, fmt.Errorf("pack: %s shows %s through transparent pixels, not %[3]s: pack %[4]s again with "+
			"--background %[3]s", text.Printable(dir), p.Background, Colour(o.Background), text.Printable(p.Spec))
	}
	if p.Background != "" {
		if o.Background, err = ParseColour(p.Background); err != nil {
			return nil, fmt.Errorf("pack: %s: background: %w", text.Printable(dir), err)
		}
	}
	set := &Set{Source: p.Spec, Height: p.Height, Width: p.Width, Channels: p.Channels, Classes: p.Classes,
		Left: listing.Left(p.Left), Notes: p.Notes, Normalization: Normalization{p.Mean, p.Std},
		Background: o.background(), mapped: true}
	for to, s := range map[*Split]pack.Side{&set.Train: p.Train, &set.Validate: p.Validate, &set.Test: p.Test} {
		*to = Split{p.Images(s), s.Labels, s.Digests, s.Names}
	}
	return set, nil
}

// cached has the images of a set in a pack in the user's cache folder. One that is there already is used.
func (o Options) cached(ctx context.Context, set *Set, d *drawing, bytes int64) error {
	cache, _, err := file.Cache()
	if err != nil {
		return fmt.Errorf("no memory for %s of images, and no folder to pack them: %w", pack.Bytes(bytes), err)
	}
	key := d.key(set)
	dir := filepath.Join(cache, "packs", key[:16])
	if p, err := pack.Open(ctx, dir); err == nil && p.Key == key {
		set.use(p)
	} else if err := o.packed(ctx, set, d, dir); err != nil {
		return fmt.Errorf("%s of images are packed, as memory is short: %w", pack.Bytes(bytes), err)
	}
	set.Notes = append(set.Notes, fmt.Sprintf("%s of images are more than a third of the free memory, and are mapped "+
		"from %s: when nothing uses them, rm -r %s frees the space", pack.Bytes(bytes), text.Printable(dir),
		text.Shell(dir)))
	return nil
}

// use gives a set the images of a pack with its key.
func (set *Set) use(p *pack.Pack) {
	set.Channels, set.Normalization, set.mapped = p.Channels, Normalization{p.Mean, p.Std}, true
	set.Train.Images, set.Validate.Images, set.Test.Images = p.Images(p.Train), p.Images(p.Validate), p.Images(p.Test)
}

// packed draws the images of a set into the pack in dir, and maps it.
func (o Options) packed(ctx context.Context, set *Set, d *drawing, dir string) error {
	all := set.All()
	order := d.places(all.Len())
	plan := pack.Plan{Key: d.key(set), Images: all.Len(), Height: set.Height, Width: set.Width, Channels: set.Channels,
		Counts: func(place int) bool { return order[place] < set.Train.Len() }, Shard: o.shard}
	w, err := pack.Create(ctx, dir, plan)
	if err != nil {
		return err
	}
	defer w.Close()
	places := make([]int32, len(order))
	for place, i := range order {
		places[i] = int32(place)
	}
	if err := d.into(ctx, w, places, set.each()); err != nil {
		return err
	}
	if set.Channels, err = w.Compact(ctx); err != nil {
		return err
	}
	n := normalize(w.Histogram())
	x := pack.Index{Spec: set.Name, Background: d.background, Classes: set.Classes, Mean: n.Mean, Std: n.Std,
		Left: set.Left, Notes: set.Notes}
	for _, side := range []struct {
		*pack.Side
		Split
	}{{&x.Train, set.Train}, {&x.Validate, set.Validate}, {&x.Test, set.Test}} {
		s := side.Split
		*side.Side = pack.Side{Places: places[:s.Len()], Labels: s.Labels, Digests: s.Digests, Names: s.Names}
		places = places[s.Len():]
	}
	if err := w.Finish(x); err != nil {
		return err
	}
	p, err := pack.Open(ctx, dir)
	if err == nil {
		set.use(p)
	}
	return err
}

// into draws what a pack lacks. The first write that fails ends it. Of images that cannot be drawn, all are found.
func (d *drawing) into(ctx context.Context, w *pack.Writer, places []int32, each int) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	buffers := sync.Pool{New: func() any { return new(make([]uint8, each)) }}
	has := func(i int) bool { return w.Has(int(places[i])) }
	err := d.each(ctx, has, func(i int, draw stroke) error {
		b := buffers.Get().(*[]uint8)
		defer buffers.Put(b)
		grey, err := draw(*b)
		if err != nil {
			return err
		}
		if err := w.Put(int(places[i]), *b, grey); err != nil {
			stop(err)
		}
		return ctx.Err()
	})
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}
