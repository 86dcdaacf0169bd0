package picture

import (
	"encoding/binary"
	"image"
	"image/color"
	"image/draw"
)

// upright turns m as the header of p says and composes it over the background. It returns m, or an image on its
// pixels, where that is all there is to do.
func upright(m image.Image, p *Picture, background color.RGBA) image.Image {
	if !p.Alpha && p.Orientation == 1 {
		if same := asIs(m, p.Grey); same != nil {
			return same
		}
	}
	return newTurn(m.Bounds(), p.Orientation, p.Grey).draw(m, background)
}

func isOpaque(m image.Image) bool {
	o, ok := m.(interface{ Opaque() bool })
	return ok && o.Opaque()
}

// asIs returns an opaque image on the pixels of m, or nil where they have to be converted.
func asIs(m image.Image, grey bool) image.Image {
	switch m := m.(type) {
	case *image.Gray, *image.Gray16, *image.YCbCr, *image.RGBA64:
		return m
	case *image.RGBA:
		if !grey {
			return m
		}
	case *image.NRGBA:
		if !grey {
			return &image.RGBA{Pix: m.Pix, Stride: m.Stride, Rect: m.Rect}
		}
	case *image.NRGBA64:
		if !grey {
			return &image.RGBA64{Pix: m.Pix, Stride: m.Stride, Rect: m.Rect}
		}
	}
	return nil
}

// turn is an image being written. Pixel (x, y) of the stored image begins at byte origin + x*dx + y*dy of pix.
type turn struct {
	pix            []byte
	bytes          int // a pixel: 4, or 1 for grey
	width, height  int // upright
	origin, dx, dy int
}

func newTurn(stored image.Rectangle, orientation int, grey bool) *turn {
	t := &turn{bytes: 4, width: stored.Dx(), height: stored.Dy()}
	if grey {
		t.bytes = 1
	}
	if orientation >= 5 {
		t.width, t.height = t.height, t.width
	}
	t.pix = make([]byte, t.width*t.height*t.bytes)
	right, down := t.bytes, t.width*t.bytes // one pixel of the upright image
	lastX, lastY := (t.width-1)*right, (t.height-1)*down
	switch orientation {
	case 2:
		t.origin, t.dx, t.dy = lastX, -right, down
	case 3:
		t.origin, t.dx, t.dy = lastX+lastY, -right, -down
	case 4:
		t.origin, t.dx, t.dy = lastY, right, -down
	case 5:
		t.dx, t.dy = down, right
	case 6:
		t.origin, t.dx, t.dy = lastX, down, -right
	case 7:
		t.origin, t.dx, t.dy = lastX+lastY, -down, -right
	case 8:
		t.origin, t.dx, t.dy = lastY, -down, right
	default:
		t.dx, t.dy = right, down
	}
	return t
}

// stripRows is the number of rows that are converted at once, so that a turned strip fills whole lines of the cache.
const stripRows = 16

// draw writes m, composed over the background, and returns the upright image.
func (t *turn) draw(m image.Image, background color.RGBA) image.Image {
	b := m.Bounds()
	read := reader(m)
	strip := make([]byte, stripRows*4*b.Dx())
	for y := 0; y < b.Dy(); y += stripRows {
		rows := min(stripRows, b.Dy()-y)
		s := strip[:rows*4*b.Dx()]
		read(s, y, rows)
		compose(s, background)
		t.scatter(s, y, rows, b.Dx())
	}
	bounds := image.Rect(0, 0, t.width, t.height)
	if t.bytes == 1 {
		return &image.Gray{Pix: t.pix, Stride: t.width, Rect: bounds}
	}
	return &image.RGBA{Pix: t.pix, Stride: 4 * t.width, Rect: bounds}
}

// scatter writes opaque RGBA rows of a width, the first of which is row y of the stored image.
func (t *turn) scatter(strip []byte, y, rows, width int) {
	for r := range rows {
		if t.dx == 4 {
			copy(t.pix[t.origin+(y+r)*t.dy:], strip[r*4*width:(r+1)*4*width])
		}
	}
	if t.dx == 4 {
		return
	}
	for x := range width {
		from, to := 4*x, t.origin+x*t.dx+y*t.dy
		for range rows {
			if t.bytes == 1 {
				t.pix[to] = strip[from]
			} else {
				binary.NativeEndian.PutUint32(t.pix[to:], binary.NativeEndian.Uint32(strip[from:]))
			}
			from, to = from+4*width, to+t.dy
		}
	}
}

// reader returns a function that writes rows of m to dst as RGBA, 8 bits each, not premultiplied. More bits lose their
// low ones.
func reader(m image.Image) func(dst []byte, y, rows int) {
	w := m.Bounds().Dx()
	switch m := m.(type) {
	case *smooth:
		return m.rows
	case *image.NRGBA:
		return func(dst []byte, y, rows int) {
			for r := range rows {
				copy(dst[r*4*w:(r+1)*4*w], m.Pix[(y+r)*m.Stride:])
			}
		}
	case *image.NRGBA64:
		return func(dst []byte, y, rows int) {
			for r := range rows {
				row := m.Pix[(y+r)*m.Stride:]
				for i := range 4 * w {
					dst[r*4*w+i] = row[2*i]
				}
			}
		}
	case *image.Paletted:
		var table [256][4]byte
		for i, c := range m.Palette {
			c := color.NRGBAModel.Convert(c).(color.NRGBA)
			table[i] = [4]byte{c.R, c.G, c.B, c.A}
		}
		return func(dst []byte, y, rows int) {
			for r := range rows {
				for x, i := range m.Pix[(y+r)*m.Stride:][:w] {
					copy(dst[(r*w+x)*4:][:4], table[i][:])
				}
			}
		}
	}
	return func(dst []byte, y, rows int) { // opaque
		to := &image.RGBA{Pix: dst, Stride: 4 * w, Rect: image.Rect(0, 0, w, rows)}
		draw.Draw(to, to.Rect, m, m.Bounds().Min.Add(image.Pt(0, y)), draw.Src)
	}
}

// compose lays RGBA pixels over the background, each to the nearest of 8 bits.
func compose(pix []byte, background color.RGBA) {
	under := [3]uint32{uint32(background.R), uint32(background.G), uint32(background.B)}
	for i := 0; i < len(pix); i += 4 {
		p := pix[i : i+4 : i+4]
		if p[3] == 255 {
			continue
		}
		a := uint32(p[3])
		for c, u := range under {
			p[c] = uint8((uint32(p[c])*a + u*(255-a) + 127) / 255)
		}
		p[3] = 255
	}
}
