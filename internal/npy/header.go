package npy

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
)

// header says what an array is.
type header struct {
	kind  kind
	shape []int
}

// maxHeader bounds the text of a header in bytes, as NumPy's readers do.
const maxHeader = 10000

// readHeader reads a file up to its data.
// https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html is the format.
func readHeader(r io.Reader) (h header, err error) {
	var head struct {
		Magic        [6]byte
		Major, Minor uint8
	}
	if err := binary.Read(r, binary.LittleEndian, &head); cut(err) {
		return h, errors.New("truncated: the header is not whole")
	} else if err != nil {
		return h, err
	}
	if string(head.Magic[:]) != "\x93NUMPY" {
		return h, fmt.Errorf("it begins with %q: want \"\\x93NUMPY\"", head.Magic)
	}
	var length uint32
	switch head.Major {
	case 1:
		var short uint16
		err = binary.Read(r, binary.LittleEndian, &short)
		length = uint32(short)
	case 2, 3:
		err = binary.Read(r, binary.LittleEndian, &length)
	default:
		return h, fmt.Errorf("format %d.%d: want 1.0, 2.0 or 3.0", head.Major, head.Minor)
	}
	if length > maxHeader {
		return h, fmt.Errorf("a header of %d bytes: want at most %d", length, maxHeader)
	}
	text := make([]byte, length)
	if err == nil {
		_, err = io.ReadFull(r, text)
	}
	if cut(err) {
		return h, errors.New("truncated: the header is not whole")
	}
	if err != nil {
		return h, err
	}
	if h, err = parseHeader(string(text)); err != nil {
		return h, fmt.Errorf("header: %w", err)
	}
	return h, nil
}

// token is one of a header's: a text, a number, a truth value or a sign.
var token = regexp.MustCompile(`^ *('[^'\\]*'|[0-9]+|True|False|[{}(),:])`)

// parser goes through a header, which is a dictionary in Python.
type parser struct {
	text string
	at   int
}

// next is the next token, or empty if there is none.
func (p *parser) next() string {
	m := token.FindStringSubmatch(p.text[p.at:])
	if m == nil {
		return ""
	}
	p.at += len(m[0])
	return m[1]
}

// accept takes a token if it is the next one.
func (p *parser) accept(want string) bool {
	before := p.at
	if p.next() == want {
		return true
	}
	p.at = before
	return false
}

// errorf is an error at the place of the parser.
func (p *parser) errorf(format string, args ...any) error {
	return fmt.Errorf("byte %d: "+format, append([]any{p.at}, args...)...)
}

// parseHeader reads the dictionary, whose three keys may be in any order.
func parseHeader(text string) (h header, err error) {
	p := &parser{text: text}
	if !p.accept("{") {
		return h, p.errorf("want {")
	}
	seen := map[string]bool{}
	for !p.accept("}") {
		at := p.at
		key := p.next()
		if key == "" || seen[key] || !p.accept(":") {
			p.at = at
			return h, p.errorf("want one each of 'descr', 'fortran_order' and 'shape'")
		}
		seen[key] = true
		switch key {
		case "'descr'":
			h.kind, err = p.kind()
		case "'fortran_order'":
			err = p.order()
		case "'shape'":
			h.shape, err = p.shape()
		default:
			p.at = at
			err = p.errorf("unknown key %s", key)
		}
		if err != nil {
			return h, err
		}
		if !p.accept(",") && !strings.HasPrefix(strings.TrimLeft(p.text[p.at:], " "), "}") {
			return h, p.errorf("want a comma or }")
		}
	}
	if len(seen) != 3 {
		return h, p.errorf("want 'descr', 'fortran_order' and 'shape'")
	}
	if strings.Trim(p.text[p.at:], " ") != "\n" {
		return h, p.errorf("want spaces and the end of the line")
	}
	return h, nil
}

// kind reads a type such as '<i8'.
func (p *parser) kind() (k kind, err error) {
	at := p.at
	descr := p.next()
	for _, size := range []int{1, 2, 4, 8} {
		for _, signed := range []bool{false, true} {
			for _, order := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
				k = kind{size, signed, order}
				if descr == "'"+k.String()+"'" {
					return k, nil
				}
			}
		}
	}
	p.at = at
	if strings.HasPrefix(strings.TrimLeft(p.text[p.at:], " "), "[") {
		return k, p.errorf("elements of several fields: want integers, such as '|u1'")
	}
	return k, p.errorf("elements are %s: want integers, such as '|u1'", cmp.Or(descr, "of no type"))
}

// String is the type as NumPy writes it.
func (k kind) String() string {
	letter, order := "u", "<"
	if k.signed {
		letter = "i"
	}
	switch {
	case k.size == 1:
		order = "|"
	case k.order == binary.ByteOrder(binary.BigEndian):
		order = ">"
	}
	return order + letter + strconv.Itoa(k.size)
}

// order refuses arrays whose first index runs fastest.
func (p *parser) order() error {
	at := p.at
	switch p.next() {
	case "False":
		return nil
	case "True":
		p.at = at
		return p.errorf("the array is in Fortran order: want C order, as numpy.ascontiguousarray makes it")
	}
	p.at = at
	return p.errorf("want True or False")
}

// maxDims is how many dimensions an array of NumPy may have.
const maxDims = 64

// shape reads a tuple of numbers such as (60000, 28, 28).
func (p *parser) shape() (shape []int, err error) {
	if !p.accept("(") {
		return nil, p.errorf("want a shape such as (60000, 28, 28)")
	}
	for !p.accept(")") {
		at := p.at
		n, err := strconv.ParseInt(p.next(), 10, 32)
		if err != nil || len(shape) == maxDims {
			p.at = at
			return nil, p.errorf("want a shape such as (60000, 28, 28)")
		}
		shape = append(shape, int(n))
		if comma := p.accept(","); !comma && (len(shape) == 1 || !strings.HasPrefix(p.text[p.at:], ")")) {
			return nil, p.errorf("want a comma")
		}
	}
	return shape, nil
}
