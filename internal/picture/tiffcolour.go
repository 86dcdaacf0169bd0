package picture

import (
	"encoding/binary"
	"image"
	"image/color"
)

// canvas returns an image for the page, and a function that writes samples of a row to it, from x on.
func (p *page) canvas() (m image.Image, store func(row []uint16, x, y int)) {
	bounds := image.Rect(0, 0, p.width, p.height)
	switch {
	case p.photometric == tiffCMYK:
		m := image.NewCMYK(bounds)
		return m, func(row []uint16, x, y int) { p.storeCMYK(m.Pix[m.PixOffset(x, y):], row) }
	case p.photometric == tiffPalette:
		m := image.NewRGBA(bounds)
		table := p.palette()
		return m, func(row []uint16, x, y int) { p.storeIndices(m.Pix[m.PixOffset(x, y):], row, table) }
	case p.photometric == tiffYCbCr:
		m := image.NewRGBA(bounds)
		return m, func(row []uint16, x, y int) { p.storeYCbCr(m.Pix[m.PixOffset(x, y):], row) }
	case p.colours() == 1 && p.alpha == 0 && p.bits == 16:
		m := image.NewGray16(bounds)
		return m, func(row []uint16, x, y int) { p.storeGrey16(m.Pix[m.PixOffset(x, y):], row) }
	case p.colours() == 1 && p.alpha == 0:
		m := image.NewGray(bounds)
		return m, func(row []uint16, x, y int) { p.storeGrey(m.Pix[m.PixOffset(x, y):], row) }
	case p.bits == 16:
		m := image.NewNRGBA64(bounds)
		return m, func(row []uint16, x, y int) { p.storeColour16(m.Pix[m.PixOffset(x, y):], row) }
	}
	m8 := image.NewNRGBA(bounds)
	return m8, func(row []uint16, x, y int) { p.storeColour(m8.Pix[m8.PixOffset(x, y):], row) }
}

// scale8 scales a sample to 8 bits; of 16, the high ones stay.
func (p *page) scale8(v uint16) uint8 {
	switch p.bits {
	case 16:
		return uint8(v >> 8)
	case 8:
		return uint8(v)
	}
	return uint8(int(v) * 255 / (1<<p.bits - 1))
}

// level turns a grey level for which white is zero about.
func (p *page) level(v uint16) uint16 {
	if p.photometric == whiteIsZero {
		return 1<<p.bits - 1 - v
	}
	return v
}

func (p *page) storeGrey(pix []byte, row []uint16) {
	for i := 0; i < len(row); i += p.samples {
		pix[i/p.samples] = p.scale8(p.level(row[i]))
	}
}

func (p *page) storeGrey16(pix []byte, row []uint16) {
	for i := 0; i < len(row); i += p.samples {
		binary.BigEndian.PutUint16(pix[i/p.samples*2:], p.level(row[i]))
	}
}

// straight is a pixel as RGB, not premultiplied, and its alpha, all with the bits of a sample.
func (p *page) straight(s []uint16) (c [4]uint16) {
	whole := uint16(1<<p.bits - 1)
	if p.colours() == 1 {
		v := p.level(s[0])
		c = [4]uint16{v, v, v, whole}
	} else {
		c = [4]uint16{s[0], s[1], s[2], whole}
	}
	if p.alpha == 0 {
		return c
	}
	c[3] = s[p.samples-1]
	for i, v := range c[:3] {
		if p.alpha == 1 && c[3] > 0 {
			c[i] = uint16(min((uint32(v)*uint32(whole)+uint32(c[3])/2)/uint32(c[3]), uint32(whole)))
		}
	}
	return c
}

func (p *page) storeColour(pix []byte, row []uint16) {
	for i := 0; i < len(row); i += p.samples {
		c := p.straight(row[i : i+p.samples])
		for j, v := range c {
			pix[j] = p.scale8(v)
		}
		pix = pix[4:]
	}
}

func (p *page) storeColour16(pix []byte, row []uint16) {
	for i := 0; i < len(row); i += p.samples {
		c := p.straight(row[i : i+p.samples])
		for j, v := range c {
			binary.BigEndian.PutUint16(pix[2*j:], v)
		}
		pix = pix[8:]
	}
}

func (p *page) storeCMYK(pix []byte, row []uint16) {
	for i := 0; i < len(row); i += p.samples {
		for j, v := range row[i : i+4] {
			pix[j] = p.scale8(v)
		}
		pix = pix[4:]
	}
}

func (p *page) storeYCbCr(pix []byte, row []uint16) {
	for i := 0; i < len(row); i += p.samples {
		r, g, b := color.YCbCrToRGB(uint8(row[i]), uint8(row[i+1]), uint8(row[i+2]))
		copy(pix[i/p.samples*4:], []byte{r, g, b, 255})
	}
}

// palette is the table of colours: all reds, all greens, all blues, with 16 bits each. What is missing is black.
func (p *page) palette() *[256][4]byte {
	var table [256][4]byte
	n := 1 << p.bits
	for i := range n {
		for c := range 3 {
			table[i][c] = uint8(p.value(tagColorMap, c*n+i, 0) >> 8)
		}
		table[i][3] = 255
	}
	return &table
}

func (p *page) storeIndices(pix []byte, row []uint16, table *[256][4]byte) {
	for i := 0; i < len(row); i += p.samples {
		copy(pix[i/p.samples*4:], table[row[i]][:])
	}
}
