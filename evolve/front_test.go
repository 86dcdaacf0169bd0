package evolve

import (
	"slices"
	"testing"
)

// trial is an architecture of one layer and one operation.
func trial(op OpID, cost, accuracy float64, extra bool) Trial {
	return Trial{Member: Member{Arch: Arch{{op}}, Cost: cost, Accuracy: accuracy}, Extra: extra, Done: true}
}

func TestFrontOf(t *testing.T) {
	tests := []struct {
		name    string
		trials  []Trial
		want    []OpID
		unedged bool
	}{
		{"dominated ones are left out", []Trial{trial(0, 3, 0.5, false), trial(1, 2, 0.6, false),
			trial(2, 4, 0.7, false)}, []OpID{1, 2}, false},
		{"the newer of equals stands", []Trial{trial(0, 3, 0.5, false), trial(1, 3, 0.5, false)}, []OpID{1}, false},
		{"extras dominate", []Trial{trial(0, 3, 0.5, false), trial(1, 4, 0.7, false), trial(2, 2, 0.6, true)},
			[]OpID{1}, false},
		{"extras are left out", []Trial{trial(0, 3, 0.5, false), trial(2, 2, 0.4, true)}, []OpID{0}, false},
		{"extras that dominate all do not count",
			[]Trial{trial(0, 3, 0.5, false), trial(1, 2.5, 0.4, false), trial(2, 2, 0.6, true)}, []OpID{1, 0}, true},
	}
	for _, test := range tests {
		front, unedged := frontOf(test.trials)
		var ops []OpID
		for _, m := range front {
			ops = append(ops, m.Arch[0]...)
		}
		if !slices.Equal(ops, test.want) || unedged != test.unedged {
			t.Errorf("%s: front %v, unedged %v; want %v, %v", test.name, ops, unedged, test.want, test.unedged)
		}
	}
}

func TestAggregate(t *testing.T) {
	front := []Member{{Arch: Arch{{3, 5}, {}, {1}}}, {Arch: Arch{{0, 5}, {}, {1}}}, {Arch: Arch{{}, {}, {0}}}}
	got := Aggregate(front, 3)
	for l, want := range []Path{{0, 3, 5}, {}, {0, 1}} {
		if !slices.Equal(got[l], want) {
			t.Errorf("layer %d keeps %v, want %v", l, got[l], want)
		}
	}
}

// Every architecture is scored once, and the events count them.
func TestScoredCounts(t *testing.T) {
	s, _ := plant(1, 8)
	s.Config.MaxRounds = 1
	_, events := run(t, s)
	seen := map[int]bool{}
	for i, e := range bodies[Scored](events) {
		if e.Done != i+1 || seen[e.Index] || !e.Trial.Done {
			t.Fatalf("event %d: %+v", i, e)
		}
		seen[e.Index] = true
	}
	if report := bodies[Sampled](events)[0].Feasibility; len(seen) != report.Found+report.Extras {
		t.Errorf("%d scored of %+v", len(seen), report)
	}
}
