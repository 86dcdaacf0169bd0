package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sourcegraph/conc/pool"
	"github.com/spf13/cobra"
	"go.uber.org/goleak"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/internal/runs"
	"github.com/nse-dev/nse/internal/text"
	"github.com/nse-dev/nse/registry"
)

// faultConfig is a search of two rounds in a moment.
const faultConfig = `preset = "default"
seed = 2
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
max_rounds = 2
train_steps = 4
[search.fitness]
lr = 0.3
[search.constraint]
tau = 0.1
width = 0.99
[search.front]
samples = 4
extras = 0
[train]
batch = 12
[score]
batch = 12
images = 12
`

const faultPool = "[[plugin]]\nbuiltin = \"mbconv\"\n[[plugin.op]]\nname = \"mbconv\"\n" +
	"kernel = [3, 5]\nexpand = [1, 2, 3]\n"

// pluginFaults are the ways in which a plugin fails during a search, and what the search says of its operation's
// quarantine; nothing where the plugin's operation is used to the end.
func pluginFaults() map[string]string {
	crashed := func(how string) string {
		return `exited before Run of softpool was answered: ` + how + `, its crash number 3$`
	}
	startless := `exited before Run of softpool was answered: exit status 1, and could not be started again: plugin ` +
		`"[^"]*" `
	late := `did not answer Run of softpool within 2s$`
	flooded := `was ended: it wrote more than 64 MiB to its standard streams without an answer: Run of softpool$`
	return map[string]string{
		"error":                   `failed in kernel softpool: not today or tomorrow$`,
		"panic":                   `failed in kernel softpool: softpool panicked: runtime error: index out of range `,
		"panic elsewhere":         crashed(`exit status 2, "panic: out of luck"`),
		"exit 0":                  crashed("exit status 0"),
		"exit 1":                  crashed("exit status 1"),
		"SIGKILL":                 crashed("signal: killed"),
		"SIGSEGV":                 crashed(`exit status 2, "fatal error: fault"`),
		"SIGSTOP":                 late,
		"hang":                    late,
		"hang with a child":       late,
		"stdout flood":            flooded,
		"stderr flood":            flooded,
		"NaN":                     `computed a value that is not finite in kernel softpool$`,
		"infinity":                `computed a value that is not finite in kernel softpool$`,
		"wrong shape":             `answered Run with 12 bytes of tensors, which belong into the arena$`,
		"wrong shape in messages": `answered Run with 12 bytes of tensors, want \d+$`,
		"oversized message":       `: Run of softpool: grpc: received message larger than max \(\d+ vs. \d+\)$`,
		"truncated arena":         crashed(`exit status 2, "fatal error: fault"`),
		"garbage handshake": startless +
			`printed "hello" where the handshake belongs: it is no plugin of nse, or prints before serve.Main$`,
		"wrong protocol": startless +
			`speaks protocol version 7, this nse speaks 1: rebuild it with this version's sdk$`,
		"slow start":    startless + `did not start within 4s$`,
		"exit at start": startless + `exited at once: exit status 3, "no licence found"$`,
		"crash at exit": "",
		"hang at exit":  "",
		"much output":   "",
	}
}

// faultOptions are short where a deadline is to be missed.
func faultOptions(mode string, want string) (o registry.Options, deadline time.Duration) {
	o = pluginOptions()
	switch {
	case strings.Contains(want, "within 2s"):
		o.CallTimeout, deadline = 2*time.Second, 2*time.Second
	case strings.Contains(want, "within 4s"):
		o.StartTimeout, deadline = 4*time.Second, 4*time.Second
	}
	o.NoArena = strings.Contains(mode, "in messages")
	return o, deadline
}

