package picture

import (
	"bytes"
	"encoding/binary"
)

const orientationTag = 274

// exifOrientation reads the orientation out of EXIF data, which is the first directory of a TIFF; 0 if it has none.
// Damaged data has none: a photo with it is shown as it is stored.
func exifOrientation(b []byte) int {
	b = bytes.TrimPrefix(b, []byte("Exif\x00\x00"))
	d, err := readDirectory(b)
	if err != nil {
		return 0
	}
	return d.orientation()
}

// directory is the first directory of a TIFF: where its entries lie.
type directory struct {
	b       []byte // the TIFF
	order   binary.ByteOrder
	entries map[uint16]entry
}

// entry is the values of one tag: size bytes each.
type entry struct {
	size int
	data []byte
}

// sizes are the bytes of a value by the type of an entry; those of other types are never asked for.
var sizes = map[uint16]int{1: 1, 3: 2, 4: 4, 7: 1} // BYTE, SHORT, LONG, UNDEFINED

// readDirectory lists the entries that lie within b; of two of a tag, the first counts.
func readDirectory(b []byte) (*directory, error) {
	d := &directory{b: b, entries: map[uint16]entry{}}
	switch {
	case bytes.HasPrefix(b, []byte("II*\x00")):
		d.order = binary.LittleEndian
	case bytes.HasPrefix(b, []byte("MM\x00*")):
		d.order = binary.BigEndian
	default:
		return nil, errNoTIFF
	}
	if len(b) < 8 {
		return nil, errEarly
	}
	at := uint64(d.order.Uint32(b[4:]))
	if at+2 > uint64(len(b)) {
		return nil, errEarly
	}
	list := b[at+2:]
	for range d.order.Uint16(b[at:]) {
		if len(list) < 12 {
			return nil, errEarly
		}
		d.add(list[:12])
		list = list[12:]
	}
	return d, nil
}

// add keeps an entry of 12 bytes, if its values are of a known type and lie within the file.
func (d *directory) add(raw []byte) {
	tag, size := d.order.Uint16(raw), sizes[d.order.Uint16(raw[2:])]
	length := uint64(size) * uint64(d.order.Uint32(raw[4:]))
	data := raw[8:]
	if length > 4 {
		at := uint64(d.order.Uint32(data))
		if at+length > uint64(len(d.b)) {
			return
		}
		data = d.b[at:]
	}
	if _, twice := d.entries[tag]; !twice && length > 0 {
		d.entries[tag] = entry{size, data[:length]}
	}
}

// count is the number of values of a tag.
func (d *directory) count(tag uint16) int {
	if e, ok := d.entries[tag]; ok {
		return len(e.data) / e.size
	}
	return 0
}

// value is value i of a tag; otherwise, where there is none.
func (d *directory) value(tag uint16, i int, otherwise uint32) uint32 {
	if i >= d.count(tag) {
		return otherwise
	}
	e := d.entries[tag]
	switch data := e.data[i*e.size:]; e.size {
	case 2:
		return uint32(d.order.Uint16(data))
	case 4:
		return d.order.Uint32(data)
	default:
		return uint32(data[0])
	}
}

func (d *directory) orientation() int { return int(d.value(orientationTag, 0, 0) & 0xffff) }
