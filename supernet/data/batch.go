package data

import (
	"iter"
	"math/rand/v2"
)

// Batch is a group of normalised images. The maker of a batch owns its memory, and says how long it is valid.
type Batch struct {
	X      []float32 // [len(Labels), Height, Width, Channels], mean 0 and deviation 1 over the training images
	Labels []int32   // [N]
}

// Sequence yields the images of a split in their order and unchanged, in batches of the given size. The last one may be
// smaller. A batch is valid until the next one is asked for. Every pass yields the same.
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
	each  int            // numbers of an image
	table [][256]float32 // by channel: normalised values
	raw   []float32      // [each], scratch
	rand  *rand.Rand     // draws from
	keyed *rand.ChaCha8  // this source
}

func newDeveloper(set *Set, s Split) *developer {
	d := &developer{set: set, split: s, each: set.Height * set.Width * set.Channels}
	d.raw = make([]float32, d.each)
	d.keyed = rand.NewChaCha8([32]byte{})
	d.rand = rand.New(d.keyed)
	d.table = make([][256]float32, set.Channels)
	for c := range d.table {
		for v := range d.table[c] {
			d.table[c][v] = set.Normalization.apply(float32(v)/255, c)
		}
	}
	return d
}

// normal writes image i to dst.
func (d *developer) normal(dst []float32, i int) {
	for j, v := range d.split.Images[i] {
		dst[j] = d.table[j%d.set.Channels][v]
	}
}

// augmented writes image i to dst, changed as a says; everything random comes from key k.
func (d *developer) augmented(dst []float32, i int, a Augment, k [32]byte) {
	d.keyed.Seed(k)
	h, w, channels := d.set.Height, d.set.Width, d.set.Channels
	if a.colours() {
		for j, v := range d.split.Images[i] {
			d.raw[j] = float32(v) / 255
		}
		a.jitter(d.raw, channels, d.rand)
		for j, v := range d.raw {
			d.raw[j] = d.set.Normalization.apply(v, j%channels)
		}
	} else {
		d.normal(d.raw, i)
	}
	a.move(dst, d.raw, h, w, channels, d.rand)
	a.cut(dst, h, w, channels, d.rand)
	a.erase(dst, h, w, channels, d.rand)
}
