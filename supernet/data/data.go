// Package data opens labelled image sets and turns them into batches that are reproducible to the bit. Images are bytes
// in a Set, and normalised float32 [N, H, W, C] in a Batch.
package data

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"strings"
)

// Set is a labelled image set in memory.
type Set struct {
	Name                    string // the spec that it was opened with
	Height, Width, Channels int    // Channels is 1 for grey images, 3 for RGB
	Classes                 []string
	Train, Test             Split
	Normalization           Normalization // of the training images
}

// Split is a part of a set.
type Split struct {
	Pixels []uint8 // [N, Height, Width, Channels]
	Labels []int32 // [N], indices of Set.Classes
}

// Len is the number of images.
func (s Split) Len() int { return len(s.Labels) }

// minSize and maxSize bound the side of an image in pixels.
const minSize, maxSize = 4, 1024

// source is a kind of data set that a spec can name.
type source struct {
	name, usage string
	open        func(arg string, seed uint64, size int) (*Set, error)
}

func sources() []source {
	return []source{
		{"generated", "generated, generated:N", openGenerated},
		{"fashion-mnist", "fashion-mnist:DIR", openFashion},
		{"mnist", "mnist:DIR", openMNIST},
		{"cifar10", "cifar10:DIR", openCIFAR10},
		{"folder", "folder:DIR", openFolder},
	}
}

// Open reads or makes the set that spec names:
//
//	generated, generated:N  N training images (6000) of ten shapes drawn from seed, 32×32 RGB
//	fashion-mnist:DIR       the four IDX files, gzip or not, 28×28 grey
//	mnist:DIR               likewise
//	cifar10:DIR             the binary batches, 32×32 RGB
//	folder:DIR              one directory of PNG and JPEG files a class, 32×32
//
// Images are resized to size × size; 0 keeps the native size. Errors name the file and say what is wrong with it.
func Open(spec string, seed uint64, size int) (*Set, error) {
	set, err := open(spec, seed, size)
	if err != nil {
		return nil, fmt.Errorf("data: %w", err)
	}
	set.Name = spec
	set.Normalization = measure(set.Train, set.Channels)
	return set, nil
}

func open(spec string, seed uint64, size int) (*Set, error) {
	if size != 0 && (size < minSize || size > maxSize) {
		return nil, fmt.Errorf("image size %d is not in %d..%d (0: native)", size, minSize, maxSize)
	}
	name, arg, _ := strings.Cut(spec, ":")
	var usages []string
	for _, s := range sources() {
		if s.name == name {
			return s.open(arg, seed, size)
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
