package retrain

import (
	"slices"

	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/supernet"
)

// dropping is a branch of a normal layer that is dropped for an image at a rate, 0 to 1. The layer's input is never
// dropped with it. Where the layer does not add that by itself, a branch loses what it adds to its own shortcut, and
// one without a shortcut is never dropped. Branches of reduction layers are never dropped either.
func dropping(g *sdk.Graph, l sdk.Layer, join supernet.Join, rate float64) (*sdk.Graph, error) {
	if rate == 0 || !l.Normal() {
		return g, nil
	}
	if join == supernet.Sum {
		return droppingResidual(g, l, float32(rate))
	}
	d := *g
	d.Nodes = slices.Clip(d.Nodes)
	y, err := d.At(d.Output)
	if err != nil {
		return nil, err
	}
	return &d, d.Finish(y.DropPath(float32(rate)), l.Output())
}

// droppingResidual is a branch that adds its input to something, with this something dropped at a rate. A branch that
// does not is returned as it is.
func droppingResidual(g *sdk.Graph, l sdk.Layer, rate float32) (*sdk.Graph, error) {
	sum, found := shortcut(g)
	if !found {
		return g, nil
	}
	d := *g
	d.Nodes = slices.Clip(d.Nodes[:sum])
	var others []sdk.Tensor
	for _, in := range g.Nodes[sum].Inputs {
		y, err := d.At(in)
		if err != nil {
			return nil, err
		}
		if in != sdk.InputNode {
			others = append(others, y)
		}
	}
	y := others[0]
	if len(others) > 1 {
		y = y.Add(others[1:]...)
	}
	y = y.DropPath(rate).Add(d.Input())
	for _, activation := range g.Nodes[sum+1:] {
		y = d.Add(activation.Primitive, y)
	}
	return &d, d.Finish(y, l.Output())
}

// shortcut finds the sum that has the graph's input, once, among what it adds, if nothing but activations follow it.
func shortcut(g *sdk.Graph) (sum int, found bool) {
	for sum = g.Output; sum != sdk.InputNode; sum = g.Nodes[sum].Inputs[0] {
		n := g.Nodes[sum]
		switch n.Primitive.(type) {
		case sdk.Activation:
		case sdk.Add:
			inputs := 0
			for _, in := range n.Inputs {
				if in == sdk.InputNode {
					inputs++
				}
			}
			return sum, inputs == 1 && len(n.Inputs) > 1
		default:
			return 0, false
		}
	}
	return 0, false
}
