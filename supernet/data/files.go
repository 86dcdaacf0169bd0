package data

import (
	"fmt"
	"os"

	"github.com/sourcegraph/conc/iter"

	"github.com/nse-dev/nse/internal/text"
)

// Files reads image files as openFolder does, in their order, as the test images of a set. The set has no class,
// and all labels are 0. The caller gives it a normalisation. Colours become grey where channels is 1. Images must be
// square. Of the options the background counts. Errors name the file.
func Files(paths []string, height, width, channels int, o Options) (*Set, error) {
	if height != width {
		return nil, fmt.Errorf("data: image files are cut to squares, not to %d×%d", height, width)
	}
	o.room = newRoom()
	set := &Set{Height: height, Width: width, Channels: channels}
	pixels := make([]uint8, len(paths)*height*width*channels)
	set.Test = Split{Images: views(pixels, len(paths)), Labels: make([]int32, len(paths))}
	errs := make([]error, len(paths))
	iter.ForEachIdx(paths, func(i int, path *string) {
		rgb := make([]uint8, height*width*3)
		b, err := os.ReadFile(*path)
		if err == nil {
			_, err = decode(rgb, b, height, o)
		}
		if err != nil {
			errs[i] = fmt.Errorf("data: %s: %w", text.Printable(*path), pathless(err))
			return
		}
		dst := set.Test.Images[i]
		if channels == 3 {
			copy(dst, rgb)
			return
		}
		for p := range dst {
			r, g, b := uint32(rgb[3*p]), uint32(rgb[3*p+1]), uint32(rgb[3*p+2])
			// The weights are those of image/color: grey stays as it is.
			dst[p] = uint8((19595*r + 38470*g + 7471*b + 1<<15) >> 16)
		}
	})
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return set, nil
}
