// Package augment changes the bytes of images as torchvision's transforms do with those of Pillow: ColorJitter,
// RandAugment, TrivialAugmentWide and RandomResizedCrop. Each operation has Pillow's values, to the bit.
package augment

// Image is [Height, Width, Channels] bytes, with 3 channels for RGB or 1 for grey. Operations change Pix in place.
type Image struct {
	Pix                     []uint8
	Height, Width, Channels int
}

// blend is a at factor 0 and b at 1. Between and beyond them it is cut off to a byte.
func blend(a, b uint8, factor float32) uint8 {
	v := float32(a) + float32(factor*(float32(b)-float32(a))) // rounded: no fused operations
	return uint8(min(max(v, 0), 255))
}

// luma is the grey of a pixel, as Pillow converts it (ITU-R BT.601).
func luma(p []uint8) uint8 {
	if len(p) == 1 {
		return p[0]
	}
	return uint8((19595*uint32(p[0]) + 38470*uint32(p[1]) + 7471*uint32(p[2]) + 1<<15) >> 16)
}

// pixels calls do with each pixel [Channels].
func (m Image) pixels(do func(p []uint8)) {
	for i := 0; i < len(m.Pix); i += m.Channels {
		do(m.Pix[i : i+m.Channels])
	}
}

// values replaces each value v by of(v).
func (m Image) values(of func(v uint8) uint8) {
	var to [256]uint8
	for v := range to {
		to[v] = of(uint8(v))
	}
	for i, v := range m.Pix {
		m.Pix[i] = to[v]
	}
}

// levels replaces each value v of channel c by table(histogram of c)[v].
func (m Image) levels(table func(histogram *[256]int) [256]uint8) {
	for c := range m.Channels {
		var histogram [256]int
		for i := c; i < len(m.Pix); i += m.Channels {
			histogram[m.Pix[i]]++
		}
		to := table(&histogram)
		for i := c; i < len(m.Pix); i += m.Channels {
			m.Pix[i] = to[m.Pix[i]]
		}
	}
}
