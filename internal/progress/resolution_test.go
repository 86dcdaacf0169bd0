package progress

import "testing"

// Of 16 images one is 6.25 points, and two standard errors are 2·√(1/4/16) at most.
func TestResolutionOfFewImages(t *testing.T) {
	want := "accuracy: 16 held-out images tell it in steps of 6.2 points, and to ±25 by chance: architectures nearer " +
		"than that are not ranked\n"
	if got := resolution(16); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	for _, n := range []int{0, 400, 5000} {
		if got := resolution(n); got != "" {
			t.Errorf("%d images: %q", n, got)
		}
	}
}