// TestSearchesOutliveTheirPlugins searches with a plugin that fails, in every way, and looks for what it leaves behind.
// There is one search for each core: more of them would only add to the time up to a quarantine.
func TestSearchesOutliveTheirPlugins(t *testing.T) {
	dir := contained(t)
	faults := pluginFaults()
	results := map[string]*faulted{}
	lanes := pool.New().WithMaxGoroutines(min(8, runtime.GOMAXPROCS(0)))
	for _, mode := range slices.Sorted(maps.Keys(faults)) {
		o, _ := faultOptions(mode, faults[mode])
		f := failing(t, filepath.Join(dir, strings.ReplaceAll(mode, " ", "-")), mode)
		results[mode] = f
		lanes.Go(func() { f.search(o, nil) })
	}
	lanes.Wait()
	for mode, want := range faults {
		t.Run(mode, func(t *testing.T) {
			f := results[mode]
			f.check(t, want)
			_, deadline := faultOptions(mode, want)
			if want != "" && f.delay(t) > deadline+3*time.Second {
				t.Errorf("quarantined after %v", f.delay(t))
			}
		})
	}
}

// TestTrainingAloneOutlivesPlugins searches without shared weights, with a plugin that fails.
func TestTrainingAloneOutlivesPlugins(t *testing.T) {
	const mode = "error"
	f := failing(t, filepath.Join(contained(t), "alone"), mode)
	write(t, filepath.Join(f.dir, "c.toml"), strings.Replace(faultConfig, "[search]\n", "[search]\n"+
		"method = \"guided\"\nalone = { evaluations = 40 }\nguided = { candidates = 6, ends = [1, 2] }\n", 1)+
		"[retrain]\nbatch = 12\n")
	o, _ := faultOptions(mode, "")
	f.search(o, nil)
	f.check(t, pluginFaults()[mode])
}

// failing is a search that is ready to run, with a plugin that fails.
func failing(t *testing.T, dir, mode string) *faulted {
	f := &faulted{dir: dir}
	f.prepare(t, faultPool+f.plugin(t, mode))
	return f
}

// contained has the test fail if it leaves goroutines, sockets, memory files or anything in the folder for temporary
// files. It returns another folder.
func contained(t *testing.T) (dir string) {
	dir = t.TempDir()
	ignored := goleak.IgnoreCurrent()
	before := handles(t)
	temp := filepath.Join(dir, "tmp")
	if err := os.Mkdir(temp, 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("TMPDIR", temp)
	t.Setenv(registry.CacheVariable, filepath.Join(dir, "cache"))
	t.Cleanup(func() {
		goleak.VerifyNone(t, ignored)
		if after := handles(t); len(after) > len(before) {
			t.Errorf("open at the end: %v; at the beginning: %v", after, before)
		}
		if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
			t.Errorf("left among the temporary files: %v, %v", left, err)
		}
	})
	return dir
}

// handles lists the sockets and memory files that this process has open.
func handles(t *testing.T) (list []string) {
	files, err := filepath.Glob("/proc/self/fd/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range files {
		if target, err := os.Readlink(path); err == nil &&
			(strings.HasPrefix(target, "socket:") || strings.Contains(target, "nse-arena")) {
			list = append(list, target)
		}
	}
	return list
}

// faulted is a search in this process, with a plugin that fails.
type faulted struct {
	dir         string // of the run, and of what the plugin leaves; its name is on the plugin's command line
	err         error
	text        lines
	quarantined time.Time
	ended       time.Time // the operation's last use, before its plugin was ended
	took        time.Duration
	orphans     []string
}

// plugin writes a plugin and returns its part of a pool file.
func (f *faulted) plugin(t *testing.T, mode string) string {
	script := fmt.Sprintf("#!/bin/sh\nexec nse-faulty '%s' '%s'\n", mode, f.dir)
	writePlugin(t, filepath.Join(f.dir, "plugin"), script)
	return fmt.Sprintf("[[plugin]]\npath = \"plugin\"\nsha256 = %q\n[[plugin.op]]\nname = \"softpool\"\n",
		sumText(script))
}

func (f *faulted) prepare(t *testing.T, pool string) {
	write(t, filepath.Join(f.dir, "ops.toml"), pool)
	write(t, filepath.Join(f.dir, "c.toml"), faultConfig)
}

