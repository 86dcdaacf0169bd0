package data

import (
	"context"
	"fmt"
	"io"

	"github.com/sourcegraph/conc/iter"

	"github.com/nse-dev/nse/internal/text"
	"github.com/nse-dev/nse/supernet/data/listing"
)

// Pictures are image files that have no classes.
type Pictures struct {
	Left listing.Left // files that were passed over, as far as they are known
	list listing.Listing
}

// FindPictures lists files, all that are in folders and below them, and for "-" what stdin has. Files come in the order
// of the paths, those of a folder by name. A folder's files are passed over as openFolder does. errs says which paths
// lead to nothing.
func FindPictures(ctx context.Context, paths []string, stdin io.Reader) (p Pictures, errs []error) {
	p.list, errs = listing.Images(ctx, paths, stdin, listing.Options{IsImage: isImage})
	p.Left = p.list.Left
	return p, errs
}

// Len is the number of files.
func (p Pictures) Len() int { return len(p.list.Entries) }

// Open decodes the files from one number up to another as openFolder does. The set has them as test images with the
// label 0, and names has the file of each. The errors say why files are not among them. What is in a folder and is no
// image is counted in Left instead. Colours become brightness where channels is 1. Images must be square. Of the
// options the background counts, and Size where Crop is the side. The caller gives the set a normalisation.
func (p Pictures) Open(
	from, to, height, width, channels int, o Options,
) (set *Set, names []string, errs []error, err error) {
	if height != width {
		return nil, nil, nil, fmt.Errorf("data: image files are cut to squares, not to %d×%d", height, width)
	}
	if o.Crop > 0 {
		height, width = o.Size, o.Size
	}
	o.room = newRoom()
	decoded := make([]seen, to-from)
	iter.ForEachIdx(decoded, func(i int, s *seen) { *s = p.see(from+i, height, channels, o) })
	set = &Set{Height: height, Width: width, Channels: channels, Crop: o.Crop}
	for i, s := range decoded {
		name := p.list.Entries[from+i].Name
		switch {
		case s.err != nil:
			errs = append(errs, fmt.Errorf("%s: %w", text.Printable(name), pathless(s.err)))
		case s.pixels == nil:
			p.Left[listing.NoImage]++
		default:
			names = append(names, name)
			set.Test.Images = append(set.Test.Images, s.pixels)
		}
	}
	set.Test.Labels = make([]int32, len(names))
	return set, names, errs, nil
}

// seen is what became of a file. Without pixels and an error it is no image.
type seen struct {
	pixels []uint8
	err    error
}

// see decodes a file.
func (p Pictures) see(i, size, channels int, o Options) (s seen) {
	e := p.list.Entries[i]
	p.list.Parts[i].Read(func(_ int, b []byte, err error) bool {
		if err == nil && !e.Likely && !isImage(b) {
			return true
		}
		rgb := make([]uint8, size*size*3)
		if err == nil {
			_, err = decode(rgb, b, size, o)
		}
		s = seen{rgb, err}
		if channels == 1 {
			s.pixels = rgb[:size*size]
			brightness(s.pixels, rgb)
		}
		return true
	})
	return s
}
