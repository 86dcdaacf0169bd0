package picture

import (
	"errors"
	"fmt"
	"image"
)

var errNoTIFF = errors.New("no directory")

// Tags of a TIFF.
const (
	tagWidth          = 256
	tagHeight         = 257
	tagBits           = 258
	tagCompression    = 259
	tagPhotometric    = 262
	tagFillOrder      = 266
	tagStripOffsets   = 273
	tagSamples        = 277
	tagRowsPerStrip   = 278
	tagStripCounts    = 279
	tagPlanar         = 284
	tagT4Options      = 292
	tagPredictor      = 317
	tagColorMap       = 320
	tagTileWidth      = 322
	tagTileHeight     = 323
	tagTileOffsets    = 324
	tagTileCounts     = 325
	tagExtraSamples   = 338
	tagSampleFormat   = 339
	tagJPEGTables     = 347
	tagYCbCrSubsample = 530
)

// Kinds of colour.
const (
	whiteIsZero = 0
	blackIsZero = 1
	tiffRGB     = 2
	tiffPalette = 3
	tiffCMYK    = 5
	tiffYCbCr   = 6
)

// Compressions of a TIFF.
const (
	tiffPlain      = 1
	tiffGroup3     = 3
	tiffGroup4     = 4
	tiffLZW        = 5
	tiffJPEG       = 7
	tiffDeflate    = 8
	tiffDeflateOld = 32946
	tiffPackBits   = 32773
)

// page is the first picture of a TIFF. It is cut into chunks, strips or tiles, which are compressed each.
type page struct {
	*directory
	width, height int
	photometric   uint32
	compression   uint32
	bits          int  // a sample
	samples       int  // a pixel
	alpha         int  // 0 for none, 1 for premultiplied, 2 for plain; the last sample
	planar        bool // samples lie in chunks of their own

	chunkWidth, chunkHeight int
	across, down            int // chunks
	offsets, counts         uint16
}

func tiffHeader(b []byte) (Header, error) {
	p, err := readPage(b)
	if err != nil {
		return Header{}, err
	}
	return Header{Width: p.width, Height: p.height, Orientation: p.orientation()}, nil
}

// readPage reads the directory of the first picture, and refuses what is not decoded.
func readPage(b []byte) (*page, error) {
	d, err := readDirectory(b)
	if err != nil {
		return nil, err
	}
	p := &page{
		directory: d, width: int(d.value(tagWidth, 0, 0)), height: int(d.value(tagHeight, 0, 0)),
		photometric: d.value(tagPhotometric, 0, whiteIsZero), compression: d.value(tagCompression, 0, tiffPlain),
		bits: int(d.value(tagBits, 0, 1)), samples: int(d.value(tagSamples, 0, 1)),
		planar: d.value(tagPlanar, 0, 1) == 2,
	}
	if err := p.check(); err != nil {
		return nil, err
	}
	return p, p.layOut()
}

// colours is the number of samples that a kind of colour has; 0 for kinds that are not decoded.
func (p *page) colours() int {
	switch p.photometric {
	case whiteIsZero, blackIsZero, tiffPalette:
		return 1
	case tiffRGB, tiffYCbCr:
		return 3
	case tiffCMYK:
		return 4
	}
	return 0
}

func (p *page) check() error {
	n := p.colours()
	switch {
	case n == 0:
		return fmt.Errorf("photometric interpretation %d is not supported: want grey, RGB, palette, CMYK or YCbCr",
			p.photometric)
	case p.samples != n && p.samples != n+1:
		return fmt.Errorf("%d samples a pixel are not supported: want %d or %d", p.samples, n, n+1)
	case p.bits != 1 && p.bits != 2 && p.bits != 4 && p.bits != 8 && p.bits != 16,
		p.bits == 16 && p.photometric == tiffPalette, p.bits != 8 && p.photometric == tiffYCbCr:
		return fmt.Errorf("%d bits a sample are not supported: want 1, 2, 4, 8 or 16", p.bits)
	}
	for i := range p.samples {
		if p.value(tagBits, i, uint32(p.bits)) != uint32(p.bits) {
			return errors.New("samples of unequal bits are not supported")
		}
		if f := p.value(tagSampleFormat, i, 1); f != 1 && f != 4 {
			return errors.New("signed and floating-point samples are not supported: want unsigned integers")
		}
	}
	if q := p.value(tagPredictor, 0, 1); q > 2 {
		return fmt.Errorf("predictor %d is not supported", q)
	}
	if p.samples > n && p.photometric != tiffCMYK && p.photometric != tiffPalette {
		p.alpha = int(p.value(tagExtraSamples, 0, 2))
	}
	if p.alpha > 2 {
		p.alpha = 0
	}
	return p.checkCompression()
}

