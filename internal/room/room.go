// Package room says where the operations of a pool fit the budget of a search: at which layers of its network, beside
// what, and at what cost.
package room

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/internal/catalog"
	"github.com/nse-dev/nse/registry"
	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/supernet"
	"github.com/nse-dev/nse/supernet/config"
)

// Report is where operations fit a budget.
type Report struct {
	Low  float64     `json:"low"`  // of the constraint interval
	High float64     `json:"high"` // of the constraint interval
	Tau  float64     `json:"tau"`
	Unit string      `json:"unit"` // of costs
	Ops  []Operation `json:"operations"`
	Peak float64     `json:"peak_gflops,omitempty"` // of the machine, where times were measured
	// Gradients is the largest difference of gradients from central differences, as a part of the largest gradient.
	Gradients float64 `json:"gradients"`

	key    string  // of the setting that is the middle of the interval
	centre float64 // of the interval
}

// Operation is an operation with a place for each kind of layer.
type Operation struct {
	Name   string  `json:"name"`
	Places []Place `json:"places"`
}

// Place is an operation at the layers of one kind: of equal channels, stride and size.
type Place struct {
	Layers []int   `json:"layers"`
	In     int     `json:"in"`  // channels
	Out    int     `json:"out"` // channels
	Stride int     `json:"stride"`
	Height int     `json:"height"` // of the input
	Width  int     `json:"width"`
	MACs   int64   `json:"macs"`
	Params int64   `json:"params"`
	Field  [2]int  `json:"receptive_field"` // in pixels of the input, vertically and horizontally
	Cost   float64 `json:"cost"`            // of the operation
	Alone  float64 `json:"alone"`           // cost of the cheapest network with it
	Beside float64 `json:"beside"`          // cost of the network with it and the median operation in every other layer
	Fit    Fit     `json:"fit"`
	OfPeak float64 `json:"of_peak,omitempty"` // forward and backward, as a part of the machine's arithmetic

	graph *sdk.Graph
}

// Fit says beside what an operation has room in the budget.
type Fit string

// The fits of an operation at a layer.
const (
	Median   Fit = "median"   // beside the median operation in every other layer
	Cheapest Fit = "cheapest" // beside the cheapest rest of the network, at least
	Cheap    Fit = "cheap"    // nowhere: the dearest network with it is below the interval
	Dear     Fit = "dear"     // nowhere: the cheapest network with it is above the interval
)

// Of lays operations out on the network of a search, for images of a shape, and says where they fit its budget. A
// budget that is "auto" is chosen as the search would. An operation that is impossible at a layer is an error.
func Of(ctx context.Context, ops []registry.Op, c config.Config, in supernet.Input) (Report, error) {
	skeleton, err := c.Macro.Skeleton(in)
	if err != nil {
		return Report{}, err
	}
	laid, err := catalog.LayOut(ctx, ops, skeleton, catalog.PricingOf(c, in))
	if err != nil {
		return Report{}, err
	}
	if err := laid.Steady(ctx, ops); err != nil {
		return Report{}, err
	}
	p := laid.Problem()
	c = c.Settle(p)
	b := c.Search.Constraint
	x := Report{Low: b.Low(), High: b.High(), Tau: b.Tau, Unit: b.Kind.Unit()}
	if x.key, x.centre = "tau", b.Tau; b.Centre != 0 {
		x.key, x.centre = "centre", b.Centre
	}
	m := measure(p, c.Search.Branches(), b)
	for op := range ops {
		o := Operation{Name: ops[op].Name}
		for l, layer := range skeleton.Layers {
			g := laid.Graphs[l][op]
			at := m.place(evolve.OpID(op), l)
			if i := slices.IndexFunc(o.Places, at.alike(layer)); i >= 0 {
				o.Places[i].Layers = append(o.Places[i].Layers, l)
				continue
			}
			n := g.Count()
			at.Layers, at.In, at.Out, at.Stride, at.Height, at.Width = []int{l}, layer.In, layer.Out, layer.Stride,
				layer.Height, layer.Width
			at.MACs, at.Params, at.Field, at.graph = n.MACs, n.Params, catalog.Receptive(g), g
			o.Places = append(o.Places, at)
		}
		x.Ops = append(x.Ops, o)
	}
	return x, nil
}

