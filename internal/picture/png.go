package picture

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/png"
)

func pngHeader(b []byte) (h Header, err error) {
	c, err := png.DecodeConfig(bytes.NewReader(b))
	if err != nil {
		return h, err
	}
	return Header{Width: c.Width, Height: c.Height, Orientation: pngOrientation(b)}, err
}

func decodePNG(b []byte) (m image.Image, grey bool, err error) {
	const colourType, coloured = 25, 2 // a place in the file, and a bit of the byte there
	m, err = png.Decode(bytes.NewReader(b))
	return m, err == nil && b[colourType]&coloured == 0, err
}

// pngOrientation reads the eXIf chunk: length, name, data and checksum, like every chunk after the signature.
func pngOrientation(b []byte) int {
	for b = b[8:]; len(b) >= 12; {
		length := uint64(binary.BigEndian.Uint32(b))
		if length > uint64(len(b)-12) {
			return 0
		}
		if string(b[4:8]) == "eXIf" {
			return exifOrientation(b[8 : 8+length])
		}
		b = b[12+length:]
	}
	return 0
}
