package graph

import (
	"strings"
	"testing"

	"github.com/nse-dev/nse/sdk"
)

// cube is a primitive that the engine does not have.
type cube struct{ sdk.Activation }

func (cube) Kind() string { return "cube" }

func TestUnknownPrimitive(t *testing.T) {
	g := sdk.NewGraph(image(2))
	y := g.Add(cube{}, g.Input().Conv1x1(2, 1))
	if err := g.Finish(y, y.Shape()); err != nil {
		t.Fatal(err)
	}
	_, err := Compile("layers.3.1", g)
	if err == nil || err.Error() != "graph: layers.3.1: node 1: the engine has no kernel for cube" {
		t.Errorf("error %v does not name the block, the node and the primitive", err)
	}
}

func TestUnfinishedGraph(t *testing.T) {
	g := sdk.NewGraph(image(2))
	g.Input().Conv1x1(3, 1)
	y := g.Input().Conv1x1(2, 1)
	g.Finish(y, y.Shape())
	g.Output = 1 // in spite of the error: node 0 has parameters, but does not reach the output
	if _, err := Compile("stray", g); err == nil || !strings.Contains(err.Error(), "stray") {
		t.Errorf("error %v does not name the block", err)
	}
}
