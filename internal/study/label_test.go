package study

import (
	"strings"
	"testing"
)

func TestLabels(t *testing.T) {
	for name, want := range map[string]bool{"é": true, strings.Repeat("é", 64): true, strings.Repeat("é", 65): false,
		"": false, "-a": false, "a/b": false, "a 2.5_+=-": true, "a\xff": false} {
		if got := isLabel(name); got != want {
			t.Errorf("%q: %v", name, got)
		}
	}
}
