package catalog

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/nse-dev/nse/internal/text"
	"github.com/nse-dev/nse/registry"
	"github.com/nse-dev/nse/sdk/layers"
	"github.com/nse-dev/nse/sdk/wire"
)

// CheckGradients compares the gradients of every operation with central differences, at layers.Small. It returns the
// largest difference, as a part of the largest gradient. A difference above gradientTolerance is an error.
func CheckGradients(ctx context.Context, ops []registry.Op) (worst float64, err error) {
	for _, op := range ops {
		for _, l := range layers.Small() {
			g, err := op.Graph(ctx, l)
			if err != nil {
				return 0, err
			}
			e, err := gradientError(op.Name, g)
			if errors.Is(err, errUnsteady) {
				err = fmt.Errorf("%s: %s: %w", op.Where, op.Name, err)
			}
			if err != nil {
				return 0, err
			}
			if !(e <= gradientTolerance) {
				return 0, fmt.Errorf("%s: %s: gradients differ from central differences by %.2g of the largest",
					op.Where, op.Name, e)
			}
			worst = max(worst, e)
		}
	}
	return worst, nil
}

// Steady builds the operations that the catalog was laid out with once more, and refuses one whose graph is another
// then: a search with it cannot be repeated.
func (c *Catalog) Steady(ctx context.Context, ops []registry.Op) error {
	again, err := graphsOf(ctx, ops, c.Layers)
	if err != nil {
		return err
	}
	for l := range c.Layers {
		for i, op := range ops {
			first, err := wire.MarshalGraph(c.Graphs[l][i])
			if err != nil {
				return fmt.Errorf("%s: %w", op.Where, err)
			}
			second, err := wire.MarshalGraph(again[l][i])
			if err != nil {
				return fmt.Errorf("%s: %w", op.Where, err)
			}
			if !bytes.Equal(first, second) {
				return fmt.Errorf("%s: two equal calls of Build differ: want equal graphs for equal layers, without "+
					"randomness, time or memory of calls", op.Where+": "+operationAt(op.Name, l))
			}
		}
	}
	return nil
}

// Check lists the operations of a pool that is laid out, checks their gradients, and writes what it found.
func (c *Catalog) Check(ctx context.Context, ops []registry.Op, w io.Writer) error {
	if err := text.Table(w, c.List(ops).Rows()); err != nil {
		return err
	}
	if err := c.Steady(ctx, ops); err != nil {
		return err
	}
	worst, err := CheckGradients(ctx, ops)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "\n%d operations at %d layers: shapes and counts consistent, gradients within %.1g of "+
		"central differences\n", len(ops), len(c.Layers), worst)
	return err
}