func (p *page) checkCompression() error {
	switch p.compression {
	case tiffPlain, tiffLZW, tiffDeflate, tiffDeflateOld, tiffPackBits:
		across, down := p.value(tagYCbCrSubsample, 0, 2), p.value(tagYCbCrSubsample, 1, 2)
		if p.photometric == tiffYCbCr && (across != 1 || down != 1) {
			return errors.New("subsampled YCbCr is not supported without JPEG")
		}
		return nil
	case tiffGroup3, tiffGroup4:
		if p.compression == tiffGroup3 && p.value(tagT4Options, 0, 0)&1 != 0 {
			return errors.New("two-dimensional Group 3 is not supported")
		}
		if p.bits == 1 && p.samples == 1 {
			return nil
		}
	case tiffJPEG:
		known := p.photometric == blackIsZero || p.photometric == tiffRGB || p.photometric == tiffYCbCr
		if known && p.bits == 8 && !p.planar && p.samples == p.colours() {
			return nil
		}
	}
	return fmt.Errorf("compression %d of %d samples of %d bits, photometric interpretation %d, is not supported",
		p.compression, p.samples, p.bits, p.photometric)
}

// layOut finds the chunks. What they hold is bounded, whatever their number and size.
func (p *page) layOut() error {
	if p.width < 1 || p.height < 1 || p.height > MaxPixels/p.width {
		return nil // refused by size
	}
	p.chunkWidth, p.chunkHeight = p.width, min(int(p.value(tagRowsPerStrip, 0, MaxPixels)), p.height)
	p.offsets, p.counts = tagStripOffsets, tagStripCounts
	if p.count(tagTileWidth) > 0 {
		p.chunkWidth, p.chunkHeight = int(p.value(tagTileWidth, 0, 0)), int(p.value(tagTileHeight, 0, 0))
		p.offsets, p.counts = tagTileOffsets, tagTileCounts
	}
	if p.chunkWidth < 1 || p.chunkHeight < 1 || p.chunkWidth > p.width+1024 || p.chunkHeight > p.height+1024 {
		return fmt.Errorf("tiles of %d×%d for %d×%d pixels", p.chunkWidth, p.chunkHeight, p.width, p.height)
	}
	p.across, p.down = (p.width+p.chunkWidth-1)/p.chunkWidth, (p.height+p.chunkHeight-1)/p.chunkHeight
	if p.across*p.chunkWidth > 2*MaxPixels/(p.down*p.chunkHeight) {
		return fmt.Errorf("tiles of %d×%d for %d×%d pixels", p.chunkWidth, p.chunkHeight, p.width, p.height)
	}
	chunks := p.across * p.down * p.planes()
	if p.count(p.offsets) < chunks || p.count(p.counts) < chunks && !p.single() {
		return errEarly
	}
	total := 0
	for i := range min(chunks, p.count(p.counts)) {
		total += int(p.value(p.counts, i, 0))
	}
	if total > 4*len(p.b) {
		return errors.New("strips or tiles that overlap")
	}
	return nil
}

// planes is the number of chunks that make up the samples of a pixel.
func (p *page) planes() int {
	if p.planar {
		return p.samples
	}
	return 1
}

// single reports whether a file has one uncompressed chunk. Some leave out how long it is.
func (p *page) single() bool {
	return p.compression == tiffPlain && p.across*p.down == 1 && p.count(p.counts) == 0
}

