package arrivals

import (
	"os"
	"path/filepath"
	"testing"
)

// A pool file that is not named like one could be taken for a plugin once it has changed, and executed.
func TestPoolFilesOfOtherNamesAreNotWatched(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pool")
	write(t, path, "[[plugin]]\nbuiltin = \"mbconv\"\n")
	w, err := newWatch(path, nil, false)
	if err != nil {
		t.Fatal(err)
	}
	write(t, path, "#!/bin/sh\n")
	if list, unsettled := w.fresh(true); len(list) > 0 || unsettled {
		t.Errorf("looks at %v", list)
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
}
