package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/nse-dev/nse/internal/runs"
)

func TestResumeRefusesAChangedConfiguration(t *testing.T) {
	text := []byte("seed = 1\n")
	r, err := runs.Create(filepath.Join(t.TempDir(), "run"), runs.Beginning{Info: runs.Info{ConfigHash: hash(text)}, Config: text}, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if err := sameConfig(r); err != nil {
		t.Error(err)
	}
	path := filepath.Join(r.Dir, runs.ConfigFile)
	if err := os.WriteFile(path, []byte("seed = 2\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := sameConfig(r); err == nil || err.Error() != path+" has changed since the run was started: put it back, or start a new run with it" {
		t.Errorf("got %v", err)
	}
}
