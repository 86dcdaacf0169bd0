package architecture

import (
	"testing"

	"github.com/nse-dev/nse/internal/runs"
)

// TestFrontOfBeforeEpochs: a front.json that was written before it had epochs is that of its run, and one with other
// epochs is not.
func TestFrontOfBeforeEpochs(t *testing.T) {
	front := func(epochs int) runs.Front {
		return runs.Front{Round: 1, Architectures: []runs.Architecture{{Ops: [][]string{{"a"}}, Epochs: epochs}}}
	}
	for epochs, want := range map[int]bool{4: true, 0: true, 2: false} {
		text, err := front(epochs).Encode()
		if err != nil {
			t.Fatal(err)
		}
		f := front(4)
		if same, err := written(f, text); err != nil || same != want || f.Architectures[0].Epochs != 4 {
			t.Errorf("%d epochs: %v, %v, want %v", epochs, same, err, want)
		}
	}
}
