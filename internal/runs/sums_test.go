package runs

import (
	"bytes"
	"errors"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestFlippedBits flips a bit of a file of a run, again and again, and opens it. Either a line that names the file
// refuses it, and nothing in the folder changes, or the run is what it was, and goes on as it would have. NSE_FLIPS is
// the number of bits (default 100).
func TestFlippedBits(t *testing.T) {
	flips := 100
	if n, err := strconv.Atoi(os.Getenv("NSE_FLIPS")); err == nil {
		flips = n
	}
	dir := filepath.Join(t.TempDir(), "run")
	r, err := Create(dir, start(), fixed)
	if err != nil {
		t.Fatal(err)
	}
	later := Pool{Number: 1, Kind: Arrived, Round: 2, Dir: "/more", Source: "more.toml", Text: []byte("# more\n"),
		Lock: []byte("# lock\n")}
	if err := errors.Join(r.AddPool(later, Ops{{2, "box", "box", "34cd", 1, [][]byte{{4}}, []float64{1}}}),
		writeOne(r, 0), writeOne(r, 1), r.Close()); err != nil {
		t.Fatal(err)
	}
	before := files(t, dir)
	now := contents(t, dir)
	last := goOn(t, dir)
	names := slices.Sorted(maps.Keys(before))
	names = slices.DeleteFunc(names, func(name string) bool { return len(before[name]) == 0 })
	seed := uint64(time.Now().UnixNano())
	random := rand.New(rand.NewPCG(seed, 0))
	refused := map[string]int{}
	for range flips {
		name := dbFile
		if random.IntN(4) == 0 {
			name = names[random.IntN(len(names))]
		}
		at, bit := random.IntN(len(before[name])), random.IntN(8)
		for before[name][at] == 0 && random.IntN(16) > 0 { // most of a small database is empty
			at = random.IntN(len(before[name]))
		}
		flipped := bytes.Clone(before[name])
		flipped[at] ^= 1 << bit
		restore(t, dir, before, name, flipped)
		r, err := Open(dir, fixed)
		if err == nil {
			r.Close()
			if got := contents(t, dir); got != now && name == dbFile {
				t.Errorf("seed %d: %s, byte %d, bit %d: opens with other rows", seed, name, at, bit)
			}
			if got := goOn(t, dir); got != last || name != dbFile {
				t.Errorf("seed %d: %s, byte %d, bit %d: goes on with other rows", seed, name, at, bit)
			}
			continue
		}
		refused[name]++
		if !strings.Contains(err.Error(), filepath.Join(dir, name)) || strings.Contains(err.Error(), "\n") {
			t.Errorf("seed %d: %s, byte %d, bit %d: %v", seed, name, at, bit, err)
		}
		after := files(t, dir)
		if !bytes.Equal(after[name], flipped) || len(after) != len(before) {
			t.Errorf("seed %d: %s, byte %d, bit %d: the folder has changed", seed, name, at, bit)
		}
		for other := range before {
			if other != name && !bytes.Equal(after[other], before[other]) {
				t.Errorf("seed %d: %s, byte %d, bit %d: %s has changed", seed, name, at, bit, other)
			}
		}
	}
	if flips >= 100 && (refused[dbFile] < 10 || len(refused) < 3) {
		t.Errorf("seed %d: refused only %v", seed, refused)
	}
	t.Logf("refused %v of %d", refused, flips)
}

// files are the bytes of a folder's files.
func files(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]byte{}
	for _, e := range entries {
		if all[e.Name()], err = os.ReadFile(filepath.Join(dir, e.Name())); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// restore makes a folder what it was, but for one file.
func restore(t *testing.T, dir string, before map[string][]byte, name string, text []byte) {
	t.Helper()
	if err := errors.Join(os.RemoveAll(dir), os.Mkdir(dir, 0o755)); err != nil {
		t.Fatal(err)
	}
	for other, old := range before {
		if other == name {
			old = text
		}
		if err := os.WriteFile(filepath.Join(dir, other), old, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// goOn writes the third round and returns what the run contains then.
func goOn(t *testing.T, dir string) string {
	t.Helper()
	r, err := Open(dir, fixed)
	if err == nil {
		err = errors.Join(writeOne(r, 2), r.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	return contents(t, dir)
}
