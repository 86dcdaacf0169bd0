package nasbench

import (
	"compress/gzip"
	"encoding/csv"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/evolve/methods"
)

// folder is that of the benchmark. Without NSE_NAS the test is skipped.
func folder(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("NSE_NAS")
	if dir == "" {
		t.Skip("NSE_NAS does not name the folder of " + File)
	}
	return dir
}

// The best cell of the table has the published test accuracy, and all costs are the table's.
func TestPublishedTable(t *testing.T) {
	dir := folder(t)
	table, err := Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	if best := slices.Max(table.test[CIFAR10]); math.Abs(best-0.9437) > 5e-5 {
		t.Errorf("best test accuracy on CIFAR-10 %v, want 0.9437", best)
	}
	f, err := os.Open(filepath.Join(dir, File))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	text, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(text).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	digits := slices.Index(rows[0], "ops")
	for _, s := range sets {
		p, err := Problem(Edges, s.data)
		if err != nil {
			t.Fatal(err)
		}
		column := slices.Index(rows[0], s.prefix+"_mflops")
		for _, row := range rows[1:] {
			cell, err := number(row[digits])
			want, err2 := strconv.ParseFloat(row[column], 64)
			if got := p.Cost(Edges.arch(cell)); err != nil || err2 != nil || math.Abs(got-want) > 2e-6 {
				t.Fatalf("%s on %s: cost %v, want %v", row[digits], s.data, got, want)
			}
		}
	}
}

// Random search and regularized evolution reach what Dong and Yang (2020) report of CIFAR-10: test accuracies of
// 93.70 ± 0.36 and 93.92 ± 0.30 % over 500 searches of about 100 evaluations after 12 epochs. The table has no such
// evaluations. Noise stands for them, with τ = 0.7.
func TestPublishedSearches(t *testing.T) {
	table, err := Read(folder(t))
	if err != nil {
		t.Fatal(err)
	}
	p, err := Problem(Edges, CIFAR10)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range p.Pool {
		clear(c.Cost) // the published searches know no cost
	}
	config, err := evolve.Preset("paper")
	if err != nil {
		t.Fatal(err)
	}
	config.TrainSteps, config.SingleBranch = 1, true
	config.Constraint = evolve.ConstraintConfig{Tau: p.Fixed, Width: 0.5, Beta: 2}
	const seeds = 100
	for _, c := range []struct {
		method          string
		mean, deviation float64
	}{{"random", 93.70, 0.36}, {"evolution", 93.92, 0.30}} {
		var sum, square float64
		for seed := range uint64(seeds) {
			settings := methods.Default()
			settings.Method, settings.Alone.Epochs, settings.Alone.Evaluations = c.method, 12, 100
			e := engine(t, table, Config{Space: Edges, Data: CIFAR10, Tau: 0.7, Seed: seed})
			s := evolve.Search{Problem: p, Config: config, Seed: seed, Engine: e}
			if s.Method, err = settings.Chosen(); err != nil {
				t.Fatal(err)
			}
			end, err := s.Run(t.Context(), evolve.State{})
			if err != nil || len(end.Front) != 1 {
				t.Fatal(end.Front, err)
			}
			test, err := e.Test(end.Front[0].Arch)
			if err != nil {
				t.Fatal(err)
			}
			sum, square = sum+100*test, square+1e4*test*test
		}
		mean := sum / seeds
		deviation := math.Sqrt((square - sum*mean) / (seeds - 1))
		t.Logf("%s: %.2f ± %.2f", c.method, mean, deviation)
		if math.Abs(mean-c.mean) > c.deviation {
			t.Errorf("%s: %.2f ± %.2f, published %.2f ± %.2f", c.method, mean, deviation, c.mean, c.deviation)
		}
	}
}
