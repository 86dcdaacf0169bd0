package data

import (
	"iter"
	"math/rand/v2"

	"github.com/nse-dev/nse/supernet/data/augment"
)

// Batch is a group of normalised images. The maker of a batch owns its memory, and says how long it is valid.
type Batch struct {
	// X is [len(Labels), height, width, Channels], with the size of Set.Input. Over all pixels of the training images,
	// it has mean 0 and deviation 1.
	X      []float32
	Labels []int32 // [N]
}

// Sequence yields the middles of the images of a split, in their order and unchanged, in batches of the given size. The
// last one may be smaller. A batch is valid until the next one is asked for. Every pass yields the same.
func (set *Set) Sequence(s Split, size int) iter.Seq[Batch] {
	return func(yield func(Batch) bool) {
		d := newDeveloper(set, s)
		x := make([]float32, min(size, s.Len())*d.each)
		for from := 0; from < s.Len(); from += size {
			to := min(from+size, s.Len())
			for i := from; i < to; i++ {
				d.normal(x[(i-from)*d.each:][:d.each], i)
			}
			if !yield(Batch{x[:(to-from)*d.each], s.Labels[from:to]}) {
				return
			}
		}
	}
}

// developer turns the bytes of a split into normalised images. It belongs to one goroutine.
type developer struct {
	set   *Set
	split Split
	h, w  int            // of what networks see
	each  int            // numbers of that
	table [][256]float32 // by channel: normalised values
	mean  []uint8        // by channel, before it is normalised
	zero  []float32      // by channel, after that
	raw   []float32      // [set.Height, set.Width, set.Channels], scratch
	pix   []uint8        // [each], scratch
	rand  *rand.Rand     // draws from
	keyed *rand.ChaCha8  // this source

	converted []uint8 // [set.Height, set.Width, set.Channels], of pixels; nil where none was converted
}

func newDeveloper(set *Set, s Split) *developer {
	d := &developer{set: set, split: s, zero: make([]float32, set.Channels)}
	d.h, d.w = set.Input()
	d.each = d.h * d.w * set.Channels
	d.raw = make([]float32, set.Height*set.Width*set.Channels)
	d.keyed = rand.NewChaCha8([32]byte{})
	d.rand = rand.New(d.keyed)
	d.table = make([][256]float32, set.Channels)
	for c := range d.table {
		for v := range d.table[c] {
			d.table[c][v] = set.Normalization.apply(float32(v)/255, c)
		}
		d.mean = append(d.mean, uint8(255*unit(set.Normalization.Mean[c])+0.5))
	}
	return d
}

// image is image i of the split, uncut and with the channels of the set. It is valid until the next call.
func (d *developer) image(i int) field[uint8] {
	return field[uint8]{d.pixels(i), d.set.Height, d.set.Width}
}

// normal writes the middle of image i to dst.
func (d *developer) normal(dst []float32, i int) {
	m, at := d.image(i), centre(d.set.Width, d.set.Height, d.w, d.h)
	line := d.w * d.set.Channels
	for y := range d.h {
		d.normalise(dst[y*line:][:line], m.x[((at.Y+y)*m.w+at.X)*d.set.Channels:])
	}
}

// normalise writes the values of bytes, which begin with channel 0, to dst.
func (d *developer) normalise(dst []float32, x []uint8) {
	for j, v := range x[:len(dst)] {
		dst[j] = d.table[j%d.set.Channels][v]
	}
}

// augmented writes image i to dst, changed as a says; everything random comes from key k.
func (d *developer) augmented(dst []float32, i int, a Augment, k [32]byte) {
	d.keyed.Seed(k)
	m := d.image(i)
	if a.bytes() {
		m = d.changed(m, a)
		d.develop(dst, m.x, a)
	} else {
		d.develop(d.raw, m.x, a)
		move(a, field[float32]{dst, d.h, d.w}, field[float32]{d.raw, m.h, m.w}, d.zero, d.rand)
	}
	a.cut(dst, d.h, d.w, d.set.Channels, d.rand)
	a.erase(dst, d.h, d.w, d.set.Channels, d.rand)
}

// changed is a random part of an image, as large as networks see it, whose bytes are changed as a says. It is valid
// until the next one.
func (d *developer) changed(m field[uint8], a Augment) field[uint8] {
	if a.ResizedCrop {
		part := augment.Image{Pix: m.x, Height: m.h, Width: m.w, Channels: d.set.Channels}.ResizedCrop(d.h, d.w, d.rand)
		m, a.CropPadding = field[uint8]{part.Pix, d.h, d.w}, 0
	}
	if d.pix == nil {
		d.pix = make([]uint8, d.each)
	}
	to := field[uint8]{d.pix, d.h, d.w}
	move(a, to, m, d.mean, d.rand)
	part := augment.Image{Pix: to.x, Height: to.h, Width: to.w, Channels: d.set.Channels}
	a.Policy.Apply(part, d.rand)
	a.Jitter.Apply(part, d.rand)
	return to
}

// develop writes bytes to dst, normalised and with their colours changed as a says.
func (d *developer) develop(dst []float32, x []uint8, a Augment) {
	if !a.colours() {
		d.normalise(dst, x)
		return
	}
	channels := d.set.Channels
	for j, v := range x {
		dst[j] = float32(v) / 255
	}
	a.jitter(dst, channels, d.rand)
	for j, v := range dst {
		dst[j] = d.set.Normalization.apply(v, j%channels)
	}
}
