package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/examples/plugin-exec/softpool"
	"github.com/nse-dev/nse/internal/runs"
	"github.com/nse-dev/nse/internal/text"
	"github.com/nse-dev/nse/registry"
	"github.com/nse-dev/nse/sdk"
)

// pooled is softpool as a family of another name, whose kernel waits for the file "go" in a folder. The process of the
// family "brittle" ends in calls of the size of scoring.
func pooled(name, dir string) sdk.Op {
	op := softpool.Op()
	op.Name = name
	forward := op.Kernels[0].Forward
	op.Kernels[0].Forward = func(c sdk.Call) error {
		for {
			if _, err := os.Stat(filepath.Join(dir, "go")); err == nil {
				break
			}
			time.Sleep(time.Millisecond)
		}
		if name == "brittle" && c.Images == 24 {
			os.Exit(3)
		}
		return forward(c)
	}
	return op
}

// kernelConfig is a search of few steps.
var kernelConfig = strings.NewReplacer("k = 2\nmax_rounds = 3\ntrain_steps = 40",
	"k = 3\nmax_rounds = 3\ntrain_steps = 12", "samples = 12", "samples = 6").Replace(killConfig)

// TestKilledRunsWithKernelsEndLikeOthers kills runs that use kernels in plugins. One plugin is quarantined on the way,
// and another comes by nse ops add. Plugins that crash in the same calls leave runs equal to the bit.
func TestKilledRunsWithKernelsEndLikeOthers(t *testing.T) {
	dir := t.TempDir()
	t.Setenv(registry.CacheVariable, filepath.Join(dir, "cache"))
	pool := strings.Replace(killPool, "[3, 5]", "3", 1)
	for _, name := range []string{"steady", "brittle", "late"} {
		script := fmt.Sprintf("#!/bin/sh\nexec nse-pooled %s '%s'\n", name, dir)
		writePlugin(t, filepath.Join(dir, name), script)
		if name != "late" {
			pool += fmt.Sprintf("[[plugin]]\npath = %q\nsha256 = %q\n[[plugin.op]]\nname = %q\n", name, sumText(script),
				name)
		}
	}
	signal := filepath.Join(dir, "go")
	b := testbed{dir: dir, pool: pool, starting: func(run string) func() {
		os.Remove(signal)
		return func() {
			addLate(t, run, filepath.Join(dir, "late"))
			write(t, signal, "")
		}
	}}.begin(t, kernelConfig)
	b.checkEvents(t)
	killed(t, b, 3)
}

// writePlugin writes a plugin and accepts it.
func writePlugin(t *testing.T, path, script string) {
	t.Helper()
	write(t, path, script)
	if _, err := registry.Admit(path); err != nil {
		t.Fatal(err)
	}
}

// addLate gives a plugin to a run that is about to begin.
func addLate(t *testing.T, run, plugin string) {
	add := func() ([]byte, error) { return exec.Command("nse", "ops", "add", run, plugin).CombinedOutput() }
	out, err := add()
	for end := time.Now().Add(time.Minute); err != nil && time.Now().Before(end); out, err = add() {
		time.Sleep(10 * time.Millisecond)
	}
	if err != nil {
		t.Errorf("ops add: %v, %s", err, out)
	}
}

// checkEvents wants an operation to be quarantined and another to come and be used.
func (b testbed) checkEvents(t *testing.T) {
	r, err := runs.Read(filepath.Join(b.dir, "whole"))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	came, err := r.Events(evolve.Arrived{}.Kind())
	if err != nil || len(came) != 1 {
		t.Fatalf("arrivals %v, %v", came, err)
	}
	broken, err := r.Events(evolve.Quarantined{}.Kind())
	if err != nil || len(broken) != 1 {
		t.Fatalf("quarantines %v, %v", broken, err)
	}
	var q evolve.Quarantined
	want := `brittle: plugin "brittle" exited before Run of softpool was answered: exit status 3, its crash number 3`
	if err := json.Unmarshal(broken[0].Body, &q); err != nil || q.Reason != want {
		t.Errorf("quarantine %+v, %v", q, err)
	}
	rounds, err := r.Rounds()
	has := func(x runs.Round) bool { return strings.Contains(text.Layers(x.Subset), "late") }
	if err != nil || !slices.ContainsFunc(rounds, has) {
		t.Errorf("what came is in no subset: %v, %v", rounds, err)
	}
}
