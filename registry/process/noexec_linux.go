package process

import "golang.org/x/sys/unix"

// noexec reports whether the file system of a folder is mounted so that nothing on it is executed.
func noexec(dir string) bool {
	var s unix.Statfs_t
	return unix.Statfs(dir, &s) == nil && s.Flags&unix.ST_NOEXEC != 0
}
