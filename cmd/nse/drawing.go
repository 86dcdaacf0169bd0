package main

import (
	"fmt"
	"slices"

	"github.com/nse-dev/nse/internal/drawing"
	"github.com/nse-dev/nse/registry"
	"github.com/nse-dev/nse/sdk"
)

// drawings is what a picture shows of models.
func drawings(list []model) (all []drawing.Architecture) {
	for _, m := range list {
		all = append(all, m.drawing())
	}
	return all
}

func (m model) drawing() drawing.Architecture {
	a := drawing.Architecture{
		Name: m.Name, Facts: m.facts(),
		Image: m.Stem.In.String(),
		Stem:  fmt.Sprintf("stem: 3×3, stride %d", m.Macro.StemStride),
		Inner: m.Layers[0].Input().String(),
		Head:  fmt.Sprintf("head: 1×1 to %d, mean, %d classes", m.Macro.Head, m.Image.Classes),
	}
	for l, place := range m.Layers {
		layer := drawing.Layer{Output: place.Output().String(), Normal: place.Normal()}
		for i, g := range m.Graphs[l] {
			layer.Blocks = append(layer.Blocks, block(m.Ops[l][i], g))
		}
		a.Layers = append(a.Layers, layer)
	}
	return a
}

// facts are what is known of the model.
func (m model) facts() (lines []string) {
	if m.Accuracy.Value > 0 {
		lines = append(lines, fmt.Sprintf("%.4g %% accuracy (%s)", 100*m.Accuracy.Value, m.Accuracy.Of))
	}
	c := m.count()
	lines = append(lines, fmt.Sprintf("%.4g M MACs, %s parameters", millions(c.MACs), thousands(c.Params)))
	if m.Latency > 0 {
		lines = append(lines, fmt.Sprintf("%.4g ms, as predicted", m.Latency))
	}
	if m.Macro.Activation != sdk.ReLU {
		lines = append(lines, "activation: "+m.Macro.Activation.String())
	}
	return lines
}

// block is what a picture shows of an operation. It follows from the graph, so that it is known of every plugin's
// operations, and of a trained model's. Those that do not ship may differ in more: they show their names too.
func block(op registry.Op, g *sdk.Graph) drawing.Block {
	b := drawing.Block{Family: op.Family, Expand: float64(innerChannels(g)) / float64(g.In.Channels)}
	for i, n := range g.Nodes {
		switch p := n.Primitive.(type) {
		case sdk.Conv2D:
			b.Kernels = append(b.Kernels, p.Kernel)
			b.Dilation = max(b.Dilation, p.Dilation[0], p.Dilation[1])
			if depthwise := p.Groups > 1 && p.Groups == g.InputShapes(i)[0].Channels; !depthwise {
				b.Groups = append(b.Groups, p.Groups)
			}
		case sdk.MaxPool:
			b.Kernels = append(b.Kernels, p.Kernel)
		case sdk.AvgPool:
			b.Kernels = append(b.Kernels, p.Kernel)
		case sdk.SqueezeExcite:
			b.SE = true
		}
	}
	b.Kernels = slices.DeleteFunc(b.Kernels, func(k [2]int) bool { return k == [2]int{1, 1} })
	if op.Plugin.SHA256 != "" || len(b.Kernels) == 0 {
		b.Name = op.Name
	}
	return b
}

// innerChannels is the width of the widest tensor that comes from a convolution and reaches another one; 0 if none does.
func innerChannels(g *sdk.Graph) (widest int) {
	ahead := make([]bool, len(g.Nodes)) // a convolution reads it, or something that follows from it
	for i := len(g.Nodes) - 1; i >= 0; i-- {
		n := g.Nodes[i]
		p, convolution := n.Primitive.(sdk.Conv2D)
		if convolution && ahead[i] {
			widest = max(widest, p.Out)
		}
		for _, in := range n.Inputs {
			if in != sdk.InputNode {
				ahead[in] = ahead[in] || ahead[i] || convolution
			}
		}
	}
	return widest
}
