package experiment_test

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"testing"
	"time"

	"github.com/nse-dev/nse"
	"github.com/nse-dev/nse/internal/experiment"
	"github.com/nse-dev/nse/internal/study"
)

// benchTable writes a table in which the accuracy grows with the identities of a cell, which are cheap.
func benchTable(t *testing.T, dir string) {
	t.Helper()
	f, err := os.Create(filepath.Join(dir, "nasbench201_200ep.csv.gz"))
	if err != nil {
		t.Fatal(err)
	}
	z := gzip.NewWriter(f)
	fmt.Fprintln(z, "ops,c10_valid,c10_test,c100_valid,c100_test,in16_valid,in16_test")
	for cell := range 15625 {
		digits := fmt.Sprintf("%06s", strconv.FormatInt(int64(cell), 5))
		accuracy := 10.
		for n, d := range digits {
			if d == '1' {
				accuracy += float64(10 + n)
			}
		}
		fmt.Fprintf(z, "%s,%g,%g,1,1,1,1\n", digits, accuracy+float64(cell)/1e5, accuracy)
	}
	if err := errors.Join(z.Close(), f.Close()); err != nil {
		t.Fatal(err)
	}
}

// TestStudyOfATable compares methods where every accuracy is known, stops the study, and goes on with it.
func TestStudyOfATable(t *testing.T) {
	dir := t.TempDir()
	benchTable(t, dir)
	text := `engine = "nasbench201:` + dir + `#cifar10"
seeds = 6
base = "base.toml"
[[method]]
name = "random"
[[method]]
name = "evolution"
`
	base := `[search]
single_branch = true
k = 5
train_steps = 1
[search.constraint]
tau = 150.0
width = 1.0
[search.alone]
evaluations = 120
epochs = 1
`
	run := studyIn(t, dir, text, base)
	want, err := run("whole", 0)
	if err != nil || len(want) != 12 {
		t.Fatalf("%d rows, %v", len(want), err)
	}
	_, err = run("stopped", 5)
	stopped, ok := errors.AsType[*experiment.Stopped](err)
	if !ok || stopped.Done != 5 || stopped.Total != 12 || !errors.Is(err, context.Canceled) {
		t.Fatalf("%v, want a study that was stopped after 5 items", err)
	}
	if got, err := run("stopped", 0); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v: the rows differ from those of a study that was not stopped", err)
	}
	r, err := study.ReportOn(filepath.Join(dir, "whole"), "")
	if err != nil {
		t.Fatal(err)
	}
	d := r.Cells[0].Methods[1].Difference
	if d.Verdict != "above" || d.Seeds != 6 || r.Cells[0].Methods[1].Mean < 0.5 {
		t.Errorf("evolution is %+v of random search, %s", d, r.Markdown())
	}
	if _, err := study.ReportOn(dir, ""); !errors.Is(err, study.ErrNoStudy) {
		t.Errorf("a folder without a study: %v", err)
	}
}

// TestStudyOfTrueAccuracies compares methods after the table that ships, stops the study, and goes on with it.
func TestStudyOfTrueAccuracies(t *testing.T) {
	dir := t.TempDir()
	text := `engine = "table:../../examples/tables/cifar10-s/recipe.toml@0.4"
seeds = 2
budgets = ["1T"]
base = "base.toml"
[[method]]
name = "random"
[[method]]
name = "guided"
[[method]]
name = "spos"
[method.settings.search]
train_steps = 5
[method.settings.search.spos]
population = 4
crossover = 2
mutation = 2
generations = 1
`
	base := `[search]
k = 5
[search.constraint]
tau = 1.0
width = 0.5
`
	run := studyIn(t, dir, text, base)
	want, err := run("whole", 0)
	if err != nil || len(want) != 6 {
		t.Fatalf("%d rows, %v", len(want), err)
	}
	for _, r := range want {
		if len(r.Candidates) != 1 {
			t.Fatalf("%+v", r)
		}
		c := r.Candidates[0]
		retrained := 3 * 45000 * float64(c.TestEpochs) * float64(c.MACs)
		if r.Ledger.MACs() > 1e12+1.1*retrained || r.Ledger.MACs() < retrained || c.TestEpochs < 4 ||
			*c.Test < 0.3 || *c.Test > 0.95 {
			t.Errorf("%s: %+v, %.4g MACs, %v of test images", r.Method, c, r.Ledger.MACs(), *c.Test)
		}
	}
	if _, err := run("stopped", 2); err == nil {
		t.Fatal("the study was not stopped")
	}
	if got, err := run("stopped", 0); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v: the rows differ from those of a study that was not stopped", err)
	}
}

// studyIn writes a study and its configuration to a folder, and returns what runs it into a folder below. It stops
// after so many items, or at the end after 0. Rows have no times.
func studyIn(t *testing.T, dir, text, base string) func(out string, stopAfter int) ([]study.Row, error) {
	t.Helper()
	path := filepath.Join(dir, "s.toml")
	for name, text := range map[string]string{"s.toml": text, "base.toml": base} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return func(out string, stopAfter int) ([]study.Row, error) {
		f, err := study.ReadFile(path, nil)
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(context.Background())
		defer stop()
		ended := 0
		rows, err := experiment.Run(ctx, f, filepath.Join(dir, out), nse.Options{}, func(p experiment.Progress) {
			if p.Row != nil {
				if ended++; ended == stopAfter {
					stop()
				}
			}
		})
		for i := range rows {
			rows[i].Seconds, rows[i].Time = 0, time.Time{}
		}
		return rows, err
	}
}
