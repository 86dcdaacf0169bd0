package augment

// brightness scales all values: 0 is black, and 1 leaves them.
func (m Image) brightness(factor float64) {
	m.values(func(v uint8) uint8 { return blend(0, v, float32(factor)) })
}

// contrast scales the distance from the mean grey: 0 is grey all over.
func (m Image) contrast(factor float64) {
	sum := 0
	m.pixels(func(p []uint8) { sum += int(luma(p)) })
	mean := uint8(float64(sum)/float64(m.Height*m.Width) + 0.5)
	m.values(func(v uint8) uint8 { return blend(mean, v, float32(factor)) })
}

// saturation scales the distance of pixels from their grey: 0 is a grey image. A grey image stays.
func (m Image) saturation(factor float64) {
	m.pixels(func(p []uint8) {
		grey := luma(p)
		for c, v := range p {
			p[c] = blend(grey, v, float32(factor))
		}
	})
}

// sharpness scales the distance from the smoothed image: 0 is smooth, and 2 sharpens. The border stays.
func (m Image) sharpness(factor float64) {
	was := append([]uint8(nil), m.Pix...)
	line := m.Width * m.Channels
	for y := 1; y < m.Height-1; y++ {
		for i := y*line + m.Channels; i < (y+1)*line-m.Channels; i++ {
			sum := 4 * int(was[i])
			for _, row := range [3]int{i - line, i, i + line} {
				sum += int(was[row-m.Channels]) + int(was[row]) + int(was[row+m.Channels])
			}
			m.Pix[i] = blend(uint8((2*sum+13)/26), was[i], float32(factor))
		}
	}
}

// hue turns the colours by a part of the circle, −0.5 to 0.5. A grey image stays.
func (m Image) hue(part float64) {
	if m.Channels == 1 {
		return
	}
	turn := uint8(int8(part * 255)) // as a byte it turns back for a negative part
	m.pixels(func(p []uint8) {
		h, s, v := hsv(p[0], p[1], p[2])
		p[0], p[1], p[2] = rgb(h+turn, s, v)
	})
}

// hsv is a colour with all three in bytes, as Pillow converts it.
func hsv(r, g, b uint8) (h, s, v uint8) {
	least, most := min(r, g, b), max(r, g, b)
	if least == most {
		return 0, 0, most
	}
	span := float32(most - least)
	from := func(c uint8) float64 { return float64(float32(most-c) / span) }
	var at float32
	switch most {
	case r:
		at = float32(from(b) - from(g))
	case g:
		at = float32(2 + from(r) - from(b))
	default:
		at = float32(4 + from(g) - from(r))
	}
	turn := float64(at)/6 + 1 // the rest of it by 1 is the hue
	if turn >= 1 {
		turn--
	}
	return uint8(float64(float32(turn)) * 255), uint8(float64(span/float32(most)) * 255), most
}

// rgb is the inverse of hsv, but for rounding.
func rgb(h, s, v uint8) (r, g, b uint8) {
	if s == 0 {
		return v, v, v
	}
	sixth := int(h) * 6 / 255
	f := float64(float32(float64(h)*6/255 - float64(sixth)))
	part := func(of float64) uint8 { return uint8(float64(float64(v)*(1-of)) + 0.5) }
	strong := float64(float32(s) / 255)
	p, q, t := part(strong), part(float64(strong*f)), part(float64(strong*(1-f)))
	switch sixth % 6 {
	case 0:
		return v, t, p
	case 1:
		return q, v, p
	case 2:
		return p, v, t
	case 3:
		return p, q, v
	case 4:
		return t, p, v
	}
	return v, p, q
}
