package data

import (
	"encoding/hex"
	"errors"
	"fmt"
	"image/color"
	"strings"
)

// Colour is the text that ParseColour reads.
func Colour(c color.RGBA) string { return fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B) }

// ParseColour reads a colour such as #ffcc00.
func ParseColour(text string) (color.RGBA, error) {
	b, err := hex.DecodeString(strings.TrimPrefix(text, "#"))
	if err != nil || len(b) != 3 || text[0] != '#' {
		return color.RGBA{}, errors.New("want a colour such as #ffffff, which is white")
	}
	return color.RGBA{b[0], b[1], b[2], 255}, nil
}
