package runs

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestMachines(t *testing.T) {
	r := Run{Dir: t.TempDir()}
	if none, err := r.Machines(); err != nil || none != nil {
		t.Errorf("%v, %v without a file", none, err)
	}
	for _, m := range []string{"a <b>, 2 cores", "c", "a <b>, 2 cores"} {
		if err := r.AddMachine(m); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{"a <b>, 2 cores", "c"}
	if got, err := r.Machines(); err != nil || !slices.Equal(got, want) {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
	path := filepath.Join(r.Dir, machinesFile)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for at := range whole {
		for bit := range 8 {
			flipped := bytes.Clone(whole)
			flipped[at] ^= 1 << bit
			if err := os.WriteFile(path, flipped, 0o644); err != nil {
				t.Fatal(err)
			}
			if _, err := r.Machines(); err == nil || !strings.HasPrefix(err.Error(), path+" is damaged") {
				t.Errorf("byte %d, bit %d: %v", at, bit, err)
			}
		}
	}
}
