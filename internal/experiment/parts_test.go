package experiment_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/nse-dev/nse"
	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/internal/experiment"
	"github.com/nse-dev/nse/internal/study"
)

// tableBase searches the table that ships in a second.
const tableBase = `[search]
k = 5
max_rounds = 3
train_steps = 40
[search.fitness]
lr = 0.6
[search.front]
samples = 40
extras = 5
[search.constraint]
tau = 1.0
width = 0.3
`

// TestFinalistsOfEveryRound has finalists of each front of a table, stops the study, and goes on with it.
func TestFinalistsOfEveryRound(t *testing.T) {
	run := studyIn(t, t.TempDir(), `engine = "table:../../examples/tables/cifar10-s/recipe.toml@0.5"
seeds = 2
finalists = 3
from = "fronts"
base = "base.toml"
[[method]]
name = "nse"
[[method]]
label = "forgetful"
name = "nse"
settings = { search = { lock_and_rehearse = false } }
`, tableBase)
	want, err := run("whole", 0)
	if err != nil || len(want) != 4 {
		t.Fatalf("%d rows, %v", len(want), err)
	}
	for _, r := range want {
		rounds := map[int]int{}
		for _, c := range r.Candidates {
			if rounds[c.Round]++; c.Space != "" || !c.Finalist || c.Test == nil || c.Cost > 1.3 {
				t.Errorf("%+v", c)
			}
		}
		if len(rounds) != r.Rounds || r.Rounds < 2 || rounds[1] == 0 || rounds[1] > 3 {
			t.Errorf("%s, %d rounds: finalists by round %v", r.Method, r.Rounds, rounds)
		}
	}
	if _, err := run("stopped", 3); err == nil {
		t.Fatal("the study was not stopped")
	}
	if got, err := run("stopped", 0); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v: the rows differ from those of a study that was not stopped", err)
	}
}

// TestFinalistsOfEverySpace has finalists that are drawn from the spaces of a table. Simplification and the front leave
// parts of what a round begins with.
func TestFinalistsOfEverySpace(t *testing.T) {
	dir := t.TempDir()
	run := studyIn(t, dir, `engine = "table:../../examples/tables/cifar10-s/recipe.toml"
seeds = 2
finalists = 20
from = "spaces"
base = "base.toml"
[[method]]
name = "nse"
`, tableBase)
	rows, err := run("s", 0)
	if err != nil || len(rows) != 2 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	uses := func(r study.Row, p study.Part) (n int, ops map[string]bool) {
		ops = map[string]bool{}
		for _, c := range r.Candidates {
			if c.Part == p {
				n++
				for l, path := range c.Ops {
					for _, op := range path {
						ops[string(rune('0'+l))+op] = true
					}
				}
			}
		}
		return n, ops
	}
	for _, r := range rows {
		for round := 1; round <= r.Rounds; round++ {
			n, initial := uses(r, study.Part{Round: round, Space: study.Initial})
			m, simplified := uses(r, study.Part{Round: round, Space: study.Simplified})
			k, aggregated := uses(r, study.Part{Round: round, Space: study.Aggregated})
			if n != 20 || m == 0 || k == 0 || len(aggregated) >= len(initial) || len(initial) > 25 ||
				len(simplified) > len(initial) {
				t.Errorf("seed %d, round %d: %d, %d and %d architectures of %d, %d and %d operations", r.Seed, round,
					n, m, k, len(initial), len(simplified), len(aggregated))
			}
		}
		for _, c := range r.Candidates {
			if c.Cost < 0.7 || c.Cost > 1.3 {
				t.Errorf("a cost of %v", c.Cost)
			}
		}
	}
	report, err := study.ReportOn(filepath.Join(dir, "s"), "")
	if err != nil {
		t.Fatal(err)
	}
	c := report.Cells[0]
	if report.Reference != "nse, round 1 initial" || c.Methods[2].Method != "nse, round 1 aggregated" ||
		len(c.Methods[0].Distribution) == 0 || c.Methods[0].Tau != nil || c.Steps[0].To != "nse, round 1 simplified" {
		t.Errorf("%s", report.Markdown())
	}
}

