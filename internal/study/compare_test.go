package study

import (
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/internal/statistics"
)

// row is an item with one finalist of so many hundredths, on one data set.
func row(method string, seed uint64, percent, spent float64) Row {
	test := percent / 100
	return Row{Key: Key{Method: method, Data: "d", Seed: seed}, Version: "v1", Seconds: 2,
		Ledger:     evolve.Ledger{Forward: spent},
		Candidates: []Candidate{{Finalist: true, Test: &test, TestMACs: 1e6, Ops: [][]string{{"a"}}}}}
}

// planted is a study of three methods over five seeds: b is 4 points above a, c is alike.
func planted() (About, []Row) {
	a := About{Name: "planted", Reference: "a", Methods: []string{"a", "b", "c"}, Items: 15, MACs: 1e6, Tolerance: 0.03}
	var rows []Row
	noise := []float64{0.3, -0.2, 0.1, -0.4, 0.2}
	for s, base := range []float64{60, 64, 58, 66, 62} {
		seed := uint64(s + 1)
		rows = append(rows, row("a", seed, base, 1e12), row("b", seed, base+4+noise[s], 1.02e12),
			row("c", seed, base+3*noise[4-s], 1e12))
	}
	return a, rows
}

func TestCompareFindsWhatWasPlanted(t *testing.T) {
	a, rows := planted()
	r, err := Compare(a, rows, "")
	if err != nil {
		t.Fatal(err)
	}
	c := r.Cells[0]
	if len(r.Cells) != 1 || len(c.Methods) != 3 || r.Ended != 15 || !reflect.DeepEqual(r.Versions, []string{"v1"}) {
		t.Fatalf("%+v", r)
	}
	ref, b, other := c.Methods[0], c.Methods[1], c.Methods[2]
	if ref.Difference != nil || ref.Seeds != 5 || math.Abs(ref.Mean-0.62) > 1e-12 || ref.Best != 0.66 ||
		ref.Seconds != 2 {
		t.Errorf("reference: %+v", ref)
	}
	// The differences are 4.3, 3.8, 4.1, 3.6 and 4.2: mean 4, sd √(0.34/4) = 0.2915, half-width 2.7764·sd/√5 = 0.362.
	d := b.Difference
	if math.Abs(d.Mean-0.04) > 1e-12 || math.Abs(d.Student.Low-(0.04-0.00362)) > 1e-5 || d.Verdict != Above ||
		math.Abs(d.Spent-0.02) > 1e-12 || d.Seeds != 5 || d.Bootstrap == nil {
		t.Errorf("b: %+v", d)
	}
	if other.Difference.Verdict != Untold {
		t.Errorf("c: %+v", other.Difference)
	}
	if c.Ranking.Ranks[1] != 1 || c.Ranking.Seeds != 5 {
		t.Errorf("ranks: %+v", c.Ranking)
	}
	if r, err = Compare(a, rows, "b"); err != nil || r.Cells[0].Methods[0].Difference.Verdict != Below {
		t.Errorf("with b as the reference: %+v, %v", r, err)
	}
	if _, err := Compare(a, rows, "x"); err == nil || err.Error() != `reference "x": want one of a, b, c` {
		t.Error(err)
	}
}

// A search without a result leaves its seed out of what is paired, and is counted.
func TestCompareCountsSearchesWithoutAResult(t *testing.T) {
	a, rows := planted()
	for i := range rows {
		if rows[i].Method == "b" && rows[i].Seed == 2 {
			rows[i].Candidates = []Candidate{}
		}
	}
	r, err := Compare(a, rows, "")
	if err != nil {
		t.Fatal(err)
	}
	b := r.Cells[0].Methods[1]
	if b.Seeds != 4 || b.Without != 1 || b.Difference.Seeds != 4 || r.Cells[0].Ranking.Seeds != 4 {
		t.Errorf("%+v", b)
	}
	if text := r.Markdown(); !strings.Contains(text, "| b | 4 (1 without a result) |") ||
		!strings.Contains(text, "| +4.05 |") || !strings.Contains(text, "| above |") {
		t.Errorf("%s", text)
	}
	page, err := r.HTML()
	if err != nil || !strings.Contains(string(page), "<svg") || strings.Contains(string(page), "<?xml") {
		t.Errorf("%v: %s", err, page)
	}
}

func TestVerdicts(t *testing.T) {
	above, across := &statistics.Interval{Low: 1, High: 2}, &statistics.Interval{Low: -1, High: 2}
	below := &statistics.Interval{Low: -3, High: -1}
	for _, c := range []struct {
		list []*statistics.Interval
		want Verdict
	}{
		{[]*statistics.Interval{above, above}, Above}, {[]*statistics.Interval{above, nil}, Above},
		{[]*statistics.Interval{above, across}, Untold}, {[]*statistics.Interval{below, below}, Below},
		{[]*statistics.Interval{above, below}, Untold}, {[]*statistics.Interval{nil, nil}, Untold},
	} {
		if got := verdict(c.list...); got != c.want {
			t.Errorf("%v: %s, want %s", c.list, got, c.want)
		}
	}
}

// One search whose six finalists keep their own cost: τ by hand, and the area of their front.
func TestCompareJudgesRankings(t *testing.T) {
	a := About{Name: "s", Reference: "a", Methods: []string{"a"}, Items: 1, Tolerance: 0.03}
	r := Row{Key: Key{Method: "a", Data: "d", Seed: 1}}
	shared := []float64{0.1, 0.2, 0.3, 0.4, 0.5, 0.6}
	test := []float64{0.5, 0.4, 0.6, 0.7, 0.8, 0.75}
	macs := []int64{1_000_000, 1_000_001, 1_000_002, 1_000_003, 2_000_000, 2_000_001}
	for i := range shared {
		r.Candidates = append(r.Candidates, Candidate{Finalist: true, Shared: shared[i], Test: &test[i],
			MACs: macs[i], TestMACs: macs[i]})
	}
	report, err := Compare(a, []Row{r}, "")
	if err != nil {
		t.Fatal(err)
	}
	s := report.Cells[0].Methods[0]
	near := func(what string, got, want float64) {
		t.Helper()
		if math.Abs(got-want) > 1e-9 {
			t.Errorf("%s is %v, want %v", what, got, want)
		}
	}
	near("τ", s.Tau.Mean, 11./15)                 // two of 15 pairs disagree
	near("τ at equal cost", s.AtEqual.Mean, 3./7) // of 6 + 1 pairs two disagree
	want, _ := statistics.PartialOf(shared, test, []float64{1, 1.000001, 1.000002, 1.000003, 2, 2.000001})
	near("r given MACs", s.Partial.Mean, want.R)
	if s.Hypervolume == nil || s.Hypervolume.Mean < 0.69 || s.Hypervolume.Mean > 0.71 {
		t.Errorf("hypervolume %+v, want about 0.7·(2 − 1)", s.Hypervolume)
	}
	if s.Tau.Interval == nil || s.AtEqual.Interval != nil || s.Interval != nil {
		t.Errorf("one seed: %+v", s)
	}
}
