package main

import (
	"bytes"
	"cmp"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nse-dev/nse/internal/runs"
)

// killConfig is a search of a second with checkpoints at almost every step. With this seed it has three rounds.
const killConfig = `preset = "default"
checkpoint_seconds = 0.005
seed = 2
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
beta1 = 0.9
[search.constraint]
tau = 0.1
width = 0.99
alpha = 0.00001
[search.front]
samples = 12
extras = 2
[train]
batch = 12
[score]
batch = 24
images = 48
`

const killPool = "[[plugin]]\nbuiltin = \"mbconv\"\n[[plugin.op]]\nname = \"mbconv\"\n" +
	"kernel = [3, 5]\nexpand = [1, 2, 3]\n"

// TestKilledRunsEndLikeOthers kills runs at random moments, again and again until they end, and compares all that they
// leave with a run that nothing happened to. NSE_KILLS is the number of kills to make (default 6, and 3 in the tests
// below and of kernels).
func TestKilledRunsEndLikeOthers(t *testing.T) { killed(t, newTestbed(t, killConfig), 6) }

// TestKilledContinuationsEndLikeOthers does so with runs that go on with a second pool and inherit weights.
func TestKilledContinuationsEndLikeOthers(t *testing.T) {
	b := testbed{dir: t.TempDir(), second: "second.toml"}
	second := "[[plugin]]\nbuiltin = \"ssc\"\n[[plugin.op]]\nname = \"ssc\"\nkernel = [5, 7]\nexpand = [1, 2]\n"
	write(t, filepath.Join(b.dir, b.second), second)
	killed(t, b.begin(t, strings.NewReplacer("max_rounds = 3\ntrain_steps = 40", "max_rounds = 2\ntrain_steps = 20",
		"batch = 12\n", "batch = 12\nkeep_weights = true\n").Replace(killConfig)), 3)
}

func killed(t *testing.T, b testbed, kills int) {
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
			if status == 0 && b.finished(t, dir) {
				break
			}
			if status != 0 {
				kills--
			}
		}
		b.compare(t, dir, seed)
	}
}

// TestInterruptSaysHowToGoOn sends Ctrl-C, resumes, and compares the result.
func TestInterruptSaysHowToGoOn(t *testing.T) {
	b := newTestbed(t, killConfig)
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
	execute(t, time.Minute, "report", dir, "--out", filepath.Join(b.dir, "unfinished.html"))
	if status, stderr := b.interrupt(t, dir, os.Kill, time.Hour); status != 0 {
		t.Fatalf("resume: %d, %s", status, stderr)
	}
	b.compare(t, dir, 0)
}

// TestOneCoreEndsLikeSeveral runs on one core.
func TestOneCoreEndsLikeSeveral(t *testing.T) {
	b := newTestbed(t, killConfig)
	t.Setenv("GOMAXPROCS", "1")
	dir := filepath.Join(b.dir, "one")
	if status, stderr := b.interrupt(t, dir, os.Kill, time.Hour); status != 0 {
		t.Fatalf("%d: %s", status, stderr)
	}
	b.compare(t, dir, 0)
}

// testbed is a folder with a run that nothing happened to.
type testbed struct {
	dir      string
	pool     string                          // instead of killPool
	second   string                          // pool that runs go on with when they are finished, or nothing
	starting func(run string) (begun func()) // called before and after a run is started for the first time; may be nil
	whole    time.Duration                   // that it took
	want     map[string]string
}

func newTestbed(t *testing.T, config string) testbed {
	return testbed{dir: t.TempDir()}.begin(t, config)
}

func (b testbed) begin(t *testing.T, config string) testbed {
	write(t, filepath.Join(b.dir, "c.toml"), config)
	write(t, filepath.Join(b.dir, "ops.toml"), cmp.Or(b.pool, killPool))
	dir, start := filepath.Join(b.dir, "whole"), time.Now()
	for !b.finished(t, dir) {
		if status, stderr := b.interrupt(t, dir, os.Kill, time.Hour); status != 0 {
			t.Fatalf("%d: %s", status, stderr)
		}
	}
	b.whole, b.want = time.Since(start), leavings(t, dir)
	return b
}

// finished reports whether the run in dir has ended with all its pools.
func (b testbed) finished(t *testing.T, dir string) bool {
	pools, done := b.stage(t, dir)
	return done && (pools == 2 || b.second == "")
}

// stage is how many pools the run in dir has, and whether it has ended with them.
func (b testbed) stage(t *testing.T, dir string) (pools int, done bool) {
	t.Helper()
	if !runs.Exists(dir) {
		return 0, false
	}
	r, err := runs.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	list, err := r.Pools()
	last, err2 := r.Last()
	if err := errors.Join(err, err2); err != nil {
		t.Fatal(err)
	}
	return len(list), last.Done
}

// interrupt starts, resumes or continues the run in dir, sends it a signal after a delay, and returns how it ended.
func (b testbed) interrupt(t *testing.T, dir string, s os.Signal, delay time.Duration) (status int, stderr string) {
	t.Helper()
	args := []string{"resume", dir}
	begun := func() {}
	switch pools, done := b.stage(t, dir); {
	case pools == 0:
		args = []string{"evolve", "--pool", filepath.Join(b.dir, "ops.toml"), "--config",
			filepath.Join(b.dir, "c.toml"), "--out", dir}
		if b.starting != nil {
			begun = b.starting(dir)
		}
	case pools == 1 && done && b.second != "":
		args = []string{"continue", dir, "--pool", filepath.Join(b.dir, b.second)}
	}
	cmd := exec.Command("nse", args...)
	var out bytes.Buffer
	cmd.Stderr = &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	begun()
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

// leavings are the bytes of a run's files and the rows of its tables, times and seconds aside, and the sums, which are
// over times too.
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
	for folder, points := range boardOf(t, dir) {
		all["tensorboard "+folder] = fmt.Sprint(points)
	}
	db, err := sql.Open("sqlite", filepath.Join(dir, "run.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, table := range column(t, db, "SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'sums'") {
		columns := column(t, db, "SELECT iif(type = 'BLOB', 'hex('||name||')', name) FROM "+
			"pragma_table_info('"+table+"') WHERE name NOT IN ('time', 'seconds')")
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