func (f *faulted) run() string { return filepath.Join(f.dir, "run") }

// search runs the search; at gets what it says.
func (f *faulted) search(o registry.Options, at func(text string), watch ...string) {
	nse, err := exec.LookPath("nse")
	if err != nil {
		f.err = err
		return
	}
	o.Self = []string{nse, "plugin", "serve"}
	c := &cobra.Command{}
	c.SetContext(context.Background())
	c.SetOut(io.Discard)
	c.SetErr(writerFunc(func(b []byte) (int, error) {
		text := string(b)
		if strings.Contains(text, "is quarantined") && f.quarantined.IsZero() {
			f.quarantined = time.Now()
		}
		if strings.HasPrefix(text, "finished: ") {
			f.ended = time.Now()
		}
		if at != nil {
			at(text)
		}
		return f.text.Write(b)
	}))
	s := start{pool: filepath.Join(f.dir, "ops.toml"), given: given{file: filepath.Join(f.dir, "c.toml")},
		relock: func() error { return nil }, out: f.run(), sources: sources{watch: watch, host: o}}
	f.err = s.run(c)
	f.took = time.Since(f.ended)
	for end := time.Now().Add(2 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if f.orphans = processesWith(f.dir); len(f.orphans) == 0 || time.Now().After(end) {
			return
		}
	}
}

// processesWith lists the processes that have a folder on their command line.
func processesWith(dir string) (list []string) {
	files, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, path := range files {
		text, err := os.ReadFile(path)
		if err == nil && (bytes.Contains(text, []byte(dir+"\x00")) || bytes.Contains(text, []byte(dir+"/"))) {
			list = append(list, strings.ReplaceAll(string(text), "\x00", " "))
		}
	}
	return list
}

// check wants the search to be complete, and the operation to be quarantined where there is a reason to want.
func (f *faulted) check(t *testing.T, want string) {
	t.Helper()
	if f.err != nil {
		t.Fatal(f.err)
	}
	r, err := runs.Read(f.run())
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	rounds, err := r.Rounds()
	if err != nil || len(rounds) != 2 || !rounds[1].Done {
		t.Fatalf("%d rounds, %v", len(rounds), err)
	}
	archs, err := r.Architectures(2)
	front := runs.OnFront(archs)
	if err != nil || len(front) == 0 {
		t.Errorf("the front has %d architectures, %v", len(front), err)
	}
	if len(f.orphans) > 0 {
		t.Errorf("still there: %s", f.orphans)
	}
	if f.took > grace {
		t.Errorf("the plugins took %v to end", f.took)
	}
	events, err := r.Events(evolve.Quarantined{}.Kind())
	if err != nil {
		t.Fatal(err)
	}
	if want == "" {
		if len(events) > 0 {
			t.Errorf("quarantined: %s", events[0].Body)
		}
		return
	}
	if len(events) != 1 {
		t.Fatalf("%d quarantines in\n%s", len(events), &f.text)
	}
	var q evolve.Quarantined
	if err := json.Unmarshal(events[0].Body, &q); err != nil {
		t.Fatal(err)
	}
	if q.Op != 6 || !regexp.MustCompile(`^softpool: plugin "plugin" ?`+want).MatchString(q.Reason) {
		t.Errorf("operation %d is quarantined: %s, want %s", q.Op, q.Reason, want)
	}
	for _, a := range front {
		if strings.Contains(text.Layers(a.Ops), "softpool") {
			t.Errorf("it is on the front: %s", text.Layers(a.Ops))
		}
	}
}

// delay is how long after the plugin's first failure its operation was quarantined.
func (f *faulted) delay(t *testing.T) time.Duration {
	t.Helper()
	info, err := os.Stat(filepath.Join(f.dir, "failed"))
	if err != nil {
		t.Fatal(err)
	}
	return f.quarantined.Sub(info.ModTime())
}

// grace is what plugins may take to end, beside other searches.
const grace = 3 * time.Second

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }
