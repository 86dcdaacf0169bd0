package architecture

import (
	"strings"
	"testing"
)

func listOf(names ...string) (l List) {
	for _, name := range names {
		l.Plans = append(l.Plans, Plan{Name: name})
	}
	return l
}

// Names may have commas and blanks, be numbers, and differ in case alone. What a run has scored is picked by name only.
func TestNamesArePicked(t *testing.T) {
	l := listOf("a", "b", "a,b", "A", "7", "Only", "x, y")
	l.scored, l.others = []Plan{{Name: "round-1-3"}}, []string{"round-1-1 to round-1-9"}
	for what, want := range map[string]string{
		"a":              "a",
		"A":              "A",
		"ONLY":           "Only",
		"B":              "b",
		"a,b":            "a,b",
		"a, b":           "a|b",
		"b,a":            "b|a",
		"7":              "7",
		"x, y,7":         "x, y|7",
		" Round-1-3 , a": "round-1-3|a",
		"all":            "a|b|a,b|A|7|Only|x, y",
		"100":            "a|b|a,b|A|7|Only|x, y",
	} {
		got, err := l.Choose(what, 1)
		if err != nil || strings.Join(namesOf(got), "|") != want {
			t.Errorf("%q: got %q, %v; want %s", what, namesOf(got), err, want)
		}
	}
	three, err := l.Choose("3", 1)
	if err != nil || len(three) != 3 {
		t.Errorf("3: got %v, %v", namesOf(three), err)
	}
	for what, want := range map[string]string{
		"c": `--pick c: there is no architecture "c": there are a, b, a,b, A, 7, Only, x, y, round-1-1 to round-1-9; ` +
			`want such names, all, or a number`,
		"0": "--pick 0: want 1 or more",
	} {
		if _, err := l.Choose(what, 1); err == nil || err.Error() != want {
			t.Errorf("%q: got %v, want %s", what, err, want)
		}
	}
	if _, err := listOf("x", "X").One("x"); err != nil {
		t.Error(err)
	}
	if p, err := listOf("one", "One").One("ONE"); err == nil {
		t.Errorf("ONE may be both, got %s", p.Name)
	}
	if _, err := listOf("x", "y").One(""); err == nil || err.Error() != "there are 2 architectures: pick one of x, y" {
		t.Error(err)
	}
}
