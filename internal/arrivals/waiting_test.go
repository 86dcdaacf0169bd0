package arrivals

import (
	"testing"

	"github.com/nse-dev/nse/internal/runs"
)

// A pool waits by its text, lock and folder, whatever name its file has now.
func TestInboxHasAPool(t *testing.T) {
	dir := t.TempDir()
	p := runs.Pool{Dir: "/d", Source: "/d/a.toml", Text: []byte("a"), Lock: []byte("l")}
	if _, waits := Waiting(dir, p); waits {
		t.Error("an empty inbox has it")
	}
	if _, err := Leave(dir, p); err != nil {
		t.Fatal(err)
	}
	again := p
	again.Source = "/d/copy.toml"
	if source, waits := Waiting(dir, again); !waits || source != "/d/a.toml" {
		t.Errorf("got %q, %v", source, waits)
	}
	for _, other := range []runs.Pool{{Dir: "/e", Text: p.Text, Lock: p.Lock},
		{Dir: "/d", Text: []byte("b"), Lock: p.Lock}, {Dir: "/d", Text: p.Text}} {
		if _, waits := Waiting(dir, other); waits {
			t.Errorf("%+v waits", other)
		}
	}
}
