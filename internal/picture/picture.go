// Package picture decodes one image of any format that people keep photos and drawings in, upright and opaque.
//
// A format is told by content, never by the name of a file: PNG, JPEG, WebP, BMP, GIF and TIFF. Of animations and of
// files with several pages, the first picture is read. Input is hostile until proved otherwise: sizes are checked
// before anything is allocated, and memory and time are bounded by the number of pixels that the head declares.
package picture

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	"io"
	"strings"
)

// MaxPixels is the number of pixels that a picture has at most.
const MaxPixels = 100_000_000

// Picture is a decoded image: upright and opaque.
type Picture struct {
	Header

	// Image is opaque. It is a *image.Gray, *image.Gray16, *image.YCbCr, *image.RGBA or *image.RGBA64, with its upper
	// left corner at the origin. Sixteen bits are kept only where nothing was composed or turned.
	Image image.Image

	// Grey reports whether the file stores grey levels: with one bit to sixteen, as a palette of a BMP or GIF that has
	// only greys, or with alpha. Grey with alpha over a background of another colour is not grey. The image is a
	// *image.Gray or *image.Gray16 then.
	Grey bool

	// Alpha reports whether the background shows through somewhere, entirely or in part.
	Alpha bool
}

// Header is what a picture says of itself without being decoded.
type Header struct {
	Format        string // PNG, JPEG, WebP, BMP, GIF or TIFF
	Width, Height int    // upright

	// Orientation is how the stored image is turned for display: 1 to 8 as in EXIF, where 1 leaves it as it is.
	Orientation int
}

// format is one kind of file. Its functions know the image as it is stored.
type format struct {
	name   string
	match  func(b []byte) bool
	header func(b []byte) (Header, error)                       // without Format
	decode func(b []byte) (m image.Image, grey bool, err error) // RGBA and RGBA64 are opaque
	mode   func(b []byte) string                                // as Mode has it, of a file with a header
}

func formats() []format {
	return []format{
		{"JPEG", prefix("\xff\xd8\xff"), jpegHeader, decodeJPEG, jpegMode},
		{"PNG", prefix("\x89PNG\r\n\x1a\n"), pngHeader, decodePNG, pngMode},
		{"WebP", isWebP, webpHeader, decodeWebP, webpMode},
		{"GIF", prefix("GIF87a", "GIF89a"), gifHeader, decodeGIF, gifMode},
		{"BMP", isBMP, bmpHeader, decodeBMP, bmpMode},
		{"TIFF", prefix("II*\x00", "MM\x00*"), tiffHeader, decodeTIFF, tiffMode},
	}
}

// Decode decodes the picture in b and composes it over the background, whose alpha is not looked at. The picture
// does not keep b. A file that ends early is an error.
func Decode(b []byte, background color.RGBA) (*Picture, error) {
	f, h, err := read(b)
	if err != nil {
		return nil, err
	}
	m, grey, err := f.decode(b)
	if err != nil {
		return nil, named(f.name, err)
	}
	p := &Picture{Header: h, Alpha: !isOpaque(m)}
	p.Grey = grey && (!p.Alpha || background.R == background.G && background.G == background.B)
	p.Image = upright(m, p, background)
	return p, nil
}

// ReadHeader reads what the picture in b says of itself. It refuses what Decode refuses for its format, kind or size;
// the pixels are not looked at.
func ReadHeader(b []byte) (Header, error) {
	_, h, err := read(b)
	return h, err
}

func read(b []byte) (format, Header, error) {
	f, err := find(b)
	if err != nil {
		return f, Header{}, err
	}
	h, err := f.header(b)
	if err != nil {
		return f, Header{}, named(f.name, err)
	}
	if h.Width < 1 || h.Height < 1 || h.Height > MaxPixels/h.Width {
		err := fmt.Errorf("%s of %d×%d pixels: want 1 to %d pixels in all", f.name, h.Width, h.Height, MaxPixels)
		return f, Header{}, err
	}
	h.Format = f.name
	if h.Orientation < 1 || h.Orientation > 8 {
		h.Orientation = 1
	}
	if h.Orientation >= 5 {
		h.Width, h.Height = h.Height, h.Width
	}
	return f, h, nil
}

// errEarly says that bytes are missing at the end.
var errEarly = errors.New("the file ends early")

// named says of which format an error is.
func named(format string, err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		err = errEarly
	}
	text := err.Error() // which may begin like "png: "
	if start := strings.ToLower(format) + ": "; strings.HasPrefix(text, start) {
		err = errors.New(text[len(start):])
	}
	return fmt.Errorf("%s: %w", format, err)
}

// onlyGreys reports whether no colour of a palette shows another hue.
func onlyGreys(palette color.Palette) bool {
	for _, c := range palette {
		c := color.NRGBAModel.Convert(c).(color.NRGBA)
		if c.A > 0 && (c.R != c.G || c.G != c.B) {
			return false
		}
	}
	return true
}
