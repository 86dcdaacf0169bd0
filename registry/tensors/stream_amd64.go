//go:build !noasm

package tensors

import (
	"unsafe"

	"golang.org/x/sys/cpu"
)

//go:generate go run -C generate . -out ../stream_avx2_amd64.s -stubs ../stream_avx2_amd64.go -pkg tensors

// stream copies the first n floats past the caches, and reports whether they are finite. The memory of dst need not be
// read for that, which takes a third of the traffic away. Of few floats n is 0.
func stream(dst, src []float32) (n int, ok bool) {
	const step = 32
	if !cpu.X86.HasAVX2 || len(dst) < part || uintptr(unsafe.Pointer(&dst[0]))%32 != 0 {
		return 0, true
	}
	n = len(dst) / step * step
	return n, streamAVX2(&dst[0], &src[0], n/step) == 0
}