func decodeTIFF(b []byte) (image.Image, bool, error) {
	p, err := readPage(b)
	if err != nil {
		return nil, false, err
	}
	grey := p.photometric == whiteIsZero || p.photometric == blackIsZero
	if p.compression == tiffJPEG {
		m, err := p.decodeJPEG()
		return m, grey, err
	}
	m, store := p.canvas()
	buf := make([]byte, p.chunkHeight*p.rowBytes()*p.planes())
	row := make([]uint16, p.chunkWidth*p.samples)
	for i := range p.across * p.down {
		x, y := i%p.across*p.chunkWidth, i/p.across*p.chunkHeight
		rows := min(p.chunkHeight, p.height-y)
		planes, err := p.chunks(buf, i, rows)
		if err != nil {
			return nil, false, err
		}
		for r := range rows {
			for s, plane := range planes {
				p.unpack(row[s:], len(planes), plane[r*p.rowBytes():])
			}
			p.integrate(row)
			store(row[:min(p.chunkWidth, p.width-x)*p.samples], x, y+r)
		}
	}
	return m, grey, nil
}

// chunks decompresses the chunks of all samples at one place.
func (p *page) chunks(buf []byte, i, rows int) (planes [][]byte, err error) {
	each := len(buf) / p.planes()
	for s := range p.planes() {
		plane, err := p.chunk(buf[s*each:(s+1)*each], s*p.across*p.down+i, rows)
		if err != nil {
			return nil, err
		}
		planes = append(planes, plane)
	}
	return planes, nil
}

// unpack writes the samples of a row to dst, a step apart.
func (p *page) unpack(dst []uint16, step int, row []byte) {
	n := p.chunkWidth * p.samples / p.planes()
	for i := range n {
		var v uint16
		switch p.bits {
		case 8:
			v = uint16(row[i])
		case 16:
			v = p.order.Uint16(row[2*i:])
		default:
			bit := i * p.bits
			v = uint16(row[bit/8]>>(8-p.bits-bit%8)) & (1<<p.bits - 1)
		}
		dst[i*step] = v
	}
}

// integrate undoes the predictor, which stores differences to the pixel before.
func (p *page) integrate(row []uint16) {
	if p.value(tagPredictor, 0, 1) != 2 || p.compression == tiffPlain || p.compression == tiffPackBits {
		return
	}
	mask := uint16(1<<p.bits - 1)
	for i := p.samples; i < len(row); i++ {
		row[i] = (row[i] + row[i-p.samples]) & mask
	}
}

// decodeJPEG decodes chunks that are JPEGs without their tables.
func (p *page) decodeJPEG() (image.Image, error) {
	bounds := image.Rect(0, 0, p.width, p.height)
	to := image.NewRGBA(bounds)
	for i := range p.across * p.down {
		b, err := p.stored(i)
		if err != nil {
			return nil, err
		}
		m, err := p.chunkJPEG(b)
		if err != nil {
			return nil, err
		}
		at := image.Pt(i%p.across*p.chunkWidth, i/p.across*p.chunkHeight)
		columns, rows := min(p.chunkWidth, p.width-at.X), min(p.chunkHeight, p.height-at.Y)
		if m.Bounds().Dx() < columns || m.Bounds().Dy() < rows {
			return nil, errEarly
		}
		read, row := reader(m), make([]byte, 4*m.Bounds().Dx())
		for y := range rows {
			read(row, y, 1)
			copy(to.Pix[to.PixOffset(at.X, at.Y+y):], row[:4*columns])
		}
	}
	return to, nil
}

// chunkJPEG decodes a JPEG with the tables of the page, in the colours of the page.
func (p *page) chunkJPEG(b []byte) (image.Image, error) {
	if len(b) < 4 {
		return nil, errEarly
	}
	if e := p.entries[tagJPEGTables]; len(e.data) > 4 && e.size == 1 {
		tables := e.data[:len(e.data)-2] // without the end of the image
		b = append(tables[:len(tables):len(tables)], b[2:]...)
	}
	h, err := readJPEG(b)
	switch {
	case err != nil:
		return nil, err
	case h.width > p.chunkWidth+16 || h.height > p.chunkHeight+16 || h.components != p.samples:
		return nil, errors.New("a JPEG that does not fit its tile")
	}
	transform := byte(0)
	if p.photometric == tiffYCbCr {
		transform = 1
	}
	return decodeStream(withAdobe(b, transform))
}
