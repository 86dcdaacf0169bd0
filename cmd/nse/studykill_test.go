package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nse-dev/nse/internal/study"
)

// studyFile is a study of two methods and two seeds that takes seconds. One goes on in secondPool.
const studyFile = `name = "killed"
pool = "ops.toml"
data = "generated:120"
seeds = 2
finalists = 2
base = "c.toml"

[retrain]
budget = "100k"
tolerance = 0.2
epochs = 2
batch = 12

[[method]]
name = "nse"

[[method]]
label = "dropping"
name = "nse"
second = "second.toml"
[method.settings.search.fitness]
lr = 0.9
`

const secondPool = `[[plugin]]
builtin = "mbconv"

[[plugin.op]]
name = "mbconv"
kernel = [7, 9]
expand = [1, 2]
`

// TestKilledStudiesEndLikeOthers kills a study at random moments, again and again until it ends. Its rows are those of
// a study that nothing happened to, but for times. NSE_KILLS is the number of kills to make (default 5).
func TestKilledStudiesEndLikeOthers(t *testing.T) {
	dir := t.TempDir()
	base := strings.NewReplacer("spec = \"generated:120\"\n", "", "max_rounds = 3", "max_rounds = 2",
		"train_steps = 40", "train_steps = 20").Replace(killConfig)
	for name, text := range map[string]string{"s.toml": studyFile, "c.toml": base, "ops.toml": killPool,
		"second.toml": secondPool} {
		write(t, filepath.Join(dir, name), text)
	}
	began := time.Now()
	_, want := studied(t, dir, "whole", os.Kill, time.Hour)
	whole := time.Since(began)
	seed := uint64(began.UnixNano())
	r := rand.New(rand.NewPCG(seed, 0))
	for kills := 5; ; {
		delay := time.Hour
		if kills > 0 {
			delay = time.Duration(r.Int64N(int64(whole)))
		}
		signal := os.Kill
		if kills == 1 {
			signal = os.Interrupt
		}
		status, got := studied(t, dir, "killed", signal, delay)
		if status != 0 {
			kills--
			continue
		}
		if got != want {
			t.Errorf("seed %d: the rows are\n%s\nwant\n%s", seed, got, want)
		}
		return
	}
}

// studied runs the study and sends it a signal after a delay. The rows have no times.
func studied(t *testing.T, dir, out string, s os.Signal, delay time.Duration) (status int, rows string) {
	t.Helper()
	cmd := exec.Command("nse", "study", filepath.Join(dir, "s.toml"), "--out", filepath.Join(dir, out), "--json")
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	timer := time.AfterFunc(delay, func() { _ = cmd.Process.Signal(s) })
	err := cmd.Wait()
	timer.Stop()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	status = cmd.ProcessState.ExitCode()
	switch {
	case status == interrupted && !strings.Contains(stderr.String(), "the same command goes on with "):
		t.Fatalf("interrupted: %s", stderr.String())
	case status != 0:
		if status != -1 && status != interrupted {
			t.Fatalf("%d: %s", status, stderr.String())
		}
		return status, ""
	}
	var list []study.Row
	if err := json.Unmarshal(stdout.Bytes(), &list); err != nil || len(list) != 4 {
		t.Fatalf("%d rows, %v", len(list), err)
	}
	for i := range list {
		list[i].Seconds, list[i].Time = 0, time.Time{}
	}
	text, err := json.MarshalIndent(list, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return 0, string(text)
}

// TestOneProcessRunsAStudy starts a study that another process runs.
func TestOneProcessRunsAStudy(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"s.toml": studyFile, "ops.toml": killPool, "second.toml": secondPool,
		"c.toml": strings.Replace(killConfig, "spec = \"generated:120\"\n", "", 1)} {
		write(t, filepath.Join(dir, name), text)
	}
	args := []string{"study", filepath.Join(dir, "s.toml"), "--out", filepath.Join(dir, "s")}
	first := exec.Command("nse", args...)
	if err := first.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = first.Process.Kill()
		_ = first.Wait()
	}()
	for begin := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		if _, err := os.Stat(filepath.Join(dir, "s", "study.db")); err == nil {
			break
		}
		if time.Since(begin) > time.Minute {
			t.Fatal("the study has not begun")
		}
	}
	out, err := exec.Command("nse", args...).CombinedOutput()
	want := "nse: " + filepath.Join(dir, "s") + ": the study is in use by another nse process\n"
	if err == nil || string(out) != want {
		t.Errorf("%v: %s", err, out)
	}
}
