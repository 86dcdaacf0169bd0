package data

// WithChannels is the set with images of n channels, 1 or 3, where it has the other number of these two. Grey becomes
// three equal channels, and colours become their brightness. What is stored stays as it is: batches are made so. The
// caller gives the result a normalisation.
func (set *Set) WithChannels(n int) *Set {
	if set.Channels == n {
		return set
	}
	other := *set
	other.Channels, other.stored = n, set.channels()
	return &other
}

// channels is the number of channels that are stored of an image.
func (set *Set) channels() int {
	if set.stored > 0 {
		return set.stored
	}
	return set.Channels
}

// pixels are the bytes of image i with the channels of the set. They are valid until the next call.
func (d *developer) pixels(i int) []uint8 {
	channels := d.set.channels()
	stored := d.split.Images[i]
	if channels == d.set.Channels {
		return stored
	}
	if d.converted == nil {
		d.converted = make([]uint8, len(d.raw))
	}
	if channels == 1 {
		for j := range d.converted {
			d.converted[j] = stored[j/3]
		}
	} else {
		brightness(d.converted, stored)
	}
	return d.converted
}

// brightness writes that of colours, rgb [3·len(dst)], to dst, which may be the beginning of rgb. The weights are those
// of image/color: grey stays as it is.
func brightness(dst, rgb []uint8) {
	for p := range dst {
		r, g, b := uint32(rgb[3*p]), uint32(rgb[3*p+1]), uint32(rgb[3*p+2])
		dst[p] = uint8((19595*r + 38470*g + 7471*b + 1<<15) >> 16)
	}
}
