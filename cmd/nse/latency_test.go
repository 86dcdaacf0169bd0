package main

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nse-dev/nse/internal/latency"
	"github.com/nse-dev/nse/internal/runs"
	"github.com/nse-dev/nse/registry"
)

// latencyBed is a testbed of a latency search. Its table has been measured on this machine, but for the times: those
// are the same everywhere. The operation at place i of layer l takes 1 + l/4 + i/8 ms, its part of the mean 1/16 ms,
// stem and head 0.75 ms.
func latencyBed(t *testing.T) (b testbed, table string) {
	t.Helper()
	b = testbed{dir: t.TempDir()}
	t.Setenv(registry.CacheVariable, filepath.Join(b.dir, "cache"))
	table = filepath.Join(b.dir, "table.json")
	config := strings.Replace(killConfig, "tau = 0.1\nwidth = 0.99\n",
		"kind = \"latency\"\ntable = '"+table+"'\ntau = 6\nwidth = 0.8\n", 1)
	write(t, filepath.Join(b.dir, "c.toml"), config)
	write(t, filepath.Join(b.dir, "ops.toml"), killPool)
	write(t, filepath.Join(b.dir, "more.toml"),
		strings.NewReplacer("[3, 5]", "7", "[1, 2, 3]", "[1, 2]").Replace(killPool))
	command(t, 0, "lut", "build", "--pool", filepath.Join(b.dir, "ops.toml"), "--config",
		filepath.Join(b.dir, "c.toml"), "--out", table, "--repeats", "1")
	x, err := latency.Read(table)
	if err != nil {
		t.Fatal(err)
	}
	of := func(ms float64) latency.Time { return latency.Time{Median: ms, Q1: ms, Q3: ms} }
	x.Stem, x.Head = of(0.25), of(0.5)
	for l := range x.Layers {
		x.Layers[l].Branch = of(1. / 16)
		for i := range x.Layers[l].Ops {
			x.Layers[l].Ops[i].Time = of(1 + float64(l)/4 + float64(i)/8)
		}
	}
	text, err := json.Marshal(x)
	if err != nil {
		t.Fatal(err)
	}
	write(t, table, string(text))
	return b.begin(t, config), table
}

// refused runs a command that ends with this line.
func refused(t *testing.T, line string, args ...string) {
	t.Helper()
	if got := command(t, failed, args...); got != "nse: "+line+"\n" {
		t.Fatalf("nse %s:\n got %swant nse: %s", strings.Join(args, " "), got, line)
	}
}

// The cost of what a latency search finds is the sum of the table, and all that it shows is in ms.
func TestLatencySearchCountsMilliseconds(t *testing.T) {
	b, _ := latencyBed(t)
	text := b.want["/front.json"]
	var f runs.Front
	if err := json.Unmarshal([]byte(text), &f); err != nil {
		t.Fatal(err)
	}
	if f.Unit != "ms" || len(f.Architectures) == 0 || !strings.Contains(b.want["/round-01/front.svg"], "cost (ms)") {
		t.Errorf("front %s", text)
	}
	page := filepath.Join(b.dir, "report.html")
	command(t, 0, "report", filepath.Join(b.dir, "whole"), "--out", page)
	if text, err := os.ReadFile(page); err != nil || !strings.Contains(string(text), "cost (ms)") ||
		!strings.Contains(string(text), "<th class=\"n\">ms</th>") {
		t.Errorf("the report is not in ms (%v)", err)
	}
	places := map[string]int{"mbconv-k3-e1": 0, "mbconv-k3-e2": 1, "mbconv-k3-e3": 2, "mbconv-k5-e1": 3,
		"mbconv-k5-e2": 4, "mbconv-k5-e3": 5}
	for _, a := range f.Architectures {
		want := 0.75
		for l, ops := range a.Ops {
			for _, op := range ops {
				want += 1 + float64(l)/4 + float64(places[op])/8 + 1./16
			}
		}
		if math.Abs(a.Cost-want) > 1e-12 || a.Cost < 1.2 || a.Cost > 10.8 {
			t.Errorf("%v costs %v ms, want %v, within 1.2 to 10.8", a.Ops, a.Cost, want)
		}
	}
	drawn := filepath.Join(b.dir, "front.svg")
	command(t, 0, "draw", filepath.Join(b.dir, "whole"), "--out", drawn)
	picture, err := os.ReadFile(drawn)
	if want := fmt.Sprintf(">%.4g ms, as predicted<", f.Architectures[0].Cost); err != nil ||
		!strings.Contains(string(picture), want) {
		t.Errorf("%s does not say %s (error %v)", drawn, want, err)
	}
}

// A latency search that was killed ends like one that was not, without its table: the run keeps what it uses. Only for
// operations that are new to the run the table is needed, and has to have them.
func TestLatencySearchResumesWithoutItsTable(t *testing.T) {
	b, table := latencyBed(t)
	dir, away := filepath.Join(b.dir, "killed"), table+".away"
	for part := time.Duration(2); ; part++ {
		status, _ := b.interrupt(t, dir, os.Kill, b.whole/part)
		if _, err := os.Stat(filepath.Join(dir, "run.db")); status != 0 && err == nil {
			break
		}
		if err := os.RemoveAll(dir); err != nil { // too early or too late
			t.Fatal(err)
		}
		if part > 9 {
			t.Fatal("no run could be killed in the middle")
		}
	}
	more := filepath.Join(b.dir, "more.toml")
	blame := `search.constraint.table = "` + table + `": `
	lacks := blame + `there is no operation "mbconv-k7-e1" at layer 0: nse lut build --pool FILE --config FILE --out ` +
		table + " measures what is missing"
	refused(t, lacks, "ops", "add", dir, more)
	if err := os.Rename(table, away); err != nil {
		t.Fatal(err)
	}
	if status, stderr := b.interrupt(t, dir, os.Kill, time.Hour); status != 0 {
		t.Fatalf("resume: %d, %s", status, stderr)
	}
	b.compare(t, dir, 0)

	continued := []string{"continue", dir, "--pool", more, "--max-rounds", "1"}
	refused(t, blame+"open "+table+": no such file or directory", continued...)
	if err := os.Rename(away, table); err != nil {
		t.Fatal(err)
	}
	refused(t, lacks, continued...)
	b.compare(t, dir, 0)
	command(t, 0, "lut", "build", "--pool", more, "--config", filepath.Join(dir, "config.toml"), "--out", table,
		"--repeats", "1")
	command(t, 0, continued...)
	command(t, 0, "lut", "check", table, dir, "--repeats", "1")
}
