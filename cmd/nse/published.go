package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"strings"

	"github.com/nse-dev/nse/internal/runs"
	"github.com/nse-dev/nse/registry"
	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/supernet"
)

// spaces names the shipped pools that published architectures number their operations in.
var spaces = map[string]string{"27": "ops.toml", "second45": "pools/second45.toml", "19": "pools/latency19.toml"}

// imagenet is the shape of the images that published architectures are counted for.
var imagenet = runs.Image{Height: 224, Width: 224, Channels: 3, Classes: 1000}

// published is an architecture as papers list it: numbers of operations by layer.
type published struct {
	Name     string          `json:"name"`
	Space    string          `json:"space"`    // 27, second45, 19, or several joined by +, which are numbered on
	Scale    float64         `json:"scale"`    // of every channel count but the first
	Channels []int           `json:"channels"` // before scaling
	Layers   string          `json:"layers"`   // letters N, R and E
	Ops      [][]int         `json:"ops"`
	Values   json.RawMessage `json:"published"` // what the paper says, for the reader
}

// pricePublished counts every architecture of a file.
func pricePublished(ctx context.Context, path string, text []byte, v variant) ([]priced, error) {
	var file struct {
		Note          string      `json:"note"`
		Architectures []published `json:"architectures"`
	}
	if err := decodeJSON(path, text, &file); err != nil {
		return nil, err
	}
	open := pools{ctx: ctx, ops: map[string][]registry.Op{}}
	defer open.close()
	list := []priced{}
	for _, a := range file.Architectures {
		c, err := a.count(ctx, &open, v)
		if err != nil {
			return nil, fmt.Errorf("%s: %s: %w", path, a.Name, err)
		}
		list = append(list, priced{a.Name, c.Params, c.MACs})
	}
	return list, nil
}

// count builds the architecture's operations, stem and head.
func (a published) count(ctx context.Context, open *pools, v variant) (sdk.Count, error) {
	if !(a.Scale > 0 && a.Scale <= 16) {
		return sdk.Count{}, fmt.Errorf("scale %g is not in 0..16", a.Scale)
	}
	m := supernet.Macro{StemStride: 2, Channels: scaled(a.Channels, a.Scale), Layers: a.Layers, Head: 1024}
	v.apply(&m)
	s, err := skeleton(m, imagenet)
	if err != nil {
		return sdk.Count{}, err
	}
	if len(a.Ops) != len(s.Layers) {
		return sdk.Count{}, fmt.Errorf("operations for %d layers, but %d letters in layers", len(a.Ops), len(s.Layers))
	}
	ops, err := open.space(a.Space)
	if err != nil {
		return sdk.Count{}, err
	}
	total := s.Fixed()
	for l, path := range a.Ops {
		if len(path) == 0 && !s.Layers[l].Normal() {
			return total, fmt.Errorf("layer %d changes channels or size and has no operation", l)
		}
		for _, id := range path {
			if id < 0 || id >= len(ops) {
				return total, fmt.Errorf("layer %d: operation %d is not in 0..%d of space %s", l, id, len(ops)-1, a.Space)
			}
			g, err := ops[id].Graph(ctx, s.Layers[l])
			if err != nil {
				return total, err
			}
			total = total.Plus(g.Count())
		}
	}
	return total, nil
}

// scaled multiplies every channel count but the first, rounded to the nearest multiple of 8 and never more than 10 % down.
func scaled(channels []int, scale float64) []int {
	out := append([]int(nil), channels...)
	for i := 1; i < len(out); i++ {
		want := float64(channels[i]) * scale
		out[i] = max(8, int(math.Floor((want+4)/8))*8)
		if float64(out[i]) < 0.9*want {
			out[i] += 8
		}
	}
	return out
}

// pools holds the shipped pools that are open.
type pools struct {
	ctx  context.Context
	open []*registry.Pool
	ops  map[string][]registry.Op // by space
}

// space lists the operations of a space, opening its pools the first time.
func (p *pools) space(name string) ([]registry.Op, error) {
	if ops, open := p.ops[name]; open {
		return ops, nil
	}
	var ops []registry.Op
	for part := range strings.SplitSeq(name, "+") {
		file, known := spaces[part]
		if !known {
			return nil, fmt.Errorf("unknown space %q: want 27, second45, 19, or several joined by +", part)
		}
		opened, err := shipped(p.ctx, file)
		if err != nil {
			return nil, err
		}
		p.open = append(p.open, opened)
		ops = append(ops, opened.Ops...)
	}
	p.ops[name] = ops
	return ops, nil
}

func (p *pools) close() {
	for _, opened := range p.open {
		_ = opened.Close()
	}
}
