package supernet

import (
	"slices"
	"testing"

	"github.com/nse-dev/nse/evolve"
)

// The parts of a network, one after the other, give what the network gives.
func TestInferenceOfPartsIsThatOfTheNetwork(t *testing.T) {
	e := testEngine(t, 2, testTrain, testScore)
	begin(t, e)
	trained(t, e, 0, 2) // statistics that are not those of the start
	const images = 3
	var x []float32
	for b := range e.images().Held {
		x = b.X[:images*len(b.X)/len(b.Labels)]
	}
	run := e.net.Inference(images)
	must := func(y []float32, err error) []float32 {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return slices.Clone(y)
	}
	want := must(run.Network(evolve.Arch{{}, {1, 3}, {}}, x))
	h := must(run.Stem(x))
	h = must(run.Join(1, must(run.Operation(1, 1, h)), must(run.Operation(1, 3, h))))
	if got := must(run.Head(h)); !slices.Equal(got, want) {
		t.Errorf("parts %v\nnetwork %v", got, want)
	}
	if _, err := run.Network(evolve.Arch{{}, {}, {}}, x); err == nil {
		t.Error("a reduction layer without operation is run")
	}
}
