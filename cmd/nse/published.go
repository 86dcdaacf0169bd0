package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"math"
	"strings"

	"github.com/nse-dev/nse/registry"
	"github.com/nse-dev/nse/supernet"
)

// spaces names the shipped pools that published architectures number their operations in.
var spaces = map[string]string{"27": "ops.toml", "second45": "pools/second45.toml", "19": "pools/latency19.toml"}

// imagenet is the shape of the images that published architectures are counted for.
var imagenet = supernet.Input{Height: 224, Width: 224, Channels: 3, Classes: 1000}

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

//go:embed architectures.json
var publishedText []byte

// publishedList is the architectures that the program knows by name.
func publishedList() []published {
	list, err := parsePublished("architectures.json", publishedText)
	if err != nil {
		panic(err) // the file is part of the program
	}
	return list
}

func publishedNames() (names []string) {
	for _, a := range publishedList() {
		names = append(names, strings.ToLower(a.Name))
	}
	return names
}

// publishedNamed finds a published architecture by its name, in any case.
func publishedNamed(name string) (published, bool) {
	for _, a := range publishedList() {
		if strings.EqualFold(a.Name, name) {
			return a, true
		}
	}
	return published{}, false
}

func parsePublished(path string, text []byte) ([]published, error) {
	var file struct {
		Note          string      `json:"note"`
		Architectures []published `json:"architectures"`
	}
	err := decodeJSON(path, text, &file)
	return file.Architectures, err
}

// publishedModels lays out architectures from a source.
func publishedModels(ctx context.Context, source string, list []published, v variant) (models, error) {
	open := shelf{ctx: ctx, ops: map[string][]registry.Op{}}
	var m models
	for i, a := range list {
		if a.Name == "" {
			open.open.Close()
			return models{}, fmt.Errorf("%s: architecture %d has no name", source, i+1)
		}
		x, err := a.model(ctx, &open, v)
		if err != nil {
			open.open.Close()
			return models{}, fmt.Errorf("%s: %s: %w", source, a.Name, err)
		}
		m.list = append(m.list, x)
	}
	m.pools = open.open
	return m, nil
}

func (a published) model(ctx context.Context, open *shelf, v variant) (model, error) {
	if !(a.Scale > 0 && a.Scale <= 16) {
		return model{}, fmt.Errorf("scale %g is not in 0..16", a.Scale)
	}
	known, err := a.accuracy(v)
	if err != nil {
		return model{}, err
	}
	space, err := open.space(a.Space)
	if err != nil {
		return model{}, err
	}
	ops := make([][]registry.Op, len(a.Ops))
	for l, path := range a.Ops {
		for _, id := range path {
			if id < 0 || id >= len(space) {
				return model{}, fmt.Errorf("layer %d: operation %d is not in 0..%d of space %s", l, id, len(space)-1, a.Space)
			}
			ops[l] = append(ops[l], space[id])
		}
	}
	macro := supernet.Macro{StemStride: 2, Channels: scaled(a.Channels, a.Scale), Layers: a.Layers, Head: 1024}
	v.apply(&macro)
	m, err := layOutModel(ctx, a.Name, macro, v.see(imagenet), ops)
	m.Accuracy = known
	return m, err
}

// accuracy is what the paper says of the architecture as it is listed. Nothing is known of its other variants.
func (a published) accuracy(v variant) (accuracy, error) {
	if a.Values == nil || v != (variant{}) {
		return accuracy{}, nil
	}
	var values struct {
		Top1 float64 `json:"top1"` // in percent
	}
	if err := json.Unmarshal(a.Values, &values); err != nil {
		return accuracy{}, fmt.Errorf("published: %w", err)
	}
	return accuracy{values.Top1 / 100, "ImageNet, as published"}, nil
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

// shelf holds the shipped pools that are open.
type shelf struct {
	ctx  context.Context
	open pools
	ops  map[string][]registry.Op // by space
}

// space lists the operations of a space, opening its pools the first time.
func (p *shelf) space(name string) ([]registry.Op, error) {
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
