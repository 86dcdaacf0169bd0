package catalog

import (
	"fmt"
	"strings"

	"github.com/nse-dev/nse/internal/memory"
	"github.com/nse-dev/nse/internal/text"
	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/supernet/graph"
)

// Within has the operations be trained on batches of images, within a bound of memory. One that alone needs more is an
// error, as are stem and head: of those that the catalog has, and of those that Lay builds from then on.
func (c *Catalog) Within(b memory.Bound, batch int) error {
	c.fits = func(what string, g *sdk.Graph) error { return fits(what, g, batch, b) }
	if err := c.fits("the stem", c.Stem); err != nil {
		return err
	}
	for l, graphs := range c.Graphs {
		for id, g := range graphs {
			if err := c.fits(operationAt(c.Names[id], l), g); err != nil {
				return err
			}
		}
	}
	return c.fits("the head", c.Head)
}

// operationAt names an operation and its layer in messages.
func operationAt(name string, layer int) string {
	return fmt.Sprintf("operation %q at layer %d", name, layer)
}

// size is a number of bytes.
func size(bytes float64) string {
	number := text.Prefixed(bytes)
	if !strings.Contains(number, " ") {
		number += " "
	}
	return number + "B"
}

// fits refuses a graph whose training takes more memory than there is. Only graphs that may do so are compiled.
func fits(what string, g *sdk.Graph, batch int, b memory.Bound) error {
	const generous = 4 // times all values and their gradients
	values := float64(g.In.Size())
	for _, n := range g.Nodes {
		values += float64(n.Shape.Size())
	}
	need := 12 * float64(g.Count().Params) // with gradients and momenta
	if need+generous*8*values*float64(batch) <= float64(b.Bytes) {
		return nil
	}
	if need <= float64(b.Bytes) {
		block, err := graph.Compile(what, g)
		if err != nil {
			return err
		}
		need = block.TrainingBytes(batch)
	}
	if need <= float64(b.Bytes) {
		return nil
	}
	return fmt.Errorf("%s needs %s of memory to be trained on %d images at a time, and %s is %s: "+
		"want a smaller train.batch, data.size or macro, or another pool", what, size(need), batch, b.By,
		size(float64(b.Bytes)))
}
