package file

import (
	"fmt"
	"os"
	"path/filepath"
)

// CacheVariable is the environment variable that moves the folder of what nse keeps for later: copies of plugins, and
// packs of images.
const CacheVariable = "NSE_CACHE"

// Cache is the folder of what is kept for later: what the environment says, or nse in the user's cache folder. named
// reports whether it is the former.
func Cache() (dir string, named bool, err error) {
	if dir := os.Getenv(CacheVariable); dir != "" {
		dir, err = filepath.Abs(dir)
		return dir, true, err
	}
	if dir, err = os.UserCacheDir(); err != nil {
		return "", false, fmt.Errorf("%w: set %s to a folder", err, CacheVariable)
	}
	return filepath.Join(dir, "nse"), false, nil
}
