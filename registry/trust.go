package registry

import (
	"github.com/nse-dev/nse/registry/poolfile"
	"github.com/nse-dev/nse/registry/trust"
)

// Pin is what a lock says of a plugin on one platform: its name, version, protocol and checksum.
type Pin = poolfile.Pin

// LockFile is the name of the file that pins the plugins of the pool files beside it.
const LockFile = poolfile.LockFile

// ReadLock is the text of the lock in a folder of pool files. It is nil, without an error, if there is none. Parse
// checks it.
func ReadLock(dir string) ([]byte, error) { return poolfile.ReadLock(dir) }

// CacheVariable is the environment variable that moves the folder in which copies of plugins are kept and executed.
// Without it the folder is nse/plugins in the user's cache folder.
const CacheVariable = trust.CacheVariable

// Admit accepts the plugin at path, which the user has named, and copies it so that Options.Cached finds it. It returns
// the checksum, in hexadecimal digits. It does not start the plugin. A file that is no program is an error.
func Admit(path string) (sha256 string, err error) { return trust.Admit(path) }

// Trust remembers on this machine that the user has named a place from which operations may come: a folder or a pool
// file, by its absolute path.
func Trust(path string) error { return trust.Trust(path) }

// Trusted reports whether the user has named a place before, by the same absolute path.
func Trusted(path string) bool { return trust.Trusted(path) }
