package drawing

import (
	"errors"
	"math"

	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
)

// Architectures are networks side by side, each from its image down to its classes (the paper's Figure 8).
type Architectures struct {
	Title string // above all of them; none if it is empty
	List  []Architecture
}

// Architecture is a network as a chain of layers between two fixed parts.
type Architecture struct {
	Name   string
	Facts  []string // lines beneath the name, such as its accuracy and cost
	Image  string   // shape of what enters the stem
	Stem   string   // what it is
	Inner  string   // shape of what comes from it
	Layers []Layer
	Head   string // what follows the last layer
}

// Layer is a place for operations, whose output is the mean of its blocks, and of its input if it is normal.
type Layer struct {
	Output string // its shape, such as 56×56×24
	Normal bool   // it keeps channels and resolution and has an identity path; otherwise a line is drawn after it
	Blocks []Block
}

// Block is an operation.
type Block struct {
	Name     string   // written in it; empty where the figures say all of it
	Family   string   // gives its colour
	Kernels  [][2]int // of convolutions and pooling, height and width: the longest side gives its height
	Expand   float64  // width of its inner tensors in input channels, gives its width; 0 without one
	Dilation int      // written if it is more than 1
	Groups   []int    // of its convolutions, written unless all are 1
	SE       bool     // squeeze-and-excite
}

// SVG draws the architectures as SVG.
func (a Architectures) SVG() ([]byte, error) {
	d := a.layOut()
	return svgSheet(d.width, d.height, d.letters, d.draw)
}

// PNG draws the architectures as PNG, at 144 dots per inch if that makes no more than 64 million pixels.
func (a Architectures) PNG() ([]byte, error) {
	const best, least, most = 144, 72, 64e6
	d := a.layOut()
	dpi := int(min(best, math.Sqrt(most/(d.width.Dots(1)*d.height.Dots(1)))))
	if dpi < least {
		return nil, errors.New("the drawing is too large for a PNG: draw fewer architectures, or an SVG")
	}
	page := vgimg.PngCanvas{Canvas: vgimg.NewWith(vgimg.UseWH(d.width, d.height), vgimg.UseDPI(dpi))}
	return paint(page, func(c draw.Canvas) { d.draw(sheet{c, d.letters, nil}) })
}
