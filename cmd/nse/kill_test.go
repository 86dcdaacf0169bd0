package main

import (
	"bytes"
	"database/sql"
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// killConfig is a search of a second with checkpoints at almost every step.
const killConfig = `checkpoint_seconds = 0.005
[data]
spec = "generated:120"
size = 8
held_out = 0.2
[macro]
channels = [4, 8]
layers = "N R N"
head = 8
[search]
k = 2
max_rounds = 3
train_steps = 40
[search.fitness]
lr = 0.3
[search.constraint]
tau = 0.1
width = 0.99
[search.front]
samples = 12
extras = 2
[train]
batch = 12
[score]
batch = 24
images = 48
`

const killPool = "[[plugin]]\nbuiltin = \"mbconv\"\n[[plugin.op]]\nname = \"mbconv\"\nkernel = [3, 5]\nexpand = [1, 2, 3]\n"

// TestKilledRunsEndLikeOthers kills runs at random moments, again and again until they end, and compares all that they
// leave with a run that nothing happened to. NSE_KILLS is the number of kills to make (default 6).
func TestKilledRunsEndLikeOthers(t *testing.T) {
	b := newTestbed(t)
	kills := 6
	if n, err := strconv.Atoi(os.Getenv("NSE_KILLS")); err == nil {
		kills = n
	}
	seed := uint64(time.Now().UnixNano())
	r := rand.New(rand.NewPCG(seed, 0))
	for run := 0; kills > 0; run++ {
		dir := filepath.Join(b.dir, "killed-"+strconv.Itoa(run))
		for {
			delay := time.Duration(r.Int64N(int64(b.whole)))
			if kills == 0 {
				delay = time.Hour
			}
			status, _ := b.interrupt(t, dir, os.Kill, delay)
			if status == 0 {
				break
			}
			kills--
		}
		b.compare(t, dir, seed)
	}
}

// TestInterruptSaysHowToGoOn sends Ctrl-C, resumes, and compares the result.
func TestInterruptSaysHowToGoOn(t *testing.T) {
	b := newTestbed(t)
	dir := filepath.Join(b.dir, "interrupted")
	for part := 2; ; part++ {
		status, stderr := b.interrupt(t, dir, os.Interrupt, b.whole/time.Duration(part))
		if status == 0 && part < 10 {
			os.RemoveAll(dir) // it was too fast
			continue
		}
		if status != interrupted || !strings.Contains(stderr, "go on with: nse resume "+dir+"\n") {
			t.Fatalf("exit status %d, want %d: %s", status, interrupted, stderr)
		}
		break
	}
	if status, stderr := b.interrupt(t, dir, os.Kill, time.Hour); status != 0 {
		t.Fatalf("resume: %d, %s", status, stderr)
	}
	b.compare(t, dir, 0)
}

// TestOneCoreEndsLikeSeveral runs on one core.
func TestOneCoreEndsLikeSeveral(t *testing.T) {
	b := newTestbed(t)
	t.Setenv("GOMAXPROCS", "1")
	dir := filepath.Join(b.dir, "one")
	if status, stderr := b.interrupt(t, dir, os.Kill, time.Hour); status != 0 {
		t.Fatalf("%d: %s", status, stderr)
	}
	b.compare(t, dir, 0)
}

// testbed is a folder with a run that nothing happened to.
type testbed struct {
	dir   string
	whole time.Duration // that it took
	want  map[string]string
}

func newTestbed(t *testing.T) testbed {
	b := testbed{dir: t.TempDir()}
	for name, text := range map[string]string{"c.toml": killConfig, "ops.toml": killPool} {
		if err := os.WriteFile(filepath.Join(b.dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	dir, start := filepath.Join(b.dir, "whole"), time.Now()
	if status, stderr := b.interrupt(t, dir, os.Kill, time.Hour); status != 0 {
		t.Fatalf("%d: %s", status, stderr)
	}
	b.whole, b.want = time.Since(start), leavings(t, dir)
	return b
}

// interrupt starts or resumes the run in dir, sends it a signal after a delay, and returns how it ended.
func (b testbed) interrupt(t *testing.T, dir string, s os.Signal, delay time.Duration) (status int, stderr string) {
	t.Helper()
	args := []string{"evolve", "--pool", filepath.Join(b.dir, "ops.toml"), "--config", filepath.Join(b.dir, "c.toml"), "--out", dir}
	if _, err := os.Stat(filepath.Join(dir, "run.db")); err == nil {
		args = []string{"resume", dir}
	}
	cmd := exec.Command("nse", args...)
	var out bytes.Buffer
	cmd.Stderr = &out
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
	if status != 0 && status != -1 && status != interrupted {
		t.Fatalf("nse %s: %d: %s", strings.Join(args, " "), status, out.String())
	}
	return status, out.String()
}

func (b testbed) compare(t *testing.T, dir string, seed uint64) {
	t.Helper()
	got := leavings(t, dir)
	for name, want := range b.want {
		if got[name] != want {
			t.Errorf("seed %d: %s differs: %d bytes, want %d", seed, name, len(got[name]), len(want))
		}
	}
	if len(got) != len(b.want) {
		t.Errorf("seed %d: %d files and tables, want %d", seed, len(got), len(b.want))
	}
}

// leavings are the bytes of a run's files and the rows of its tables, times aside.
func leavings(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, pattern := range []string{"*", "round-*/*"} {
		files, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range files {
			if info, err := os.Stat(path); err != nil || info.IsDir() || filepath.Base(path) == "run.db" {
				continue
			}
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			all[strings.TrimPrefix(path, dir)] = string(data)
		}
	}
	db, err := sql.Open("sqlite", filepath.Join(dir, "run.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, table := range column(t, db, "SELECT name FROM sqlite_schema WHERE type = 'table'") {
		columns := column(t, db, "SELECT iif(type = 'BLOB', 'hex('||name||')', name) FROM pragma_table_info('"+table+"') WHERE name <> 'time'")
		rows := column(t, db, "SELECT json_array("+strings.Join(columns, ", ")+") FROM "+table)
		all["table "+table] = strings.Join(rows, "\n")
	}
	return all
}

func column(t *testing.T, db *sql.DB, query string) (values []string) {
	t.Helper()
	rows, err := db.Query(query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var v string
		if err := rows.Scan(&v); err != nil {
			t.Fatal(err)
		}
		values = append(values, v)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return values
}
