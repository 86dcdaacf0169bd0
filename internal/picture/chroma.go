package picture

import "image"

// smooth is an image of YCbCr 4:2:0, 4:2:2 or 4:4:0 whose chroma is interpolated between its samples, as libjpeg and
// libwebp do. Package image repeats samples instead, which is as far off as a colour changes.
type smooth struct {
	*image.YCbCr

	alpha       []byte // nil for an opaque image
	alphaStride int

	rgb func(y, cb, cr uint8) (r, g, b uint8)
}

// Opaque reports whether the image shows nothing behind it.
func (m *smooth) Opaque() bool {
	for y := 0; m.alpha != nil && y < m.Rect.Dy(); y++ {
		for _, a := range m.alpha[y*m.alphaStride:][:m.Rect.Dx()] {
			if a != 255 {
				return false
			}
		}
	}
	return true
}

// steps are the pixels for each sample of chroma, across and down: 1 or 2.
func (m *smooth) steps() (across, down int) {
	switch m.SubsampleRatio {
	case image.YCbCrSubsampleRatio422:
		return 2, 1
	case image.YCbCrSubsampleRatio440:
		return 1, 2
	}
	return 2, 2
}

// rows writes rows from y on to dst as RGBA.
func (m *smooth) rows(dst []byte, y, rows int) {
	w := m.Rect.Dx()
	across, down := m.steps()
	sums := make([]int, (w+across-1)/across)
	cb, cr := make([]uint8, w), make([]uint8, w)
	for ; rows > 0; y, rows = y+1, rows-1 {
		near, far := neighbours(y, down, (m.Rect.Dy()+down-1)/down)
		near, far = near*m.CStride, far*m.CStride
		interpolate(cb, m.Cb[near:], m.Cb[far:], sums, across)
		interpolate(cr, m.Cr[near:], m.Cr[far:], sums, across)
		for x, luma := range m.Y[y*m.YStride:][:w] {
			p := dst[4*x : 4*x+4 : 4*x+4]
			p[0], p[1], p[2] = m.rgb(luma, cb[x], cr[x])
			p[3] = 255
			if m.alpha != nil {
				p[3] = m.alpha[y*m.alphaStride+x]
			}
		}
		dst = dst[4*w:]
	}
}

// neighbours are the two of n rows of samples that lie about row y, the nearer one first.
func neighbours(y, step, n int) (near, far int) {
	if step == 1 {
		return y, y
	}
	return y / 2, min(max(y/2-1+y%2*2, 0), n-1)
}

// interpolate writes a row of chroma between two rows of samples: 3/4 of the nearer and 1/4 of the farther one, down
// and across. Sums is memory for a row of samples.
func interpolate(dst, near, far []uint8, sums []int, step int) {
	for i := range sums {
		sums[i] = 3*int(near[i]) + int(far[i])
	}
	if step == 1 {
		for x, s := range sums {
			dst[x] = uint8((s + 2) >> 2)
		}
		return
	}
	last := len(sums) - 1
	for i, s := range sums {
		dst[2*i] = uint8((3*s + sums[max(i-1, 0)] + 8) >> 4)
		if 2*i+1 < len(dst) {
			dst[2*i+1] = uint8((3*s + sums[min(i+1, last)] + 8) >> 4)
		}
	}
}

// videoRGB converts colours with the range of video, 16 to 235 for luma and 16 to 240 for chroma, in the fixed point of
// libwebp.
func videoRGB(y, cb, cr uint8) (r, g, b uint8) {
	luma, blue, red := int(y)*19077>>8, int(cb), int(cr)
	return clip(luma + red*26149>>8 - 14234), clip(luma - blue*6419>>8 - red*13320>>8 + 8708),
		clip(luma + blue*33050>>8 - 17685)
}

// clip drops the six bits behind the point.
func clip(v int) uint8 { return uint8(min(max(v>>6, 0), 255)) }
