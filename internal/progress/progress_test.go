package progress

import (
	"bytes"
	"strings"
	"testing"

	"github.com/nse-dev/nse/evolve"
)

// TestAgain: a front is scored again with shared weights only.
func TestAgain(t *testing.T) {
	area := 0.25
	for want, b := range map[string]evolve.FrontRetrieved{
		"":                                      {Members: make([]evolve.Member, 1)},
		" (the last front, scored again: 0.25)": {Members: make([]evolve.Member, 1), Rehearsed: &area},
		" (the last front: 0.25)":               {Members: []evolve.Member{{Epochs: 4}}, Rehearsed: &area},
	} {
		if got := again(b); got != want {
			t.Errorf("%+v: %q, want %q", b, got, want)
		}
	}
}

// A sampling that will find too few says so once.
func TestSamplingSaysThatItWillFindFew(t *testing.T) {
	var b bytes.Buffer
	p := New(&b, 0)
	defer p.Close()
	for i := 1; i <= 3; i++ {
		p.Observe(evolve.Event{Round: 2, Body: evolve.Sampling{Found: 664, Wanted: 2000, Draws: i, Most: 4,
			Expected: []int{0, 2000, 700, 664}[i]}}, 1)
	}
	want := "round 2: sampling will find about 700 of the 2000 architectures that search.front.samples asks for: the " +
		"subset has few within the budget\n"
	if b.String() != want {
		t.Errorf("got %q", &b)
	}
	p.Observe(evolve.Event{Round: 2, Body: evolve.Sampling{Found: 664, Wanted: 2000, Draws: 4, Most: 4,
		Expected: 664}}, 1)
	if last := strings.TrimPrefix(b.String(), want); !strings.HasPrefix(last,
		"round 2 sample: 4 of 4, 664 of 2000 architectures, ") {
		t.Errorf("got %q", last)
	}
}
