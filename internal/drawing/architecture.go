package drawing

import (
	"errors"
)

// Architectures are networks side by side, each from its image down to its classes (the paper's Figure 8). An empty
// list draws title and legend alone.
type Architectures struct {
	Title string // above all of them; empty: no title
	List  []Architecture
}

// Architecture is a network as a chain of layers between two fixed parts.
type Architecture struct {
	Name   string
	Facts  []string // lines beneath the name, such as accuracy and cost
	Image  string   // shape of the stem's input, such as 224×224×3
	Stem   string   // what the stem does, such as "stem: 3×3, stride 2"
	Inner  string   // shape of the stem's output
	Layers []Layer
	Head   string // what follows the last layer, down to the classes
}

// Layer is a place for operations. Its output is the mean of its blocks' outputs unless Join names another rule.
type Layer struct {
	Output   string // shape of the output, such as 56×56×24
	Normal   bool   // channels and resolution stay; false: a dashed line follows
	Identity bool   // the input has a part in the output, and an identity path is drawn
	Join     string // written beside the layer; empty for the mean
	Blocks   []Block
}

// Block is an operation, whose figures stand in it.
type Block struct {
	Name     string   // above the figures; empty: the figures say all of it
	Family   string   // gives the colour
	Kernels  [][2]int // height and width, of convolutions and pooling; the longest side gives the block's height
	Expand   float64  // inner channels by input channels, gives the block's width; 0: no inner tensor
	Dilation int      // written if it is more than 1
	Groups   []int    // of convolutions, written unless all are 1
	SE       bool     // squeeze-and-excite
}

// SVG draws the architectures in rows of eight. Their layers stand at common heights in each row.
func (a Architectures) SVG() ([]byte, error) {
	d := a.layOut()
	return svgSheet(d.width, d.height, d.letters, d.draw)
}

// PNG draws the same picture as SVG, at 144 dots per inch. A picture of more than 64 million pixels takes fewer dots
// per inch. PNG returns an error if it would take fewer than 72.
func (a Architectures) PNG() ([]byte, error) {
	d := a.layOut()
	b, err := pngSheet(d.width, d.height, d.letters, d.draw)
	if err == errTooLarge {
		err = errors.New("the drawing is too large for a PNG: draw fewer architectures, or an SVG")
	}
	return b, err
}
