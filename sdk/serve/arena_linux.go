package serve

import (
	"fmt"
	"syscall"
)

// mapFile maps an open file that the host shares.
func mapFile(file, size int) ([]byte, error) {
	memory, err := syscall.Mmap(file, 0, size, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("the arena cannot be mapped: %w", err)
	}
	return memory, nil
}
