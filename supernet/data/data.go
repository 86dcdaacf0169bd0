// Package data opens labelled image sets and turns them into batches that are reproducible to the bit. Images are bytes
// in a Set, and normalised float32 [N, H, W, C] in a Batch.
package data

import (
	"cmp"
	"context"
	"encoding/binary"
	"fmt"
	"image/color"
	"math/rand/v2"
	"strings"

	"golang.org/x/sync/semaphore"

	"github.com/nse-dev/nse/supernet/data/listing"
)

// Set is a labelled image set.
type Set struct {
	Name                    string // the spec that it was opened with
	Height, Width, Channels int    // Channels is 1 for grey images, 3 for RGB
	Classes                 []string
	Train, Test             Split
	Validate                Split         // what searches hold out; without images they hold out a part of Train
	Normalization           Normalization // of the training images
	Background              color.RGBA    // that was seen through transparent pixels
	Left                    listing.Left  // files that were passed over
	Notes                   []string      // how the layout of files was understood, a line each

	drawing *drawing // makes the images; nil once they are there
	mapped  bool     // whether all images are of a pack
}

// Split is a part of a set. Its images are views of memory that other splits may share, and that nobody writes to.
type Split struct {
	Images [][]uint8 // [N], each [Height, Width, Channels]
	Labels []int32   // [N], indices of Set.Classes
	// Digests tell images apart by what is stored of them, before anything is resized: [N], or nil in a split that Open
	// has not made.
	Digests []uint64
	Names   []string // of files, as messages have them: [N], or nil where images have none
}

// Options say how a set is opened.
type Options struct {
	Seed uint64 // of images that are generated
	Size int    // the side to which images are resized, in pixels; 0 keeps the set's own
	// Background is what is seen through transparent pixels of files. The zero value is white.
	Background color.RGBA
	// SkipUnreadable leaves out files that cannot be read as images, and counts them. Otherwise they are an error.
	SkipUnreadable bool
	// Observe is told how far reading is, from several goroutines at a time. It may be nil.
	Observe func(Progress)

	room  *semaphore.Weighted // for pixels that are being decoded
	pack  string              // the folder into which the images go; empty for memory, or the cache where it is short
	free  func() int64        // bytes of memory that are free; nil asks the system
	shard int                 // the size of a pack's shards in bytes, at most; 0 is pack's own
}

// Progress says how far reading files is.
type Progress struct {
	Stage       string // "reading" and "decoding", one after the other
	Done, Total int    // files
}

// background is white unless it is named.
func (o Options) background() color.RGBA {
	return cmp.Or(o.Background, color.RGBA{R: 255, G: 255, B: 255, A: 255})
}

// tell tells the observer, if there is one.
func (o Options) tell(p Progress) {
	if o.Observe != nil {
		o.Observe(p)
	}
}

// Len is the number of images.
func (s Split) Len() int { return len(s.Labels) }

// views are n images in one piece of memory.
func views(pixels []uint8, n int) [][]uint8 {
	images := make([][]uint8, n)
	each := len(pixels) / max(n, 1)
	for i := range images {
		images[i] = pixels[i*each : (i+1)*each : (i+1)*each]
	}
	return images
}

// minSize and maxSize bound the side of an image in pixels.
const minSize, maxSize = 4, 1024

// source is a kind of data set that a spec can name.
type source struct {
	name, usage string
	open        func(ctx context.Context, arg string, o Options) (*Set, error)
}

func sources() []source {
	return []source{
		{"generated", "generated, generated:N", openGenerated},
		{"fashion-mnist", "fashion-mnist:DIR", openFashion},
		{"mnist", "mnist:DIR", openMNIST},
		{"cifar10", "cifar10:DIR", openCIFAR10},
		{"folder", "folder:DIR", openFolder},
		{"pack", "pack:DIR", openPack},
	}
}

// Open reads or makes the set that spec names:
//
//	generated, generated:N  N training images (6000) of ten shapes drawn from seed, 32×32 RGB
//	fashion-mnist:DIR       the four IDX files, gzip or not, 28×28 grey
//	mnist:DIR               likewise
//	cifar10:DIR             the binary batches, 32×32 RGB
//	folder:DIR              one directory of image files a class, 32×32
//	pack:DIR                what Pack has written
//
// Images that would take more than a third of the free memory are packed in the user's cache folder, and mapped.
// A cancelled context is its error. Others name the file and say what is wrong with it.
func Open(ctx context.Context, spec string, o Options) (*Set, error) {
	set, err := open(ctx, spec, o)
	if err != nil {
		return nil, fmt.Errorf("data: %w", err)
	}
	set.Background = o.background()
	if set.Normalization.Mean == nil {
		set.Normalization = measure(set.Train, set.Channels)
	}
	return set, nil
}

func open(ctx context.Context, spec string, o Options) (*Set, error) {
	if o.Size != 0 && (o.Size < minSize || o.Size > maxSize) {
		return nil, fmt.Errorf("image size %d is not in %d..%d (0: native)", o.Size, minSize, maxSize)
	}
	name, arg, _ := strings.Cut(spec, ":")
	var usages []string
	for _, s := range sources() {
		if s.name == name {
			set, err := s.open(ctx, arg, o)
			if err != nil {
				return nil, err
			}
			set.Name = spec
			if err := o.draw(ctx, set); err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			return set, nil
		}
		usages = append(usages, s.usage)
	}
	return nil, fmt.Errorf("unknown data set %q: want %s", spec, strings.Join(usages, ", "))
}

// Streams of random numbers that belong to the package; the low numbers are for its users.
const (
	streamTrain = 1<<63 + iota
	streamTest
	streamHold
	streamSample
)

// newRand returns the generator keyed by four numbers.
func newRand(seed, stream, a, b uint64) *rand.Rand {
	return rand.New(rand.NewChaCha8(key(seed, stream, a, b)))
}

func key(seed, stream, a, b uint64) (k [32]byte) {
	for i, v := range [4]uint64{seed, stream, a, b} {
		binary.LittleEndian.PutUint64(k[8*i:], v)
	}
	return k
}
