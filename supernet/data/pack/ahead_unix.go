//go:build unix

package pack

import (
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Ahead has the system begin to read the pixels of an image of a pack, and does not wait for them. It may be called
// for pixels in other memory too, in vain.
func Ahead(pixels []uint8) {
	if len(pixels) == 0 {
		return
	}
	first := unsafe.Pointer(&pixels[0])
	before := int(uintptr(first) % uintptr(os.Getpagesize()))
	// A hint: without it the pixels are read when they are looked at.
	_ = unix.Madvise(unsafe.Slice((*byte)(unsafe.Add(first, -before)), before+len(pixels)), unix.MADV_WILLNEED)
}
