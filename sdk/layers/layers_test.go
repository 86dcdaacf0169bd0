package layers

import (
	"fmt"
	"testing"

	"github.com/nse-dev/nse/sdk"
)

// The layers of small on 32×32 and on 33×26 images, by hand.
func TestLayersOfNetworks(t *testing.T) {
	const want = "[16→16 /1 32×32 16→24 /2 32×32 24→24 /1 16×16 24→40 /2 16×16 40→40 /1 8×8 " +
		"16→16 /1 33×26 16→24 /2 33×26 24→24 /1 17×13 24→40 /2 17×13 40→40 /1 9×7]"
	var got []string
	for _, l := range OfNetworks()[:10] {
		got = append(got, fmt.Sprintf("%d→%d /%d %d×%d", l.In, l.Out, l.Stride, l.Height, l.Width))
	}
	if fmt.Sprint(got) != want {
		t.Errorf("got  %v\nwant %s", got, want)
	}
}

// Every kind stands once.
func TestKindsStandOnce(t *testing.T) {
	seen := map[sdk.Layer]bool{}
	for _, l := range OfNetworks() {
		if seen[l] {
			t.Errorf("%v stands twice", l)
		}
		seen[l] = true
	}
	if len(seen) < 50 {
		t.Errorf("%d kinds", len(seen))
	}
}
