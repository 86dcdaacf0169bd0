package inspection

import (
	"image"
	"image/draw"
	"math"
	"slices"
)

const (
	side = 32 // of the small picture that a hash is made of
	rows = 11 // frequencies of its cosine transform that are looked at, in each direction

	// flat is the standard deviation of a small picture, in levels of 255, below which a hash would be of noise.
	flat = 2
	// plain is how far the levels of a picture of one colour may lie apart.
	plain = 4
)

// fingerprint is what is kept of a picture to find others that look like it.
type fingerprint struct {
	hash uint64 // 0 if flat: its bits are half ones otherwise
	// small is the picture in YCbCr: 8×8 of luma, and 4×4 of either chroma.
	small [96]uint8
	plain bool // of one colour
}

// fingerprintOf looks at an opaque picture.
func fingerprintOf(m image.Image) (f fingerprint) {
	list := planes(m)
	f.plain = true
	for _, p := range list {
		f.plain = f.plain && p.plain()
	}
	small := [3][]float64{}
	for i, p := range list {
		small[i] = p.shrink()
	}
	y, cb, cr := small[0], small[1], small[2]
	switch m.(type) {
	case *image.YCbCr:
	case *image.Gray, *image.Gray16:
		cb = slices.Repeat([]float64{128}, side*side)
		cr = cb
	default:
		y, cb, cr = toYCbCr(small)
	}
	reduce(f.small[:64], y)
	reduce(f.small[64:80], cb)
	reduce(f.small[80:], cr)
	f.hash = perceptual(y)
	return f
}

// toYCbCr converts red, green and blue, as JPEG does.
func toYCbCr(rgb [3][]float64) (y, cb, cr []float64) {
	y, cb, cr = make([]float64, side*side), make([]float64, side*side), make([]float64, side*side)
	for i := range y {
		r, g, b := rgb[0][i], rgb[1][i], rgb[2][i]
		y[i] = 0.299*r + 0.587*g + 0.114*b
		cb[i], cr[i] = 128+0.564*(b-y[i]), 128+0.713*(r-y[i])
	}
	return y, cb, cr
}

// reduce writes the means of equal squares of a small picture.
func reduce(dst []uint8, from []float64) {
	n := int(math.Sqrt(float64(len(dst))))
	each := side / n
	for i := range dst {
		sum := 0.0
		for p := range each * each {
			sum += from[(i/n*each+p/each)*side+i%n*each+p%each]
		}
		dst[i] = uint8(sum/float64(each*each) + 0.5)
	}
}

// perceptual is a hash of 64 bits that pictures that look alike share but for a few. Each bit says whether a low
// frequency of the cosine transform is stronger than their median. The mean of the picture has none. The hash of a
// flat picture is 0.
func perceptual(luma []float64) (hash uint64) {
	mean, square := 0.0, 0.0
	for _, v := range luma {
		mean += v / float64(len(luma))
		square += v * v / float64(len(luma))
	}
	if square-mean*mean < flat*flat {
		return 0
	}
	coefficients := make([]float64, 0, 66)
	half := make([]float64, rows*side) // [frequency down, x]
	for v := range rows {
		for x := range side {
			for y := range side {
				half[v*side+x] += luma[y*side+x] * cosines[v][y]
			}
		}
	}
	for sum := 1; sum < rows; sum++ { // the lowest frequencies first
		for v := range sum + 1 {
			c := 0.0
			for x := range side {
				c += half[v*side+x] * cosines[sum-v][x]
			}
			coefficients = append(coefficients, c)
		}
	}
	coefficients = coefficients[:64]
	sorted := slices.Sorted(slices.Values(coefficients))
	for i, c := range coefficients {
		if c > sorted[31] {
			hash |= 1 << i
		}
	}
	return hash
}

// cosines are the basis of the transform: [frequency][place].
var cosines = func() (c [rows][side]float64) {
	for u := range rows {
		for x := range side {
			c[u][x] = math.Cos(math.Pi * (float64(x) + 0.5) * float64(u) / side)
		}
	}
	return c
}()

// plane is one channel of a picture.
type plane struct {
	pix                         []uint8
	stride, step, width, height int
}

// planes are the channels of an opaque picture: luma, or luma and two of chroma, or red, green and blue.
func planes(m image.Image) []plane {
	b := m.Bounds()
	w, h := b.Dx(), b.Dy()
	switch m := m.(type) {
	case *image.Gray:
		return []plane{{m.Pix, m.Stride, 1, w, h}}
	case *image.Gray16:
		return []plane{{m.Pix, m.Stride, 2, w, h}}
	case *image.RGBA64:
		return []plane{{m.Pix, m.Stride, 8, w, h}, {m.Pix[2:], m.Stride, 8, w, h}, {m.Pix[4:], m.Stride, 8, w, h}}
	case *image.YCbCr:
		last := m.COffset(b.Max.X-1, b.Min.Y)
		across := last - m.COffset(b.Min.X, b.Min.Y) + 1
		down := (m.COffset(b.Max.X-1, b.Max.Y-1)-last)/m.CStride + 1
		return []plane{{m.Y, m.YStride, 1, w, h}, {m.Cb, m.CStride, 1, across, down},
			{m.Cr, m.CStride, 1, across, down}}
	}
	rgba, is := m.(*image.RGBA)
	if !is {
		rgba = image.NewRGBA(image.Rect(0, 0, w, h))
		draw.Draw(rgba, rgba.Rect, m, b.Min, draw.Src)
	}
	return []plane{{rgba.Pix, rgba.Stride, 4, w, h}, {rgba.Pix[1:], rgba.Stride, 4, w, h},
		{rgba.Pix[2:], rgba.Stride, 4, w, h}}
}

// plain reports whether no level of the plane lies far from another one.
func (p plane) plain() bool {
	low, high := p.pix[0], p.pix[0]
	for y := range p.height {
		row := p.pix[y*p.stride:]
		for x := 0; x < p.width; x++ {
			v := row[x*p.step]
			low, high = min(low, v), max(high, v)
		}
		if high-low > plain {
			return false
		}
	}
	return true
}

// shrink is the plane as side × side means of areas. Pixels count by the part of them that lies in an area, so that
// small planes grow likewise.
func (p plane) shrink() []float64 {
	small, row := make([]float64, side*side), make([]float64, side)
	across := shares(p.width)
	for y, down := range shares(p.height) {
		clear(row)
		from := p.pix[y*p.stride:]
		for x, cells := range across {
			v := float64(from[x*p.step])
			for i, part := range cells.parts {
				row[cells.from+i] += v * part
			}
		}
		for i, part := range down.parts {
			for x, v := range row {
				small[(down.from+i)*side+x] += v * part
			}
		}
	}
	return small
}

// share is how a pixel is divided among consecutive cells.
type share struct {
	from  int
	parts []float64
}

// shares divides n pixels among side cells, each of which gets 1 in all.
func shares(n int) []share {
	list := make([]share, n)
	parts := make([]float64, 0, n+side)
	for i := range list {
		low, high := i*side, (i+1)*side // in parts of a cell: n of them are one
		from, first := low/n, len(parts)
		for c := from; c*n < high; c++ {
			parts = append(parts, float64(min(high, (c+1)*n)-max(low, c*n))/float64(n))
		}
		list[i] = share{from, parts[first:len(parts):len(parts)]}
	}
	return list
}
