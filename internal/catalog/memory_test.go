package catalog

import (
	"strings"
	"testing"

	"github.com/nse-dev/nse/internal/memory"
	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/supernet"
)

// One convolution of 1×1 without a bias, from 8 to 8 channels at 16×16 pixels. On 100 images its input, the result, and
// their gradients are two at a time in the forward pass, and three in the backward pass: 3·2048·100 floats. Its 64
// weights have gradients and momenta.
func TestWithin(t *testing.T) {
	shape := sdk.Shape{Height: 16, Width: 16, Channels: 8}
	graphs := make([]*sdk.Graph, 2)
	for i := range graphs {
		graphs[i] = sdk.NewGraph(shape)
		if err := graphs[i].Finish(graphs[i].Input().Conv1x1(8, 1), shape); err != nil {
			t.Fatal(err)
		}
	}
	identity := sdk.NewGraph(sdk.Shape{Height: 1, Width: 1, Channels: 1})
	if err := identity.Finish(identity.Input(), identity.In); err != nil {
		t.Fatal(err)
	}
	c := New(supernet.Skeleton{Stem: identity, Head: identity, Layers: make([]sdk.Layer, 2)}, Pricing{})
	c.Add(0, "small", identity)
	c.Graphs[1][0] = identity
	c.Add(0, "wide", identity)
	c.Graphs[1][1] = graphs[0]
	const need = 4*3*2048*100 + 12*64
	if err := c.Within(memory.Bound{Bytes: need, By: "GOMEMLIMIT"}, 100); err != nil {
		t.Error(err)
	}
	err := c.Within(memory.Bound{Bytes: need - 1, By: "GOMEMLIMIT"}, 100)
	const want = `operation "wide" at layer 1 needs 2.46 MB of memory to be trained on 100 images at a time, and ` +
		"GOMEMLIMIT is 2.46 MB: want a smaller train.batch, data.size or macro, or another pool"
	if err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
	if err := c.Within(memory.Bound{Bytes: 12*64 - 1, By: "it"}, 1); err == nil ||
		!strings.Contains(err.Error(), "needs 768 B of memory to be trained on 1 images at a time, and it is 767 B") {
		t.Errorf("error %v, want that the parameters alone need 768 bytes", err)
	}
	c.Stem = graphs[1]
	if err := c.Within(memory.Bound{Bytes: need - 1, By: "it"}, 100); err == nil ||
		!strings.HasPrefix(err.Error(), "the stem needs 2.46 MB of memory") {
		t.Errorf("error %v, want one about the stem", err)
	}
}
