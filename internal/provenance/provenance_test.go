package provenance

import "testing"

func TestText(t *testing.T) {
	modified := true
	b := Build{Version: "v1.2.3+dirty", Protocol: 1, Go: "go1.26.0", Platform: "linux/arm64", Revision: "0123abcd",
		Time: "2026-11-30T07:00:00Z", Modified: &modified}
	want := "nse v1.2.3+dirty (plugin protocol 1, go1.26.0, linux/arm64)\n" +
		"commit 0123abcd of 2026-11-30T07:00:00Z, with changes\n"
	if got := b.Text(); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
