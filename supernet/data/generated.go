package data

import (
	"cmp"
	"context"
	"fmt"
	"strconv"

	"github.com/sourcegraph/conc/iter"

	"github.com/nse-dev/nse/supernet/data/figures"
)

const (
	generatedTrain = 6000
	generatedSize  = 32
	maxGenerated   = 200_000
)

// openGenerated draws n training images (arg, 6000 by default) and a sixth as many for testing. Every class is
// as frequent as the others, and position, scale, rotation, colours, background and noise are independent of it.
func openGenerated(_ context.Context, arg string, o Options) (*Set, error) {
	n := generatedTrain
	if arg != "" {
		var err error
		if n, err = strconv.Atoi(arg); err != nil || n < 60 || n > maxGenerated {
			return nil, fmt.Errorf("generated:%s: want a number of training images in 60..%d", arg, maxGenerated)
		}
	}
	size := cmp.Or(o.Size, generatedSize)
	set := &Set{Height: size, Width: size, Channels: 3}
	set.Classes = figures.Classes()
	set.Train = generate(n, o.Seed, streamTrain, size)
	set.Test = generate(n/6, o.Seed, streamTest, size)
	return set, nil
}

// generate draws image i from (seed, stream, i) alone.
func generate(n int, seed, stream uint64, size int) Split {
	classes := len(figures.Classes())
	s := Split{Images: views(make([]uint8, n*size*size*3), n), Labels: make([]int32, n)}
	iter.ForEachIdx(s.Labels, func(i int, label *int32) {
		*label = int32(i % classes)
		figures.Draw(s.Images[i], size, int(*label), newRand(seed, stream, uint64(i), 0))
	})
	s.Digests = digests(s.Images)
	return s
}
