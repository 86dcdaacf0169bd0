package data

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"image"
	"slices"

	"golang.org/x/image/draw"

	"github.com/nse-dev/nse/supernet/data/listing"
)

const (
	folderSize = 32          // pixels a side, when none is asked for
	maxPixels  = 100_000_000 // of one image file
)

// openFolder reads the images of listing.Folder. Where it has no images for testing, a fifth of all is.
func openFolder(ctx context.Context, dir string, o Options) (*Set, error) {
	if err := checkDir("folder", dir, listing.Layouts); err != nil {
		return nil, err
	}
	l, err := listing.Folder(dir, isImage)
	if err != nil {
		return nil, fmt.Errorf("folder: %w", err)
	}
	set, err := assemble(ctx, l, cmp.Or(o.Size, folderSize), o)
	if err != nil {
		return nil, fmt.Errorf("folder: %w", err)
	}
	return set, nil
}

// isImage reports whether a file begins as an image does.
func isImage(head []byte) bool {
	_, _, err := image.DecodeConfig(bytes.NewReader(head))
	return !errors.Is(err, image.ErrFormat)
}

// check refuses what cannot be an image of a reasonable size, without decoding it.
func check(b []byte) error {
	c, _, err := image.DecodeConfig(bytes.NewReader(b))
	if err != nil {
		return fmt.Errorf("not a readable image: %w", err)
	}
	if c.Width < 1 || c.Height < 1 || c.Height > maxPixels/c.Width {
		return fmt.Errorf("%d×%d pixels: want 1 to %d in all", c.Width, c.Height, maxPixels)
	}
	return nil
}

// decode writes an image to dst [size, size, 3] and reports whether it is grey.
func decode(dst []uint8, b []byte, size int, _ Options) (grey bool, err error) {
	if err := check(b); err != nil {
		return false, err
	}
	m, _, err := image.Decode(bytes.NewReader(b))
	if err != nil {
		return false, fmt.Errorf("not a readable image: %w", err)
	}
	scale(dst, size, 3, m, draw.BiLinear)
	return isGrey(m), nil
}

func isGrey(m image.Image) bool {
	switch m.(type) {
	case *image.Gray, *image.Gray16:
		return true
	}
	return false
}

// dropColour keeps one of three equal channels.
func (s *Split) dropColour() {
	for i := range len(s.Pixels) / 3 {
		s.Pixels[i] = s.Pixels[3*i]
	}
	s.Pixels = slices.Clone(s.Pixels[:len(s.Pixels)/3])
}
