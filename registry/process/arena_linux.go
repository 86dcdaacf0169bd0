package process

import (
	"errors"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// arena is memory that a host shares with one plugin. Its size is sealed: a plugin that cut the file would make the
// host fault. Pages come when they are touched.
type arena struct {
	file   *os.File
	memory []byte
}

// newArena makes an arena of size bytes, in memory alone. The caller closes it.
func newArena(size int) (*arena, error) {
	fd, err := unix.MemfdCreate("nse-arena", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	if err != nil {
		return nil, err
	}
	a := &arena{file: os.NewFile(uintptr(fd), "nse-arena")}
	if err = unix.Ftruncate(fd, int64(size)); err == nil {
		_, err = unix.FcntlInt(uintptr(fd), unix.F_ADD_SEALS, unix.F_SEAL_SHRINK|unix.F_SEAL_GROW|unix.F_SEAL_SEAL)
	}
	if err == nil {
		a.memory, err = unix.Mmap(fd, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	}
	if err != nil {
		return nil, errors.Join(err, a.file.Close())
	}
	return a, nil
}

// floats returns the first n floats of the arena. It returns false if there are not as many, or the arena is nil.
func (a *arena) floats(n int) ([]float32, bool) {
	if a == nil || 4*n > len(a.memory) {
		return nil, false
	}
	return unsafe.Slice((*float32)(unsafe.Pointer(&a.memory[0])), n), true
}

// close unmaps the memory. Slices from floats must not be used any more. A nil arena is closed already.
func (a *arena) close() {
	if a != nil {
		_, _ = unix.Munmap(a.memory), a.file.Close()
	}
}
