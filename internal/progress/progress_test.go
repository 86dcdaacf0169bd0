package progress

import (
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
