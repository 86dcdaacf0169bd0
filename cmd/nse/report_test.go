package main

import (
	"bytes"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/nse-dev/nse/internal/runs"
)

// TestReportsOfARunningSearch makes reports while a search writes rounds as fast as it can.
func TestReportsOfARunningSearch(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "c.toml"), `preset = "default"
checkpoint_seconds = 0.005
[data]
spec = "generated:60"
size = 8
held_out = 0.2
[macro]
channels = [4, 8]
layers = "N R N"
head = 8
[search]
k = 3
train_steps = 2
single_branch = true
[search.constraint]
tau = 0.2
width = 0.99
[search.front]
samples = 4
extras = 1
[train]
batch = 12
[score]
batch = 12
images = 12
`)
	write(t, filepath.Join(dir, "ops.toml"), "[[plugin]]\nbuiltin = \"mbconv\"\n[[plugin.op]]\nname = \"mbconv\"\n"+
		"kernel = [3, 5]\nexpand = [1, 2, 3, 4, 5, 6, 7, 8]\n")
	run := filepath.Join(dir, "run")
	search := exec.Command("nse", "evolve", "--pool", filepath.Join(dir, "ops.toml"), "--config",
		filepath.Join(dir, "c.toml"), "--out", run)
	var stderr bytes.Buffer
	search.Stderr = &stderr
	if err := search.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- search.Wait() }()
	reports := 0
	for {
		select {
		case err := <-ended:
			if err != nil || reports < 2 {
				t.Errorf("%v after %d reports: %s", err, reports, stderr.String())
			}
			return
		default:
		}
		if !runs.Exists(run) {
			continue
		}
		if out, err := exec.Command("nse", "report", run, "--json").CombinedOutput(); err != nil {
			t.Errorf("report %d: %s", reports+1, out)
		}
		reports++
	}
}
