package main

import (
	"bytes"
	"errors"
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

// retrainTable follows killConfig: two models are trained, with checkpoints at almost every step.
const retrainTable = `[retrain]
batch = 24
epochs = 6
drop_path = 0.2
[retrain.augment]
flip = true
cutout = 2
`

// TestKilledRetrainingEndsLikeOthers kills retraining at random moments, again and again until it ends, and compares
// all files with those of one that nothing happened to, on one core. NSE_KILLS is the number of kills to make (default
// 3).
func TestKilledRetrainingEndsLikeOthers(t *testing.T) {
	dir, kills := t.TempDir(), 3
	if n, err := strconv.Atoi(os.Getenv("NSE_KILLS")); err == nil {
		kills = n
	}
	write(t, filepath.Join(dir, "c.toml"), killConfig+retrainTable)
	write(t, filepath.Join(dir, "ops.toml"), killPool)
	run := filepath.Join(dir, "run")
	execute(t, time.Hour, "evolve", "--pool", filepath.Join(dir, "ops.toml"), "--config", filepath.Join(dir, "c.toml"),
		"--max-rounds", "1", "--out", run)
	retrain := func(out string, delay time.Duration) (ended bool) {
		return execute(t, delay, "retrain", run, "--pick", "2", "--out", filepath.Join(dir, out))
	}
	start := time.Now()
	retrain("whole", time.Hour)
	whole, want := time.Since(start), files(t, filepath.Join(dir, "whole"))
	if len(want) != 6 {
		t.Fatalf("%d files, want two models of three", len(want))
	}
	t.Setenv("GOMAXPROCS", "1")
	seed := uint64(time.Now().UnixNano())
	r := rand.New(rand.NewPCG(seed, 0))
	for round := 0; kills > 0; round++ {
		out := "killed-" + strconv.Itoa(round)
		for !retrain(out, time.Duration(r.Int64N(int64(whole)))) {
			if kills--; kills == 0 {
				retrain(out, time.Hour)
				break
			}
		}
		got := files(t, filepath.Join(dir, out))
		for name, text := range want {
			if got[name] != text {
				t.Errorf("seed %d: %s differs", seed, name)
			}
		}
		if len(got) != len(want) {
			t.Errorf("seed %d: %d files, want %d", seed, len(got), len(want))
		}
	}
}

// A model is trained by one process at a time, and another one says so.
func TestOneProcessTrainsAModel(t *testing.T) {
	dir := t.TempDir()
	out := filepath.Join(dir, "models")
	model := filepath.Join(out, "NSENet")
	if err := os.MkdirAll(model, 0o755); err != nil {
		t.Fatal(err)
	}
	lock, err := file.Lock(filepath.Join(model, "retrain.lock"))
	if err != nil {
		t.Fatal(err)
	}
	args := []string{"retrain", "--arch", "nsenet", "--budget", "1M", "--data", "generated:60", "--size", "8",
		"--epochs", "1", "--out", out}
	text, err := exec.Command("nse", args...).CombinedOutput()
	want := "nse: " + model + ": it is in use by another nse process\n"
	if err == nil || !strings.HasSuffix(string(text), want) || len(files(t, out)) != 1 {
		t.Errorf("%v, %s, want %s", err, text, want)
	}
	lock.Close()
	execute(t, time.Hour, args...)
	if got := files(t, out); len(got) != 3 || got["/NSENet/model.json"] == "" || got["/NSENet/images.tsv.gz"] == "" {
		t.Errorf("%d files, want three of the model", len(got))
	}
}

// execute runs nse and kills it after a delay. It reports whether the command ended before.
func execute(t *testing.T, delay time.Duration, args ...string) (ended bool) {
	t.Helper()
	cmd := exec.Command("nse", args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	timer := time.AfterFunc(delay, func() { _ = cmd.Process.Kill() })
	err := cmd.Wait()
	timer.Stop()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == -1 {
		return false
	}
	if err != nil {
		t.Fatalf("nse %s: %v: %s", strings.Join(args, " "), err, stderr.String())
	}
	return true
}

// files are all files below a folder, by their paths in it.
func files(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		all[strings.TrimPrefix(path, dir)] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
