//go:build unix

package file

import (
	"os"
	"syscall"
)

// tryLock takes the lock of an open file, or fails at once if another process has it.
func tryLock(f *os.File) error { return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) }
