package architecture

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/nse-dev/nse/internal/catalog"
	"github.com/nse-dev/nse/internal/jsontext"
	"github.com/nse-dev/nse/registry"
	"github.com/nse-dev/nse/supernet"
)

// spaces names the shipped pools that published architectures number their operations in.
var spaces = map[string]string{"27": "ops.toml", "second45": "pools/second45.toml", "19": "pools/latency19.toml",
	"modern": "pools/modern.toml"}

// imagenet is the input that published architectures are counted for.
var imagenet = supernet.Input{Height: 224, Width: 224, Channels: 3, Classes: 1000}

// published is an architecture as papers list it: numbers of operations by layer.
type published struct {
	Name     string          `json:"name"`
	Space    string          `json:"space"`    // 27, second45, 19, modern, or several joined by +, numbered on
	Scale    float64         `json:"scale"`    // of every channel count but the first
	Channels []int           `json:"channels"` // before scaling
	Layers   string          `json:"layers"`   // letters N, R and E
	Ops      [][]int         `json:"ops"`
	Values   json.RawMessage `json:"published"` // what the paper says, for the reader
}

//go:embed published.json
var publishedText []byte

// publishedList is the architectures that the program knows by name.
func publishedList() []published {
	list, err := parsePublished("published.json", publishedText)
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
	list := publishedList()
	i := slices.IndexFunc(list, func(a published) bool { return strings.EqualFold(a.Name, name) })
	if i < 0 {
		return published{}, false
	}
	return list[i], true
}

func parsePublished(path string, text []byte) ([]published, error) {
	var file struct {
		Note          string      `json:"note"`
		Architectures []published `json:"architectures"`
	}
	err := jsontext.Decode(path, text, &file)
	return file.Architectures, err
}

// published lays out architectures from a source.
func (o Opener) published(ctx context.Context, source string, list []published, v Variant) (List, error) {
	s := shelf{opener: o, ops: map[string][]registry.Op{}}
	var out List
	for i, a := range list {
		if a.Name == "" {
			s.open.Close()
			return List{}, fmt.Errorf("%s: architecture %d has no name", source, i+1)
		}
		p, err := a.plan(ctx, &s, v)
		if err != nil {
			s.open.Close()
			return List{}, fmt.Errorf("%s: %s: %w", source, a.Name, err)
		}
		out.Plans = append(out.Plans, p)
	}
	out.Pools = s.open
	return out, nil
}

func (a published) plan(ctx context.Context, s *shelf, v Variant) (Plan, error) {
	if !(a.Scale > 0 && a.Scale <= 16) {
		return Plan{}, fmt.Errorf("scale %g is not in 0..16", a.Scale)
	}
	known, err := a.accuracy(v)
	if err != nil {
		return Plan{}, err
	}
	space, err := s.space(ctx, a.Space)
	if err != nil {
		return Plan{}, err
	}
	ops := make([][]registry.Op, len(a.Ops))
	for l, path := range a.Ops {
		for _, id := range path {
			if id < 0 || id >= len(space) {
				return Plan{}, fmt.Errorf("layer %d: operation %d is not in 0..%d of space %s", l, id, len(space)-1,
					a.Space)
			}
			ops[l] = append(ops[l], space[id])
		}
	}
	macro := supernet.Macro{StemStride: 2, Channels: scaled(a.Channels, a.Scale), Layers: a.Layers, Head: 1024}
	v.apply(&macro)
	p, err := layOut(ctx, a.Name, macro, v.see(imagenet), ops)
	p.Accuracy = known
	return p, err
}

// accuracy is what the paper says of the architecture as it is listed. Nothing is known of its other variants.
func (a published) accuracy(v Variant) (Accuracy, error) {
	if a.Values == nil || v != (Variant{}) {
		return Accuracy{}, nil
	}
	var values struct {
		Top1 float64 `json:"top1"` // in percent
	}
	if err := json.Unmarshal(a.Values, &values); err != nil {
		return Accuracy{}, fmt.Errorf("published: %w", err)
	}
	return Accuracy{values.Top1 / 100, "ImageNet, as published", TrainedAlone}, nil
}

// shelf holds the shipped pools that are open.
type shelf struct {
	opener Opener
	open   catalog.Pools
	ops    map[string][]registry.Op // by space
}

// space lists the operations of a space. It opens the space's pools the first time.
func (s *shelf) space(ctx context.Context, name string) ([]registry.Op, error) {
	if ops, open := s.ops[name]; open {
		return ops, nil
	}
	var ops []registry.Op
	for part := range strings.SplitSeq(name, "+") {
		file, known := spaces[part]
		if !known {
			return nil, fmt.Errorf("unknown space %q: want 27, second45, 19, modern, or several joined by +", part)
		}
		opened, err := s.opener.shipped(ctx, file)
		if err != nil {
			return nil, err
		}
		s.open = append(s.open, opened)
		ops = append(ops, opened.Ops...)
	}
	s.ops[name] = ops
	return ops, nil
}
