package picture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"io"
)

// maxScans is the number of scans of a JPEG. A progressive one has about ten; each takes time for the whole picture,
// however short it is.
const maxScans = 200

// Markers of a JPEG.
const (
	markSOF0 = 0xc0
	markDHT  = 0xc4
	markJPG  = 0xc8
	markDAC  = 0xcc
	markSOF  = 0xcf // the last of its kind
	markRST0 = 0xd0
	markRST7 = 0xd7
	markSOI  = 0xd8
	markEOI  = 0xd9
	markSOS  = 0xda
	markAPP1 = 0xe1
	markAPP4 = 0xee // APP14
)

// jpegHead is what the segments of a JPEG say.
type jpegHead struct {
	width, height int
	components    int
	adobe         bool // says how colours are stored
	orientation   int
}

func jpegHeader(b []byte) (Header, error) {
	h, err := readJPEG(b)
	if err != nil {
		return Header{}, err
	}
	_, err = jpeg.DecodeConfig(bytes.NewReader(b)) // which refuses some samplings
	return Header{Width: h.width, Height: h.height, Orientation: h.orientation}, plain(err)
}

// decodeJPEG decodes a JPEG. Four components without a word of their colours are taken as Adobe stores CMYK, inverted,
// like browsers do.
func decodeJPEG(b []byte) (m image.Image, grey bool, err error) {
	h, err := readJPEG(b)
	if err != nil {
		return nil, false, err
	}
	var r io.Reader = bytes.NewReader(b)
	if h.components == 4 && !h.adobe {
		r = withAdobe(b, 0)
	}
	m, err = decodeStream(r)
	return m, h.components == 1, err
}

// decodeStream decodes a JPEG that has been walked. Chroma is interpolated where libjpeg does so too.
func decodeStream(r io.Reader) (image.Image, error) {
	m, err := jpeg.Decode(r)
	if m, ok := m.(*image.YCbCr); ok {
		switch m.SubsampleRatio {
		case image.YCbCrSubsampleRatio420, image.YCbCrSubsampleRatio422, image.YCbCrSubsampleRatio440:
			return &smooth{YCbCr: m, rgb: color.YCbCrToRGB}, nil
		}
	}
	return m, plain(err)
}

// withAdobe is a JPEG with a segment that says how its colours are stored: 0 as they are, 1 as YCbCr.
func withAdobe(b []byte, transform byte) io.Reader {
	segment := append([]byte{0xff, markSOI, 0xff, markAPP4, 0, 14}, "Adobe\x00\x64\x00\x00\x00\x00"...)
	return io.MultiReader(bytes.NewReader(append(segment, transform)), bytes.NewReader(b[2:]))
}

// plain says in our words what package jpeg does not read.
func plain(err error) error {
	var unsupported jpeg.UnsupportedError
	var format jpeg.FormatError
	switch {
	case errors.As(err, &unsupported):
		return fmt.Errorf("%s is not supported", string(unsupported))
	case errors.As(err, &format) && format == "short Huffman data":
		return errEarly
	case errors.As(err, &format):
		return errors.New(string(format))
	}
	return err
}

// readJPEG walks all segments, as package jpeg does, and refuses what it does not decode.
func readJPEG(b []byte) (h jpegHead, err error) {
	scans := 0
	for mark, data := range segments(b) {
		switch {
		case mark >= markSOF0 && mark <= markSOF && mark != markDHT && mark != markJPG && mark != markDAC:
			if h.components > 0 {
				return h, errors.New("more than one frame header")
			}
			if err := h.frame(mark, data); err != nil {
				return h, err
			}
		case mark == markAPP1 && h.orientation == 0 && bytes.HasPrefix(data, []byte("Exif\x00\x00")):
			h.orientation = exifOrientation(data)
		case mark == markAPP4 && bytes.HasPrefix(data, []byte("Adobe")):
			h.adobe = true
		case mark == markSOS:
			scans++
		}
	}
	if scans > maxScans {
		return h, fmt.Errorf("%d scans: want at most %d", scans, maxScans)
	}
	if h.components == 0 {
		return h, errEarly
	}
	return h, nil
}

// frame reads the frame header of a kind.
func (h *jpegHead) frame(mark byte, data []byte) error {
	var kind string
	switch {
	case mark == 0xc3:
		kind = "lossless coding"
	case mark >= 0xc9:
		kind = "arithmetic coding"
	case mark > 0xc3:
		kind = "hierarchical coding"
	case len(data) < 6:
		return errEarly
	case data[0] != 8:
		kind = fmt.Sprintf("%d bits a sample", data[0])
	}
	if kind != "" {
		return fmt.Errorf("%s is not supported: want baseline or progressive coding of 8 bits a sample", kind)
	}
	h.height, h.width = int(binary.BigEndian.Uint16(data[1:])), int(binary.BigEndian.Uint16(data[3:]))
	h.components = int(data[5])
	return nil
}

// segments yields the marker and the data of each segment up to the end of the image. What is coded between segments
// is passed over.
func segments(b []byte) func(yield func(mark byte, data []byte) bool) {
	return func(yield func(mark byte, data []byte) bool) {
		for i := 2; ; {
			next := bytes.IndexByte(b[min(i, len(b)):], 0xff)
			if next < 0 || i+next+1 >= len(b) {
				return
			}
			i += next + 1
			mark := b[i]
			switch {
			case mark == 0xff: // fills
				continue
			case mark == 0 || mark >= markRST0 && mark <= markRST7: // within what is coded
				i++
				continue
			case mark == markEOI || i+3 > len(b):
				return
			}
			length := int(binary.BigEndian.Uint16(b[i+1:]))
			if length < 2 {
				return
			}
			if !yield(mark, b[min(i+3, len(b)):min(i+1+length, len(b))]) {
				return
			}
			i += 1 + length
		}
	}
}
