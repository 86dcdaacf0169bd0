package augment

// posterize keeps so many upper bits of values, 0 to 8.
func (m Image) posterize(bits int) {
	m.values(func(v uint8) uint8 { return v &^ uint8(0xff>>bits) })
}

// solarize inverts values from a threshold on.
func (m Image) solarize(threshold float64) {
	m.values(func(v uint8) uint8 {
		if float64(v) >= threshold {
			return 255 - v
		}
		return v
	})
}

// autoContrast spreads the values of each channel over 0 to 255.
func (m Image) autoContrast() {
	m.levels(func(histogram *[256]int) (to [256]uint8) {
		low, high := 0, 255
		for low < 255 && histogram[low] == 0 {
			low++
		}
		for high > 0 && histogram[high] == 0 {
			high--
		}
		scale := 255 / float64(high-low)
		for v := range to {
			to[v] = uint8(v)
			if high > low {
				at := float64(float64(v)*scale) - float64(float64(low)*scale) // rounded: no fused operations
				to[v] = uint8(min(max(at, 0), 255))
			}
		}
		return to
	})
}

// equalize spreads the values of each channel so that all are about equally frequent.
func (m Image) equalize() {
	m.levels(func(histogram *[256]int) (to [256]uint8) {
		last := 255
		for last > 0 && histogram[last] == 0 {
			last--
		}
		step := (m.Height*m.Width - histogram[last]) / 255
		n := step / 2
		for v := range to {
			to[v] = uint8(v)
			if step > 0 {
				to[v] = uint8(min(n/step, 255))
			}
			n += histogram[v]
		}
		return to
	})
}
