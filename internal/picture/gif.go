package picture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/draw"
	"image/gif"
	"io"
	"math"
	"slices"
)

func gifHeader(b []byte) (h Header, err error) {
	if len(b) < gifHead {
		return h, errEarly
	}
	frame, err := gifFrame(b)
	if err != nil {
		return h, err
	}
	h.Width = max(int(le16(b[6:])), int(le16(frame))+int(le16(frame[4:])))
	h.Height = max(int(le16(b[8:])), int(le16(frame[2:]))+int(le16(frame[6:])))
	return h, nil
}

const gifHead = 13 // bytes before the table of colours

// gifFrame finds the place and the size of the first frame: 16 bits each for left, top, width and height.
func gifFrame(b []byte) ([]byte, error) {
	at := gifHead
	if flags := b[10]; flags&0x80 != 0 {
		at += 3 << (flags&7 + 1)
	}
	for at+9 < len(b) {
		switch b[at] {
		case 0x2c: // frame
			return b[at+1 : at+9], nil
		case 0x21: // extension: its kind, and blocks that begin with their length
			for at += 2; at < len(b) && b[at] > 0; {
				at += 1 + int(b[at])
			}
			at++
		case 0x3b: // end
			return nil, errors.New("no frame")
		default:
			return nil, fmt.Errorf("unknown block 0x%02x", b[at])
		}
	}
	return nil, errEarly
}

// decodeGIF decodes the first frame, on its logical screen, which grows to hold it. The screen is transparent where the
// frame leaves it.
func decodeGIF(b []byte) (m image.Image, grey bool, err error) {
	h, err := gifHeader(b)
	if err != nil {
		return nil, false, err
	}
	head := slices.Clone(b[:gifHead])
	binary.LittleEndian.PutUint16(head[6:], uint16(min(h.Width, math.MaxUint16)))
	binary.LittleEndian.PutUint16(head[8:], uint16(min(h.Height, math.MaxUint16)))
	m, err = gif.Decode(io.MultiReader(bytes.NewReader(head), bytes.NewReader(b[gifHead:])))
	if err != nil {
		return nil, false, err
	}
	frame := m.(*image.Paletted)
	grey = onlyGreys(frame.Palette)
	if screen := image.Rect(0, 0, h.Width, h.Height); frame.Rect != screen {
		canvas := image.NewNRGBA(screen)
		draw.Draw(canvas, frame.Rect, frame, frame.Rect.Min, draw.Src)
		return canvas, grey, nil
	}
	return frame, grey, nil
}
