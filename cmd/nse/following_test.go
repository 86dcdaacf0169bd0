package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nse-dev/nse/registry"
)

// followConfig is a search of small rounds that replace most of their operations.
var followConfig = strings.NewReplacer("k = 2\nmax_rounds = 3\ntrain_steps = 40",
	"k = 3\nsingle_branch = true\ntrain_steps = 2", "samples = 12", "samples = 3",
	"extras = 2", "extras = 0").Replace(killConfig)

// following is a search that waits for operations.
type following struct {
	dir    string // of the test; the run is in run, the watched folder is watched
	cmd    *exec.Cmd
	stderr *lines
}

// lines collects what a process writes.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func follow(t *testing.T) *following { return followWith(t, followConfig) }

func followWith(t *testing.T, config string) *following {
	f := &following{dir: t.TempDir()}
	t.Setenv(registry.CacheVariable, filepath.Join(f.dir, "cache"))
	for name, text := range map[string]string{"c.toml": config, "ops.toml": "watch = [\"watched\"]\n" + killPool,
		"watched/old": "#!/bin/sh\n"} {
		write(t, filepath.Join(f.dir, name), text)
	}
	f.start(t, "evolve", "--pool", filepath.Join(f.dir, "ops.toml"), "--config", filepath.Join(f.dir, "c.toml"),
		"--out", f.run(), "--follow", "--watch", filepath.Join(f.dir, "watched"))
	f.await(t, "run: ") // what comes before it watches has not come
	return f
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
}

// writeOld writes a file that has stayed as it is for long: the first look that sees it may take it.
func writeOld(t *testing.T, path, text string) {
	t.Helper()
	write(t, path, text)
	old := time.Now().Add(-time.Hour)
	if err := os.Chtimes(path, old, old); err != nil {
		t.Fatal(err)
	}
}

func (f *following) run() string { return filepath.Join(f.dir, "run") }

func (f *following) start(t *testing.T, args ...string) {
	t.Helper()
	f.cmd, f.stderr = exec.Command("nse", args...), &lines{}
	f.cmd.Stderr = f.stderr
	if err := f.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	cmd := f.cmd
	t.Cleanup(func() { _ = cmd.Process.Kill() })
}

// await waits until the search has written a text.
func (f *following) await(t *testing.T, text string) {
	t.Helper()
	end := time.Now().Add(2 * time.Minute)
	for ; !strings.Contains(f.stderr.String(), text); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("no %q in\n%s", text, f.stderr)
		}
	}
}

// awaitAfter waits until the search has written a text after the last line with another.
func (f *following) awaitAfter(t *testing.T, before, text string) {
	t.Helper()
	said := func() bool {
		all := f.stderr.String()
		return strings.LastIndex(all, text) > strings.LastIndex(all, before)
	}
	for end := time.Now().Add(2 * time.Minute); !said(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("no %q after the last %q in\n%s", text, before, f.stderr)
		}
	}
}

// interrupt stops the search.
func (f *following) interrupt(t *testing.T) {
	t.Helper()
	if err := f.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	_ = f.cmd.Wait()
	if status := f.cmd.ProcessState.ExitCode(); status != interrupted {
		t.Fatalf("exit status %d, want %d: %s", status, interrupted, f.stderr)
	}
}

const waiting = "no operation is pending: waiting for more"
