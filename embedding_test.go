package nse_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestEmbedding builds a program outside the repository against this module, and has it search with an operation of its
// own: killed and resumed, continued with a second pool, retrained and exported. With NSE_RACE it runs under the race
// detector, which needs cgo.
func TestEmbedding(t *testing.T) {
	dir := t.TempDir()
	program := buildEmbedding(t, dir)
	pool := "[[plugin]]\nbuiltin = %q\n[[plugin.op]]\nname = %q\nkernel = [5, 7]\nexpand = [1, 2, 3]\n"
	for name, family := range map[string]string{"first.toml": "mbconv", "second.toml": "ssc"} {
		if err := os.WriteFile(filepath.Join(dir, name), fmt.Appendf(nil, pool, family, family), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	whole, killed := filepath.Join(dir, "whole"), filepath.Join(dir, "killed")
	began := time.Now()
	if got, want := step(t, program, "start", whole, dir), "2 rounds, 7 operations, front of round 2\n"; got != want {
		t.Errorf("a search: %q, want %q", got, want)
	}
	killHalfway(t, program, killed, dir, time.Since(began)/2)
	step(t, program, "start", killed, dir)
	sameFiles(t, whole, killed, "front.json")
	for _, run := range []string{whole, killed} {
		want := "3 rounds, 13 operations, front of round 3\n"
		if got := step(t, program, "continue", run, dir); got != want {
			t.Errorf("with a second pool: %q, want %q", got, want)
		}
	}
	sameFiles(t, whole, killed, "front.json")
	if got, want := step(t, program, "retrain", whole, dir), "front-1: 1 of 1 models\n"; got != want {
		t.Errorf("retraining: %q, want %q", got, want)
	}
	if info, err := os.Stat(filepath.Join(whole, "front-1.onnx")); err != nil || info.Size() < 1000 {
		t.Errorf("the exported network: %v, %v", info, err)
	}
}

// buildEmbedding builds the program in a module of its own, after go vet.
func buildEmbedding(t *testing.T, dir string) (program string) {
	t.Helper()
	files, err := filepath.Glob("testdata/embedding/*.go")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	module := filepath.Join(dir, "module")
	for _, path := range append(files, "go.sum") {
		copyFile(t, path, filepath.Join(module, filepath.Base(path)))
	}
	text, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	here, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	mod := regexp.MustCompile(`(?m)^module .*$`).ReplaceAllString(string(text), "module embedding.example")
	mod += fmt.Sprintf("\nrequire github.com/nse-dev/nse v0.0.0\n\nreplace github.com/nse-dev/nse => %q\n",
		filepath.ToSlash(here))
	if err := os.WriteFile(filepath.Join(module, "go.mod"), []byte(mod), 0o644); err != nil {
		t.Fatal(err)
	}
	program = filepath.Join(dir, "embedding.exe")
	build := []string{"build", "-mod=mod", "-o", program, "."}
	if os.Getenv("NSE_RACE") != "" {
		build = append([]string{"build", "-race"}, build[1:]...)
	}
	for _, args := range [][]string{{"vet", "-mod=mod", "."}, build} {
		cmd := exec.Command("go", args...)
		cmd.Dir = module
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
	return program
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	text, err := os.ReadFile(from)
	if err == nil {
		err = os.MkdirAll(filepath.Dir(to), 0o755)
	}
	if err == nil {
		err = os.WriteFile(to, text, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// step runs the program to its end and returns what it prints.
func step(t *testing.T, program string, args ...string) string {
	t.Helper()
	cmd := exec.Command(program, args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", args[0], err, &stderr)
	}
	return string(out)
}

// killHalfway starts a search and kills it once it has a run and some time has passed.
func killHalfway(t *testing.T, program, run, pools string, delay time.Duration) {
	t.Helper()
	cmd := exec.Command(program, "start", run, pools)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for began := time.Now(); time.Since(began) < time.Minute; time.Sleep(5 * time.Millisecond) {
		if _, err := os.Stat(filepath.Join(run, "run.db")); err == nil && time.Since(began) > delay {
			break
		}
	}
	_ = cmd.Process.Kill()
	if err := cmd.Wait(); err == nil {
		t.Log("the search was faster than the signal")
	}
}

func sameFiles(t *testing.T, a, b, name string) {
	t.Helper()
	x, err := os.ReadFile(filepath.Join(a, name))
	if err != nil {
		t.Fatal(err)
	}
	y, err := os.ReadFile(filepath.Join(b, name))
	if err != nil || !bytes.Equal(x, y) {
		t.Errorf("%s of the killed run differs: %v", name, err)
	}
}
