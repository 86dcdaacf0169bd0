package study

import (
	"fmt"
	"math"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// fronts is a study of two searches over three seeds, with two finalists of each round. The second round of a is 3
// points above the first, and has a finalist that is cheaper. Search b has one round, and none at seed 3.
func fronts() (About, []Row) {
	a := About{Name: "fronts", Reference: "a", Methods: []string{"a", "b"}, Items: 6, Tolerance: 0.03}
	of := func(round int, macs int64, percent float64) Candidate {
		test := percent / 100
		return Candidate{Part: Part{Round: round}, Finalist: true, Test: &test, TestMACs: macs, MACs: macs,
			Ops: [][]string{{"x"}}}
	}
	var rows []Row
	for s, noise := range []float64{0.5, -0.5, 0} {
		seed := uint64(s + 1)
		ra := Row{Key: Key{Method: "a", Data: "d", Seed: seed}, Candidates: []Candidate{
			of(2, 800_000, 63+noise), of(2, 1_000_000, 65), of(1, 900_000, 60), of(1, 1_000_000, 62)}}
		rb := Row{Key: Key{Method: "b", Data: "d", Seed: seed}, Candidates: []Candidate{}}
		if seed < 3 {
			rb.Candidates = []Candidate{of(1, 900_000, 60), of(1, 1_000_000, 62)}
		}
		rows = append(rows, ra, rb)
	}
	return a, rows
}

func TestRoundsAreCompared(t *testing.T) {
	a, rows := fronts()
	r, err := Compare(a, rows, "")
	if err != nil {
		t.Fatal(err)
	}
	c := r.Cells[0]
	var labels []string
	for _, m := range c.Methods {
		labels = append(labels, m.Method)
	}
	if want := "[a, round 1 a, round 2 b, round 1]"; fmt.Sprint(labels) != want || r.Reference != "a, round 1" ||
		r.Ended != 6 || c.Methods[2].Seeds != 2 || c.Methods[2].Without != 1 {
		t.Fatalf("%v with %s: %+v", labels, r.Reference, c.Methods[2])
	}
	// Means are 61 in round 1, and 64.25, 63.75 and 64 in round 2. Up to 1 M MACs, hypervolumes are 0.1·0.6 in round 1
	// and 0.2·(0.63 + noise) in round 2.
	if len(c.Steps) != 1 {
		t.Fatalf("%+v", c.Steps)
	}
	s := c.Steps[0]
	if s.From != "a, round 1" || s.To != "a, round 2" || s.Grew != 3 || math.Abs(s.Accuracy.Mean-0.03) > 1e-12 ||
		s.Accuracy.Verdict != Above || math.Abs(s.Hypervolume.Mean-(0.2*0.63-0.06)) > 1e-12 ||
		s.Hypervolume.Seeds != 3 {
		t.Errorf("%+v %+v %+v", s, s.Accuracy, s.Hypervolume)
	}
	row := "| 3 | +3.00 | 2.38 to 3.62 | above | +0.0660 | 0.0635 to 0.0685 | 3 of 3 | above |"
	if text := r.Markdown(); !strings.Contains(text, "| a, round 1 | a, round 2 "+row) {
		t.Error(text)
	}
	if r, err = Compare(a, rows, "a, round 2"); err != nil || r.Cells[0].Methods[0].Difference.Verdict != Below {
		t.Errorf("%+v, %v", r, err)
	}
	want := `reference "c": want one of a, round 1, a, round 2, b, round 1`
	if _, err := Compare(a, rows, "c"); err == nil || err.Error() != want {
		t.Error(err)
	}
	if page, err := r.HTML(); err != nil || !strings.Contains(string(page), "From round to round") {
		t.Error(err)
	}
}

// Of equal cost there are no fronts, and spaces follow one another as in a search.
func TestSpacesAreCompared(t *testing.T) {
	a, rows := fronts()
	a.MACs = 1_000_000
	for i, space := range []string{Aggregated, Aggregated, Initial, Simplified} {
		rows[0].Candidates[i].Space = space
	}
	r, err := Compare(a, rows[:1], "")
	if err != nil {
		t.Fatal(err)
	}
	var steps []string
	for _, s := range r.Cells[0].Steps {
		if s.Hypervolume != nil {
			t.Errorf("%+v", s)
		}
		steps = append(steps, s.To)
	}
	if want := "[a, round 1 simplified a, round 2 aggregated]"; fmt.Sprint(steps) != want {
		t.Errorf("%v", steps)
	}
}

// TestOlderStudies reads a database of the version before, and goes on with it.
func TestOlderStudies(t *testing.T) {
	a, rows := planted()
	dir := filepath.Join(t.TempDir(), "s")
	s, err := Open(dir, a)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows[:2] {
		if err := s.Add(r); err != nil {
			t.Fatal(err)
		}
	}
	want, err := s.Rows()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.db.Exec(`ALTER TABLE candidates DROP COLUMN round; ALTER TABLE candidates DROP COLUMN space;
		PRAGMA user_version = 1`); err != nil {
		t.Fatal(err)
	}
	s.Close()
	for _, open := range []func() (*Study, error){
		func() (*Study, error) { return Read(dir) },
		func() (*Study, error) { return Open(dir, a) },
	} {
		s, err := open()
		if err != nil {
			t.Fatal(err)
		}
		got, err := s.Rows()
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%v: %+v", err, got)
		}
		if s.lock != nil {
			if err := s.Add(rows[3]); err != nil {
				t.Error(err)
			}
		}
		s.Close()
	}
}