// alike finds the places of layers of the same kind as one, with the same figures.
func (at Place) alike(l sdk.Layer) func(Place) bool {
	return func(p Place) bool {
		return p.In == l.In && p.Out == l.Out && p.Stride == l.Stride && p.Height == l.Height && p.Width == l.Width &&
			p.Cost == at.Cost && p.Alone == at.Alone && p.Beside == at.Beside && p.Fit == at.Fit
	}
}

// measures are the costs of the network around an operation.
type measures struct {
	problem  evolve.Problem
	budget   evolve.ConstraintConfig
	within   []evolve.Path
	cheapest []float64 // of a layer: 0 for a normal one
	median   []float64 // of the operations of a layer
}

func measure(p evolve.Problem, branches int, b evolve.ConstraintConfig) (m measures) {
	m.problem, m.budget = p, b
	m.within = p.Within(p.Everything(), branches, b.Low(), b.High())
	for l, normal := range p.Normal {
		var costs []float64
		for _, c := range p.Pool {
			costs = append(costs, c.Cost[l])
		}
		slices.Sort(costs)
		m.median = append(m.median, costs[(len(costs)-1)/2])
		if normal {
			costs[0] = 0
		}
		m.cheapest = append(m.cheapest, costs[0])
	}
	return m
}

// place has the costs of an operation at a layer, and its fit.
func (m measures) place(op evolve.OpID, layer int) (at Place) {
	at.Cost = m.problem.Pool[op].Cost[layer]
	at.Alone, at.Beside = m.problem.Fixed+at.Cost, m.problem.Fixed+at.Cost
	for l := range m.problem.Normal {
		if l != layer {
			at.Alone += m.cheapest[l]
			at.Beside += m.median[l]
		}
	}
	switch {
	case !slices.Contains(m.within[layer], op) && at.Alone > m.budget.High():
		at.Fit = Dear
	case !slices.Contains(m.within[layer], op):
		at.Fit = Cheap
	case at.Beside <= m.budget.High():
		at.Fit = Median
	default:
		at.Fit = Cheapest
	}
	return at
}

// Nowhere lists the operations that fit nowhere, each in a line that says what they would need.
func (x Report) Nowhere() (lines []string) {
	for _, o := range x.Ops {
		if slices.ContainsFunc(o.Places, func(p Place) bool { return p.Fit == Median || p.Fit == Cheapest }) {
			continue
		}
		least := o.Places[0]
		for _, p := range o.Places {
			if p.Alone < least.Alone {
				least = p
			}
		}
		if least.Fit == Cheap {
			lines = append(lines, fmt.Sprintf("%s fits nowhere: all networks with it cost less than %.4g %s: want a "+
				"lower search.constraint.%s", o.Name, x.Low, x.Unit, x.key))
			continue
		}
		lines = append(lines, fmt.Sprintf("%s fits nowhere: the cheapest network with it, at layer %d, costs %.4g %s, "+
			"and the budget ends at %.4g: want search.constraint.%s = %v or more", o.Name, least.Layers[0], least.Alone,
			x.Unit, x.High, x.key, above(x.centre*least.Alone/x.High)))
	}
	return lines
}

// above is the least number of three digits that is not below v, which is positive.
func above(v float64) float64 {
	unit := math.Pow(10, math.Floor(math.Log10(v))-2)
	rounded, err := strconv.ParseFloat(fmt.Sprintf("%.3g", math.Ceil(v/unit)*unit), 64)
	if err != nil {
		panic(err)
	}
	return rounded
}