// tinyPool and tinyBase are a supernet that trains in a second.
const (
	tinyPool = `[[plugin]]
builtin = "mbconv"
[[plugin.op]]
name = "mbconv"
kernel = [3, 5]
expand = [1, 2, 3]
`
	secondPool = `[[plugin]]
builtin = "mbconv"
[[plugin.op]]
name = "mbconv"
kernel = [7, 9]
expand = [1, 2, 3]
`
	tinyBase = `checkpoint_seconds = 0.01
[data]
size = 8
held_out = 0.2
[macro]
stem_stride = 1
channels = [4, 8]
layers = "N R N"
head = 8
[search]
k = 2
max_rounds = 2
train_steps = 8
[search.fitness]
lr = 0.5
[search.constraint]
tau = 0.1
width = 0.99
[search.front]
samples = 6
extras = 2
[train]
batch = 12
[score]
batch = 24
images = 24
`
	tinyStudy = `pool = "pool.toml"
data = "generated:120"
seeds = 1
finalists = 2
base = "base.toml"
[retrain]
tolerance = 0.2
epochs = 1
batch = 24
[[method]]
name = "nse"
`
)

// TestSecondSpaceAndSpacesAreResumed stops studies of a supernet in the middle: in the second pool, and while finalists
// are trained. They go on to the rows of studies that were not stopped.
func TestSecondSpaceAndSpacesAreResumed(t *testing.T) {
	for name, change := range map[string]struct {
		before, after string // the text of the study
		at            func(nse.Event) bool
		parts         []study.Part
	}{
		"second": {"from = \"fronts\"\n", "second = \"second.toml\"\n", func(e nse.Event) bool {
			s, ok := e.(nse.Searched)
			return ok && s.Event.Round == 3 && s.Event.Body.Kind() == evolve.Scored{}.Kind()
		}, []study.Part{{Round: 1}, {Round: 2}, {Round: 3}}},
		"spaces": {"from = \"spaces\"\n", "", func(e nse.Event) bool {
			_, ok := e.(nse.Retraining)
			return ok
		}, []study.Part{{Round: 1, Space: study.Initial}, {Round: 1, Space: study.Simplified},
			{Round: 1, Space: study.Aggregated}, {Round: 2, Space: study.Initial}, {Round: 2, Space: study.Simplified},
			{Round: 2, Space: study.Aggregated}}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for name, text := range map[string]string{"s.toml": change.before + tinyStudy + change.after,
				"base.toml": tinyBase, "pool.toml": tinyPool, "second.toml": secondPool} {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			run := func(out string, at func(nse.Event) bool) ([]study.Row, error) {
				f, err := study.ReadFile(filepath.Join(dir, "s.toml"), nil)
				if err != nil {
					t.Fatal(err)
				}
				ctx, stop := context.WithCancel(context.Background())
				defer stop()
				rows, err := experiment.Run(ctx, f, filepath.Join(dir, out), nse.Options{Observe: func(e nse.Event) {
					if at != nil && at(e) {
						stop()
					}
				}}, func(experiment.Progress) {})
				for i := range rows {
					rows[i].Seconds, rows[i].Time = 0, time.Time{}
				}
				return rows, err
			}
			want, err := run("whole", nil)
			if err != nil {
				t.Fatal(err)
			}
			var parts []study.Part
			for _, c := range want[0].Candidates {
				if !slices.Contains(parts, c.Part) {
					parts = append(parts, c.Part)
				}
			}
			if !slices.Equal(parts, change.parts) {
				t.Errorf("parts %v, want %v: %s", parts, change.parts, want[0].Reason)
			}
			if _, err = run("stopped", change.at); !errors.Is(err, context.Canceled) {
				t.Fatalf("%v: not stopped", err)
			}
			if got, err := run("stopped", nil); err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("%v: the rows are\n%+v\nwant\n%+v", err, got, want)
			}
		})
	}
}
