package data

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"runtime"
	"sync/atomic"

	"github.com/sourcegraph/conc/pool"

	"github.com/nse-dev/nse/internal/memory"
)

// drawing makes the pixels of a set's images. Images are numbered as in All.
type drawing struct {
	background string // what is seen through transparent pixels; empty where images have none
	order      []int  // the order in which the images come; nil if it is their own
	// each calls put for all images that has does not have, in about that order, from several goroutines.
	each func(ctx context.Context, has func(i int) bool, put func(i int, draw stroke) error) error
}

// stroke writes an image to dst [Height, Width, Channels], and reports whether it is grey with three channels.
type stroke func(dst []uint8) (grey bool, err error)

// copying draws images of the set with a function that cannot fail.
func (set *Set) copying(draw func(dst []uint8, i int)) *drawing {
	n := set.Train.Len() + set.Validate.Len() + set.Test.Len()
	return &drawing{each: func(ctx context.Context, has func(i int) bool, put func(i int, draw stroke) error) error {
		p := pool.New().WithContext(ctx).WithMaxGoroutines(runtime.GOMAXPROCS(0)).WithCancelOnError().WithFirstError()
		for i := 0; i < n && ctx.Err() == nil; i++ {
			if !has(i) {
				p.Go(func(ctx context.Context) error {
					return put(i, func(dst []uint8) (bool, error) {
						draw(dst, i)
						return false, nil
					})
				})
			}
		}
		return cmp.Or(p.Wait(), ctx.Err())
	}}
}

// draw has the images of a set drawn: in memory, or in a pack where one is wanted or memory is short.
func (o Options) draw(ctx context.Context, set *Set) error {
	d := set.drawing
	set.drawing = nil
	if o.pack != "" {
		if d == nil {
			all := set.All()
			d = set.copying(func(dst []uint8, i int) { copy(dst, all.Images[i]) })
		}
		return o.packed(ctx, set, d, o.pack)
	}
	if d == nil {
		return nil
	}
	free := memory.Free
	if o.free != nil {
		free = o.free
	}
	bytes := int64(set.Train.Len()+set.Validate.Len()+set.Test.Len()) * int64(set.each())
	if bytes > free()/3 {
		return o.cached(ctx, set, d, bytes)
	}
	return d.inMemory(ctx, set)
}

// each is the size of an image in bytes.
func (set *Set) each() int { return set.Height * set.Width * set.Channels }

// inMemory draws the images of a set in memory. The set has one channel if all are grey.
func (d *drawing) inMemory(ctx context.Context, set *Set) error {
	n := set.Train.Len() + set.Validate.Len() + set.Test.Len()
	images, coloured := views(make([]uint8, n*set.each()), n), atomic.Bool{}
	err := d.each(ctx, func(int) bool { return false }, func(i int, draw stroke) error {
		grey, err := draw(images[i])
		if !grey {
			coloured.Store(true)
		}
		return err
	})
	if err != nil {
		return err
	}
	if !coloured.Load() && set.Channels == 3 {
		set.Channels, images = 1, dropColour(images)
	}
	set.show(images)
	return nil
}

// show gives a set the images of all its sides.
func (set *Set) show(images [][]uint8) {
	for _, s := range []*Split{&set.Train, &set.Validate, &set.Test} {
		s.Images, images = images[:s.Len():s.Len()], images[s.Len():]
	}
}

// dropColour keeps one of three equal channels.
func dropColour(images [][]uint8) [][]uint8 {
	each := len(images[0]) / 3
	grey := views(make([]uint8, len(images)*each), len(images))
	for i, image := range images {
		for p := range grey[i] {
			grey[i][p] = image[3*p]
		}
	}
	return grey
}

// decoder is a number that changes when images are read, turned or resized to other pixels than before.
const decoder = 1

// key tells apart what is drawn: equal keys have equal images in equal order, at equal places, and the same number to
// train on.
func (d *drawing) key(set *Set) string {
	h := sha256.New()
	fmt.Fprintln(h, decoder, set.Height, set.Width, set.Channels, d.background, set.Train.Len())
	all := set.All()
	for _, i := range d.places(all.Len()) {
		var b [16]byte
		binary.LittleEndian.PutUint64(b[:], uint64(i))
		binary.LittleEndian.PutUint64(b[8:], all.Digests[i])
		h.Write(b[:])
	}
	return hex.EncodeToString(h.Sum(nil))
}

// places lists the images in the order in which they come.
func (d *drawing) places(n int) []int {
	if d.order != nil {
		return d.order
	}
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	return order
}
