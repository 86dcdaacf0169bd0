// Package data opens labelled image sets and turns them into batches that are reproducible to the bit. Images are bytes
// in a Set, and normalised float32 [N, H, W, C] in a Batch.
package data

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"image/color"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/nse-dev/nse/supernet/data/listing"
	"github.com/nse-dev/nse/supernet/data/listing/parquet"
)

// Set is a labelled image set.
type Set struct {
	Name                    string // the spec that it was opened with
	Source                  string // the spec that a pack was made from; otherwise Name
	Height, Width, Channels int    // as images are stored; Channels is 1 for grey images, 3 for RGB
	Crop                    int    // the side of the square that networks see of an image; 0 is all of it
	Classes                 []string
	Train, Test             Split
	Validate                Split         // what searches hold out; without images they hold out a part of Train
	Normalization           Normalization // of the training images
	Background              color.RGBA    // that was seen through transparent pixels
	Left                    listing.Left  // files that were passed over
	Notes                   []string      // how the layout of files was understood, a line each

	drawing *drawing // makes the images; nil once they are there
	mapped  bool     // whether all images are of a pack
	stored  int      // channels of the images; 0 stands for Channels
}

// Remarks says how the layout of files was understood, and what was passed over, a line each.
func (set *Set) Remarks() []string {
	remarks := slices.Clone(set.Notes)
	if left := set.Left.String(); left != "" {
		remarks = append(remarks, "left out "+left)
	}
	return remarks
}

// Input is the size of what networks see of an image.
func (set *Set) Input() (height, width int) {
	if set.Crop > 0 {
		return set.Crop, set.Crop
	}
	return set.Height, set.Width
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
	// Wise chooses the size of images that are read from files, by the median of their shorter sides, where Size is 0.
	// A nil Wise has 32 pixels.
	Wise func(median int) int
	// Crop is the side of the square that networks see of an image: the middle, or a random part in training. 0 is all.
	Crop int
	// Background is what is seen through transparent pixels of files. The zero value is white, or that of a pack.
	Background color.RGBA
	// SkipUnreadable leaves out files that cannot be read as images, and counts them. Otherwise they are an error.
	SkipUnreadable bool
	// Observe is told how far reading is, from several goroutines at a time. It may be nil.
	Observe func(Progress)

	room  *semaphore.Weighted // for pixels that are being decoded
	pack  string              // the folder into which the images go; empty for memory, or the cache where it is short
	free  func() int64        // bytes of memory that are free; nil asks the system
	shard int                 // the size of a pack's shards in bytes, at most; 0 is pack's own
	look  *looking            // of Inspect; nil to open a set
}

// Progress says how far reading files is.
type Progress struct {
	Stage       string // "listing", "reading" and "decoding", one after the other
	Done, Total int    // files; Total is 0 while it is not known
}

// Paced passes progress on once a second has passed, and then ever more rarely. Its calls of observe do not overlap.
func Paced(observe func(Progress)) func(Progress) {
	var mu sync.Mutex
	next, began := time.Second, time.Now()
	return func(p Progress) {
		mu.Lock()
		defer mu.Unlock()
		if passed := time.Since(began); passed >= next {
			next = passed + max(time.Second, passed/4)
			observe(p)
		}
	}
}

// background is white unless it is named.
func (o Options) background() color.RGBA {
	return cmp.Or(o.Background, color.RGBA{R: 255, G: 255, B: 255, A: 255})
}

// check refuses sizes that no network sees.
func (o Options) check() error {
	if o.Size != 0 && (o.Size < minSize || o.Size > maxSize) {
		return fmt.Errorf("image size %d is not in %d..%d (0: native)", o.Size, minSize, maxSize)
	}
	return nil
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

// Source is a kind of data set that a spec can name.
type Source struct {
	Name    string `json:"name"`
	Usage   string `json:"usage"`   // the forms of its spec
	Wants   string `json:"wants"`   // what there has to be
	Example string `json:"example"` // a spec

	open func(ctx context.Context, arg string, o Options) (*Set, error)
}

// generated names the source whose images are drawn.
const generated = "generated"

// Sources lists the kinds of data sets that there are.
func Sources() []Source {
	own := []Source{
		{generated, "generated, generated:N", "nothing: N training images are drawn, 6000 by default", "generated:600",
			openGenerated},
		{"folder", "folder:DIR", listing.Layouts, "folder:photos", openFolder},
		{"csv", "csv:FILE", tableWants, "csv:labels.csv", listed("csv", tableWants, listing.CSV)},
		{"jsonl", "jsonl:FILE", tableWants, "jsonl:labels.jsonl", listed("jsonl", tableWants, listing.JSONL)},
		{"tar", "tar:FILES", shardsWant, "tar:shards/train-{000..012}.tar", listed("tar", shardsWant, listing.Tar)},
		{"parquet", "parquet:FILES", shardsWant, "parquet:data/*.parquet", listed("parquet", shardsWant, parquet.List)},
		{"pack", "pack:DIR", packWants, "pack:packed", openPack},
	}
	return append(own, publishedSources()...)
}

// Open reads or makes the set that spec names:
//
//	generated, generated:N  N training images (6000) of ten shapes drawn from seed, 32×32 RGB
//	folder:DIR              one directory of image files a class, 32×32
//	csv:FILE                a table with the path and the label of each image, 32×32
//	jsonl:FILE              likewise, a JSON object for each
//	tar:FILES               samples in shards, as WebDataset has them, 32×32
//	parquet:FILES           image data sets of the Hugging Face hub, 32×32
//	fashion-mnist:DIR       the four IDX files, gzip or not, 28×28 grey
//	mnist:DIR, kmnist:DIR   likewise; kmnist may have its four npz files instead
//	k49:DIR                 the four npz files, 28×28 grey
//	emnist-SPLIT:DIR        the four IDX files of byclass, bymerge, balanced, letters, digits or mnist, turned upright
//	cifar10:DIR             the binary batches, 32×32 RGB
//	cifar100:DIR            likewise, by class; cifar100-coarse:DIR by superclass
//	pack:DIR                what Pack has written
//
// Images that would take more than a third of the free memory are packed in the user's cache folder, and mapped.
// A cancelled context is its error. Others name the file and say what is wrong with it.
func Open(ctx context.Context, spec string, o Options) (*Set, error) {
	set, err := open(ctx, spec, o)
	if err != nil {
		return nil, fmt.Errorf("data: %w", err)
	}
	if err := set.crop(o.Crop); err != nil {
		return nil, err
	}
	set.Background = cmp.Or(set.Background, o.background())
	if set.Normalization.Mean == nil {
		set.Normalization = measure(set.Train, set.Channels)
	}
	return set, nil
}

func open(ctx context.Context, spec string, o Options) (*Set, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	name, arg, _ := strings.Cut(spec, ":")
	var usages []string
	for _, s := range Sources() {
		if s.Name == name {
			set, err := s.open(ctx, arg, o)
			if err != nil || o.look != nil {
				return set, err
			}
			set.Name, set.Source = spec, cmp.Or(set.Source, spec)
			if err := o.draw(ctx, set); err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			return set, nil
		}
		if !slices.Contains(usages, s.Usage) {
			usages = append(usages, s.Usage)
		}
	}
	if name == "emnist" {
		return nil, errors.New("emnist has six splits: name one, as in emnist-balanced:DIR (byclass, bymerge, " +
			"balanced, letters, digits or mnist)")
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
