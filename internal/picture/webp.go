package picture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"

	"golang.org/x/image/webp"
)

var errFrame = errors.New("a frame that lies outside the canvas")

func isWebP(b []byte) bool {
	return len(b) >= 16 && string(b[:4]) == "RIFF" && string(b[8:15]) == "WEBPVP8"
}

func webpHeader(b []byte) (Header, error) {
	c, err := webp.DecodeConfig(bytes.NewReader(b))
	h := Header{Width: c.Width, Height: c.Height}
	if exif := chunk(b[12:], "EXIF"); exif != nil {
		h.Orientation = exifOrientation(exif)
	}
	return h, err
}

func decodeWebP(b []byte) (m image.Image, grey bool, err error) {
	if frame := chunk(b[12:], "ANMF"); frame != nil {
		m, err = decodeFrame(b, frame)
		return m, false, err
	}
	m, err = webp.Decode(bytes.NewReader(b))
	return fromVideo(m), false, err
}

// chunk finds the data of the first chunk with a name: four letters, the length, data padded to even bytes.
func chunk(b []byte, name string) []byte {
	for len(b) >= 8 {
		length := uint64(binary.LittleEndian.Uint32(b[4:]))
		if length > uint64(len(b)-8) {
			return nil
		}
		if string(b[:4]) == name {
			return b[8 : 8+length]
		}
		b = b[min(8+length+length%2, uint64(len(b))):]
	}
	return nil
}

// decodeFrame decodes a frame of the animation b onto its canvas, which is transparent where the frame leaves it. The
// frame has its place, size, duration and flags in 16 bytes, and goes on like a file.
func decodeFrame(b, frame []byte) (image.Image, error) {
	h, err := webpHeader(b)
	if err != nil {
		return nil, err
	}
	if len(frame) < 16 {
		return nil, errEarly
	}
	at := image.Pt(2*int(uint24(frame)), 2*int(uint24(frame[3:])))
	bounds := image.Rect(0, 0, 1+int(uint24(frame[6:])), 1+int(uint24(frame[9:]))).Add(at)
	canvas := image.NewNRGBA(image.Rect(0, 0, h.Width, h.Height))
	if !bounds.In(canvas.Rect) {
		return nil, errFrame
	}
	m, err := webp.Decode(bytes.NewReader(stillWebP(frame[6:12], frame[16:])))
	if err != nil {
		return nil, err
	}
	rows := reader(fromVideo(m))
	for y := range bounds.Dy() {
		rows(canvas.Pix[canvas.PixOffset(at.X, at.Y+y):], y, 1)
	}
	return canvas, nil
}

// stillWebP is a file of one picture with a size of six bytes and chunks.
func stillWebP(size, chunks []byte) []byte {
	var flags byte
	if bytes.HasPrefix(chunks, []byte("ALPH")) {
		flags = 1 << 4
	}
	b := append([]byte("RIFF\x00\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00"), flags, 0, 0, 0)
	b = append(append(b, size...), chunks...)
	binary.LittleEndian.PutUint32(b[4:], uint32(len(b)-8))
	return b
}

func uint24(b []byte) uint32 { return uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 }

// fromVideo gives the colours of a lossy WebP their range, which is that of video. Package webp returns them as if they
// had the full range of a JPEG.
func fromVideo(m image.Image) image.Image {
	switch m := m.(type) {
	case *image.YCbCr:
		return &smooth{YCbCr: m, rgb: videoRGB}
	case *image.NYCbCrA:
		return &smooth{YCbCr: &m.YCbCr, alpha: m.A, alphaStride: m.AStride, rgb: videoRGB}
	}
	return m
}
