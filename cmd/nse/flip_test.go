package main

import (
	"bytes"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nse-dev/nse/internal/file"
)

// TestFlippedBitsInARun flips a bit of a file of a run that was stopped, and resumes it. Either a line that names the
// file refuses that, and the folder stays as it is, or the run ends as it would have. NSE_FLIPS is the number of bits
// (default 16).
func TestFlippedBitsInARun(t *testing.T) {
	b := newTestbed(t, strings.Replace(killConfig, "train_steps = 40", "train_steps = 12", 1))
	flips := 16
	if n, err := strconv.Atoi(os.Getenv("NSE_FLIPS")); err == nil {
		flips = n
	}
	stopped := b.stopped(t)
	names := filesOf(t, stopped)
	seed := uint64(time.Now().UnixNano())
	random := rand.New(rand.NewPCG(seed, 0))
	refused := 0
	for i := range flips {
		dir := filepath.Join(b.dir, "flipped")
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
		if err := os.CopyFS(dir, os.DirFS(stopped)); err != nil {
			t.Fatal(err)
		}
		name := names[i%len(names)]
		if i >= len(names) {
			name = "run.db"
		}
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		at, bit := random.IntN(len(text)), random.IntN(8)
		for text[at] == 0 {
			at = random.IntN(len(text))
		}
		text[at] ^= 1 << bit
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil {
			t.Fatal(err)
		}
		before := bytesOf(t, dir)
		status, stderr := b.resume(t, dir)
		if status == 0 {
			b.compare(t, dir, seed)
			continue
		}
		refused++
		if status != failed || !strings.HasPrefix(stderr, "nse: "+filepath.Join(dir, name)) ||
			strings.Count(stderr, "\n") != 1 {
			t.Errorf("seed %d: %s, byte %d, bit %d: (%d) %s", seed, name, at, bit, status, stderr)
		}
		if after := bytesOf(t, dir); after != before {
			t.Errorf("seed %d: %s, byte %d, bit %d: the folder has changed", seed, name, at, bit)
		}
	}
	if flips >= 16 && refused < 4 {
		t.Errorf("seed %d: only %d are refused", seed, refused)
	}
}

// stopped is a run that was interrupted after its first round.
func (b testbed) stopped(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(b.dir, "stopped")
	for delay := b.whole / 2; ; delay = delay * 3 / 4 {
		status, stderr := b.interrupt(t, dir, os.Interrupt, delay)
		if _, err := os.Stat(filepath.Join(dir, "front.json")); status == interrupted && err == nil {
			return dir
		}
		if status == 0 {
			if err := os.RemoveAll(dir); err != nil { // it was too fast
				t.Fatal(err)
			}
		} else if delay < time.Millisecond {
			t.Fatalf("cannot be stopped between fronts: %d, %s", status, stderr)
		}
	}
}

// resume resumes the run in dir to its end.
func (b testbed) resume(t *testing.T, dir string) (status int, stderr string) {
	t.Helper()
	cmd := exec.Command("nse", "resume", dir)
	var out bytes.Buffer
	cmd.Stderr = &out
	_ = cmd.Run()
	return cmd.ProcessState.ExitCode(), out.String()
}

// filesOf lists the files of a folder that are not empty.
func filesOf(t *testing.T, dir string) (names []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && e.Type().IsRegular() {
			if info, err := e.Info(); err == nil && info.Size() > 0 {
				names = append(names, strings.TrimPrefix(path, dir+"/"))
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// bytesOf is all that a folder has in its files.
func bytesOf(t *testing.T, dir string) (all string) {
	t.Helper()
	for _, name := range filesOf(t, dir) {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		all += name + "\n" + file.Sum(text) + "\n"
	}
	return all
}
