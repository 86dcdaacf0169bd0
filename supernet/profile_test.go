package supernet

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/nse-dev/nse/supernet/graph"
)

// The kernels between the blocks are in the profile too, and a profile changes no loss.
func TestProfileOfAStep(t *testing.T) {
	plain, s := newStepper(t, 4, 2, 1, 4, 6, 8), newStepper(t, 4, 2, 1, 4, 6, 8)
	p := graph.NewProfile(func() time.Time { return time.Time{} })
	s.Profile(p)
	for i := range s.archs {
		want, err := plain.Step(s.archs[i], s.batch, 0.1, TrainConfig{}, 0)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := s.Step(s.archs[i], s.batch, 0.1, TrainConfig{}, 0); err != nil || got != want {
			t.Errorf("step %d: loss %v with a profile, %v without, error %v", i, got, want, err)
		}
	}
	want := []string{"activation", "activation gradient", "bias", "bias gradient", "conv 1×1", "conv 1×1 gradient",
		"conv dense", "conv dense gradient", "conv depthwise", "conv depthwise gradient",
		"global-pool", "global-pool gradient", "loss", "mean", "mean gradient", "normalise", "sgd", "slopes", "sum"}
	if got := slices.Sorted(maps.Keys(p.Kinds)); !slices.Equal(got, want) {
		t.Errorf("kinds %v\nwant  %v", got, want)
	}
	if c := p.Kinds["loss"]; c.Calls != len(s.archs) || c.Bytes != len(s.archs)*2*4*2*10 {
		t.Errorf("loss: %+v", c)
	}
}
