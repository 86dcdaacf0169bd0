package oneline

import (
	"strings"
	"testing"
)

func TestClean(t *testing.T) {
	for text, want := range map[string]string{
		"":                            "",
		"  a\tb\r\n\x1b[31mc\u2028d ": "a b [31mc d",
		strings.Repeat("ä", 300):      strings.Repeat("ä", 300),
		strings.Repeat("ä", 301):      strings.Repeat("ä", 300) + "…",
		"bad \xff byte":               "bad \ufffd byte",
	} {
		if got := Clean(text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}
