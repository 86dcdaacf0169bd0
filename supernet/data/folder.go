package data

import (
	"cmp"
	"context"
	"fmt"

	"golang.org/x/sync/semaphore"

	"github.com/nse-dev/nse/internal/picture"
	"github.com/nse-dev/nse/supernet/data/listing"
)

// folderSize is the side of images in pixels, when none is asked for.
const folderSize = 32

// What layouts want to be named.
const (
	tableWants = "a file with path, label and perhaps split of each image"
	shardsWant = "the names of files, with * or {000..012}, or a folder of them"
)

// openFolder reads the images of listing.Folder. Where it has no images for testing, a fifth of all is.
func openFolder(ctx context.Context, dir string, o Options) (*Set, error) {
	if err := checkDir("folder", dir, listing.Layouts); err != nil {
		return nil, err
	}
	return listed("folder", "", listing.Folder)(ctx, dir, o)
}

// layout lists the images of what a spec names.
type layout func(ctx context.Context, arg string, o listing.Options) (listing.Listing, error)

// listed opens the images of a layout, which wants something to be named behind the colon.
func listed(name, wants string, list layout) func(ctx context.Context, arg string, o Options) (*Set, error) {
	return func(ctx context.Context, arg string, o Options) (*Set, error) {
		if arg == "" {
			return nil, fmt.Errorf("%s needs %s", name, wants)
		}
		l, err := list(ctx, arg, listing.Options{IsImage: isImage, Observe: func(images int) {
			o.tell(Progress{Stage: "listing", Done: images})
		}})
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		set, err := assemble(ctx, l, cmp.Or(o.Size, folderSize), o)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		return set, nil
	}
}

// isImage reports whether a file begins as an image does.
func isImage(head []byte) bool {
	_, err := picture.Format(head)
	return err == nil
}

// check refuses what cannot be an image of a reasonable size, without decoding it, and returns its shorter side.
func check(b []byte) (short int, err error) {
	h, err := picture.ReadHeader(b)
	return min(h.Width, h.Height), err
}

// decode writes an image to dst [size, size, 3] and reports whether it is grey.
func decode(dst []uint8, b []byte, size int, o Options) (grey bool, err error) {
	err = o.picture(b, func(p *picture.Picture) {
		fit(dst, p.Image, size)
		grey = p.Grey
	})
	return grey, err
}

// picture decodes an image for use, while there is room for its pixels beside those of others.
func (o Options) picture(b []byte, use func(p *picture.Picture)) error {
	h, err := picture.ReadHeader(b)
	if err != nil {
		return err
	}
	pixels := int64(h.Width) * int64(h.Height)
	if err := o.room.Acquire(context.Background(), pixels); err != nil {
		return err
	}
	defer o.room.Release(pixels)
	p, err := picture.Decode(b, o.background())
	if err == nil {
		use(p)
	}
	return err
}

// newRoom is for the pixels of images that are decoded at a time: two of the largest, or many small ones.
func newRoom() *semaphore.Weighted { return semaphore.NewWeighted(2 * picture.MaxPixels) }
