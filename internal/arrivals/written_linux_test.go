package arrivals

import (
	"os"
	"path/filepath"
	"testing"
)

// A file that is open for writing is not complete, however long it has stayed as it is. So is a pool file while one of
// its programs is.
func TestFilesThatAreOpenForWriting(t *testing.T) {
	w, h, dir := watching(t)
	path, pool, program := filepath.Join(dir, "alone"), filepath.Join(dir, "both.toml"), filepath.Join(dir, "both")
	h.put(t, pool, "[[plugin]]\npath = \"both\"\n[[plugin.op]]\nname = \"own\"\n")
	for _, x := range []string{path, program} {
		h.put(t, x, "#!/bin/sh\n")
	}
	open := map[string]*os.File{}
	for _, x := range []string{path, program} {
		f, err := os.OpenFile(x, os.O_WRONLY|os.O_APPEND, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		open[x] = f
	}
	h.move(10 * settle)
	finds(t, w, true)
	open[program].Close()
	finds(t, w, true, pool)
	open[path].Close()
	finds(t, w, false, path)
}
