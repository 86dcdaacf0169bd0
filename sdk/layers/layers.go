// Package layers lists layers at which operations are tried: those that networks have, and a few small and wide ones.
package layers

import (
	"slices"
	"strings"

	"github.com/nse-dev/nse/sdk"
)

// Network is a built-in macro-architecture, as far as the places of its operations go.
type Network struct {
	Name       string
	StemStride int
	// Channels are those behind the stem, and behind each R and E of Letters.
	Channels []int
	// Letters are the layers: N keeps channels and size, R halves the size, E keeps the size. Blanks are ignored.
	Letters string
	Size    int // of images in pixels, usually
}

// Networks are the built-in macro-architectures. The caller may change the result.
func Networks() []Network {
	return []Network{
		{"small", 1, []int{16, 24, 40}, "N R N R N", 32},
		{"flops", 2, []int{16, 24, 40, 80, 96, 192, 320}, "N R NNN R NNN R NNN E NNN R NNN E", 224},
		{"latency", 2, []int{16, 32, 64, 128, 256}, "N R NNN R NNN R NNNNNNN R NNN", 224},
	}
}

// Chain is the searched layers behind a stem whose output has shape at. channels are those behind each R and E.
func Chain(letters string, channels []int, at sdk.Shape, a sdk.Activation, squeezeExcite bool) (list []sdk.Layer) {
	for i, letter := range strings.Join(strings.Fields(letters), "") {
		l := sdk.Layer{Index: i, In: at.Channels, Out: at.Channels, Stride: 1, Height: at.Height, Width: at.Width,
			Activation: a, SqueezeExcite: squeezeExcite}
		if letter != 'N' {
			l.Out, channels = channels[0], channels[1:]
		}
		if letter == 'R' {
			l.Stride = 2
		}
		list = append(list, l)
		at = l.Output()
	}
	return list
}

// OfNetworks lists the layers of the built-in macro-architectures, each kind once: on images of their size, and on
// images that are not square and have odd sizes on the way.
func OfNetworks() (list []sdk.Layer) {
	for _, n := range Networks() {
		for _, size := range [][2]int{{n.Size, n.Size}, {n.Size + 1, n.Size - 6}} {
			stem := sdk.Shape{Height: (size[0] + n.StemStride - 1) / n.StemStride,
				Width: (size[1] + n.StemStride - 1) / n.StemStride, Channels: n.Channels[0]}
			for _, l := range Chain(n.Letters, n.Channels[1:], stem, sdk.ReLU, false) {
				l.Index = 0
				if !slices.Contains(list, l) {
					list = append(list, l)
				}
			}
		}
	}
	return list
}

// Wide returns the two layers at which every operation of a pool is built: their channels have many divisors.
func Wide() []sdk.Layer {
	return []sdk.Layer{
		{In: 240, Out: 240, Stride: 1, Height: 16, Width: 16},
		{In: 240, Out: 480, Stride: 2, Height: 16, Width: 16},
	}
}

// Small returns a normal layer and a reduction that are small enough for central differences. The activation is swish,
// which has a derivative everywhere.
func Small() []sdk.Layer {
	return []sdk.Layer{
		{In: 8, Out: 8, Stride: 1, Height: 5, Width: 6, Activation: sdk.Swish},
		{In: 8, Out: 16, Stride: 2, Height: 5, Width: 6, Activation: sdk.Swish},
	}
}
