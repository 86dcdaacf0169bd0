package architecture

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/nse-dev/nse/internal/drawing"
	"github.com/nse-dev/nse/internal/text"
	"github.com/nse-dev/nse/registry"
	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/supernet"
)

// Picture is a picture of architectures of the list. Where there is more than one, it has the title. No architectures
// are an error that starts with the title.
func (l List) Picture(title string, picked []Plan) (p drawing.Architectures, err error) {
	if len(picked) == 0 {
		return p, fmt.Errorf("%s: there are no architectures to draw", title)
	}
	p.List = Drawings(picked)
	if len(picked) > 1 || len(l.Plans) > 1 {
		p.Title = title
	}
	return p, nil
}

// Drawings is what a picture shows of architectures.
func Drawings(list []Plan) (all []drawing.Architecture) {
	for _, p := range list {
		all = append(all, p.Drawing())
	}
	return all
}

// Drawing is what a picture shows of the architecture.
func (p Plan) Drawing() drawing.Architecture {
	a := drawing.Architecture{
		Name: p.Name, Facts: p.facts(),
		Image: p.Stem.In.String(),
		Stem:  p.stem(),
		Inner: p.Layers[0].Input().String(),
		Head:  p.head(),
	}
	for l, place := range p.Layers {
		layer := drawing.Layer{Output: place.Output().String(), Normal: place.Normal(), Identity: place.Normal()}
		if join := p.Join(l); join != supernet.Mean && len(p.Graphs[l]) > 0 {
			layer.Join, layer.Identity = join.String(), join == supernet.Residual
		}
		for i, g := range p.Graphs[l] {
			layer.Blocks = append(layer.Blocks, block(p.Ops[l][i], g))
		}
		a.Layers = append(a.Layers, layer)
	}
	return a
}

// stem is what a picture says of the stem.
func (p Plan) stem() string {
	k := cmp.Or(p.Macro.StemKernel, 3)
	text := fmt.Sprintf("stem: %d×%d, stride %d", k, k, p.Macro.StemStride)
	if pool := p.Macro.StemPool; pool > 0 {
		text += fmt.Sprintf(", max %d×%d", pool, pool)
	}
	return text
}

// head is what a picture says of the head.
func (p Plan) head() string {
	text := "head: "
	if p.Macro.Head > 0 {
		text += fmt.Sprintf("1×1 to %d, ", p.Macro.Head)
	}
	return text + fmt.Sprintf("mean, %d classes", p.Input.Classes)
}

// facts are what is known of the architecture, a line each.
func (p Plan) facts() (lines []string) {
	if p.Accuracy.Value > 0 {
		lines = append(lines, fmt.Sprintf("%.4g %% accuracy (%s)", 100*p.Accuracy.Value, p.Accuracy.Of))
		lines = append(lines, p.Accuracy.Weights)
	}
	c := p.Count()
	lines = append(lines, fmt.Sprintf("%.4g M MACs, %s parameters", text.Millions(c.MACs), text.Thousands(c.Params)))
	if p.Latency > 0 {
		lines = append(lines, fmt.Sprintf("%.4g ms, as predicted", p.Latency))
	}
	if p.Macro.Activation != sdk.ReLU {
		lines = append(lines, "activation: "+p.Macro.Activation.String())
	}
	return lines
}

// block is what a picture shows of an operation. It follows from the graph, so that it is known of every plugin's
// operations and of a trained model's. Operations that do not ship may differ in more: they show their names too.
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

// innerChannels is the width of the widest tensor between two convolutions; 0 if there is none.
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
