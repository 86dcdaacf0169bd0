package picture

// Mode says how the file b, of which ReadHeader reports no error, stores its pixels: "grey", "palette", "RGB" or
// "CMYK", then " of 16 bits" and " with alpha" where it has them. YCbCr is RGB, and a palette has its colours alone.
func Mode(b []byte) string {
	f, err := find(b)
	if err != nil {
		return ""
	}
	return f.mode(b)
}

// mode joins what a file stores of a pixel.
func mode(colours string, alpha bool, bits int) string {
	if bits == 16 {
		colours += " of 16 bits"
	}
	if alpha {
		colours += " with alpha"
	}
	return colours
}

func pngMode(b []byte) string {
	const depth, colourType, palette, coloured, alpha = 24, 25, 1, 2, 4 // places in the file, and bits of the type
	colours := "grey"
	switch t := b[colourType]; {
	case t&palette != 0:
		colours = "palette"
	case t&coloured != 0:
		colours = "RGB"
	}
	return mode(colours, b[colourType]&alpha != 0, int(b[depth]))
}

func jpegMode(b []byte) string {
	h, _ := readJPEG(b)
	switch h.components {
	case 1:
		return "grey"
	case 4:
		return "CMYK"
	}
	return "RGB"
}

func webpMode(b []byte) string {
	alpha := false
	if extended := chunk(b[12:], "VP8X"); len(extended) > 0 {
		alpha = extended[0]&(1<<4) != 0
	} else if lossless := chunk(b[12:], "VP8L"); len(lossless) >= 5 {
		alpha = lossless[4]&(1<<4) != 0 // after a byte and two sizes of 14 bits
	}
	return mode("RGB", alpha, 8)
}

func gifMode([]byte) string { return "palette" }

func bmpMode(b []byte) string {
	m, _ := readBMP(b)
	if m.bits <= 8 {
		return "palette"
	}
	return mode("RGB", m.masks[3] != 0, 8)
}

func tiffMode(b []byte) string {
	p, err := readPage(b)
	if err != nil {
		return ""
	}
	colours := "grey"
	switch p.photometric {
	case tiffRGB, tiffYCbCr:
		colours = "RGB"
	case tiffPalette:
		colours = "palette"
	case tiffCMYK:
		colours = "CMYK"
	}
	return mode(colours, p.alpha > 0, p.bits)
}
