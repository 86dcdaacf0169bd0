package file

import (
	"os"

	"golang.org/x/sys/windows"
)

// tryLock takes the lock of an open file, or fails at once if another process has it.
func tryLock(f *os.File) error {
	return windows.LockFileEx(windows.Handle(f.Fd()), windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY,
		0, 1, 0, new(windows.Overlapped))
}
