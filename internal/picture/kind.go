package picture

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

const want = "want PNG, JPEG, WebP, BMP, GIF or TIFF"

// headLength is the number of bytes that tell a format.
const headLength = 512

// Format names the format of a file by its first bytes; 512 are enough. The error says what else the file looks like.
func Format(head []byte) (string, error) {
	f, err := find(head)
	return f.name, err
}

func find(b []byte) (format, error) {
	for _, f := range formats() {
		if f.match(b) {
			return f, nil
		}
	}
	return format{}, unknown(b[:min(len(b), headLength)])
}

func prefix(starts ...string) func(b []byte) bool {
	return func(b []byte) bool {
		for _, s := range starts {
			if bytes.HasPrefix(b, []byte(s)) {
				return true
			}
		}
		return false
	}
}

// others are formats that people mistake for readable images.
func others() []struct {
	name  string
	match func(b []byte) bool
} {
	return []struct {
		name  string
		match func(b []byte) bool
	}{
		{"HEIC image", brand("heic", "heix", "heim", "heis", "hevc", "hevx")},
		{"AVIF image", brand("avif", "avis")},
		{"HEIF image", brand("mif1", "msf1")},
		{"JPEG XL image", prefix("\xff\x0a", "\x00\x00\x00\x0cJXL \r\n\x87\n")},
		{"JPEG 2000 image", prefix("\x00\x00\x00\x0cjP  \r\n\x87\n", "\xff\x4f\xff\x51")},
		{"BigTIFF image", prefix("II+\x00", "MM\x00+")},
		{"Photoshop document", prefix("8BPS")},
		{"icon", prefix("\x00\x00\x01\x00")},
		{"OpenEXR image", prefix("\x76\x2f\x31\x01")},
		{"Radiance image", prefix("#?RADIANCE", "#?RGBE")},
		{"Netpbm image", prefix("P1\n", "P2\n", "P3\n", "P4\n", "P5\n", "P6\n", "P7\n", "P5 ", "P6 ")},
		{"DICOM image", func(b []byte) bool { return len(b) >= 132 && string(b[128:132]) == "DICM" }},
		{"MP4 or QuickTime video", func(b []byte) bool { return len(b) >= 12 && string(b[4:8]) == "ftyp" }},
		{"PDF document", prefix("%PDF-")},
		{"ZIP archive", prefix("PK\x03\x04", "PK\x05\x06")},
		{"gzip archive", prefix("\x1f\x8b")},
		{"NumPy array", prefix("\x93NUMPY")},
		{"AppleDouble file of macOS", prefix("\x00\x05\x16\x07", "\x00\x05\x16\x00")},
		{"Windows thumbnail cache", prefix("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "CMMM")},
	}
}

// brand matches an ISO base media file that names one of the brands as its own or a compatible one.
func brand(names ...string) func(b []byte) bool {
	return func(b []byte) bool {
		if len(b) < 12 || string(b[4:8]) != "ftyp" {
			return false
		}
		size := min(int(b[2])<<8|int(b[3]), len(b))
		for i := 8; i+4 <= size; i += 4 {
			for _, n := range names {
				if string(b[i:i+4]) == n {
					return true
				}
			}
		}
		return false
	}
}

// unknown says what a file that is none of the formats looks like.
func unknown(head []byte) error {
	if len(head) == 0 {
		return errors.New("an empty file")
	}
	for _, o := range others() {
		if o.match(head) {
			return fmt.Errorf("%s, which is not supported: %s", o.name, want)
		}
	}
	if len(bytes.Trim(head, "\x00")) == 0 {
		return fmt.Errorf("zero bytes, not an image: %s", want)
	}
	if kind := textKind(head); kind != "" {
		return fmt.Errorf("%s, not an image: %s", kind, want)
	}
	return fmt.Errorf("no known format, begins with % x: %s", head[:min(len(head), 8)], want)
}

// textKind names the kind of text that a head is; empty if it is none.
func textKind(head []byte) string {
	head = bytes.TrimPrefix(head, []byte("\xef\xbb\xbf"))
	for i := range head {
		if !utf8.FullRune(head[i:]) { // cut within a letter
			head = head[:i]
			break
		}
	}
	text := string(head)
	if !utf8.ValidString(text) || strings.ContainsFunc(text, func(r rune) bool {
		return unicode.IsControl(r) && !unicode.IsSpace(r)
	}) {
		return ""
	}
	lower := strings.ToLower(strings.TrimSpace(text))
	switch {
	case strings.HasPrefix(lower, "version https://git-lfs"):
		return "a Git LFS pointer (git lfs pull fetches the image)"
	case strings.Contains(lower, "<svg"):
		return "an SVG drawing"
	case strings.HasPrefix(lower, "<!doctype html") || strings.Contains(lower, "<html"):
		return "HTML text"
	case strings.HasPrefix(lower, "<"):
		return "XML text"
	case strings.HasPrefix(lower, "{") || strings.HasPrefix(lower, "["):
		return "JSON text"
	}
	return "text"
}
