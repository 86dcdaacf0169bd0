package file

import (
	"errors"
	"os"
	"time"
)

// ErrLocked says that another process has a lock.
var ErrLocked = errors.New("in use by another nse process")

// Lock takes the lock that the file at path stands for, and makes the file. Closing the result gives the lock back, and
// so does the end of the process. Lock never waits: the error is ErrLocked while another process has the lock.
func Lock(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, PathError(path, err)
	}
	for try := 0; try < 20; try++ { // Locked may hold the lock for a moment
		if tryLock(f) == nil {
			return f, nil
		}
		time.Sleep(5 * time.Millisecond)
	}
	f.Close()
	return nil, ErrLocked
}

// Locked reports whether a process has the lock of the file at path.
func Locked(path string) bool {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return false
	}
	defer f.Close()
	return tryLock(f) != nil
}
