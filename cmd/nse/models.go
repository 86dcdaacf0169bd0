package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/internal/modelfile"
	"github.com/nse-dev/nse/internal/runs"
	"github.com/nse-dev/nse/registry"
	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/supernet"
)

// modelsHelp says what openModels takes.
const modelsHelp = `FILE lists architectures (name, space, scale, channels, layers, ops) for 224×224 images as published ones are, or is the
front.json of a run. RUN is a run folder, of which the last front is meant: front-1 is its cheapest architecture. MODEL is
the folder of a trained model.
NAME is a published architecture: nsenet-27, nsenet or nsenet-gpu.`

// model is an architecture with what it takes to build it, at its own scale or at another.
type model struct {
	Name  string // unique in its source, such as front-3
	Macro supernet.Macro
	Image supernet.Input
	supernet.Skeleton
	Ops      [][]registry.Op // by layer
	Graphs   [][]*sdk.Graph  // of Ops
	Accuracy accuracy
	Latency  float64 // ms, as the search predicted it; 0 for one that was not after it
	Folder   string  // of a trained model; empty for an architecture
}

// accuracy is what is known of a model's accuracy.
type accuracy struct {
	Value float64 // 0..1; 0 if nothing is known
	Of    string  // who measured it on what
}

// layOutModel asks the plugins for the graphs of an architecture.
func layOutModel(ctx context.Context, name string, m supernet.Macro, image supernet.Input, ops [][]registry.Op) (model, error) {
	s, err := m.Skeleton(image)
	if err != nil {
		return model{}, err
	}
	if len(ops) != len(s.Layers) {
		return model{}, fmt.Errorf("operations for %d layers, but %d letters in layers", len(ops), len(s.Layers))
	}
	out := model{Name: name, Macro: m, Image: image, Skeleton: s, Ops: ops, Graphs: make([][]*sdk.Graph, len(ops))}
	for l, path := range ops {
		if len(path) == 0 && !s.Layers[l].Normal() {
			return model{}, fmt.Errorf("layer %d changes channels or size and has no operation", l)
		}
		for _, op := range path {
			g, err := op.Graph(ctx, s.Layers[l])
			if err != nil {
				return model{}, err
			}
			out.Graphs[l] = append(out.Graphs[l], g)
		}
	}
	return out, nil
}

// count counts the model with its stem and head.
func (m model) count() sdk.Count {
	c := m.Fixed()
	for _, path := range m.Graphs {
		for _, g := range path {
			c = c.Plus(g.Count())
		}
	}
	return c
}

// variant changes how architectures are built.
type variant struct {
	squeezeExcite, swish bool
	image                supernet.Input // its fields that are not 0 take the place of the architecture's own
}

func (v *variant) flags(c *cobra.Command) {
	c.Flags().BoolVar(&v.squeezeExcite, "se", false, "add squeeze-and-excite to every operation that can have it")
	c.Flags().BoolVar(&v.swish, "swish", false, "use swish in place of the activation")
}

// see is the image that an architecture is built for, which is made for own.
func (v variant) see(own supernet.Input) supernet.Input {
	return supernet.Input{Height: cmp.Or(v.image.Height, own.Height), Width: cmp.Or(v.image.Width, own.Width),
		Channels: cmp.Or(v.image.Channels, own.Channels), Classes: cmp.Or(v.image.Classes, own.Classes)}
}

func (v variant) apply(m *supernet.Macro) {
	m.SqueezeExcite = m.SqueezeExcite || v.squeezeExcite
	if v.swish {
		m.Activation = sdk.Swish
	}
}

// models are the architectures of one source, with the pools that their operations come from. Close them after use.
type models struct {
	list []model
	pools
}

// openModels lists the architectures of a run's front, of a file, or the published one of that name.
func openModels(ctx context.Context, what string, v variant) (models, error) {
	if a, known := publishedNamed(what); known {
		return publishedModels(ctx, what, []published{a}, v)
	}
	return modelsAt(ctx, what, v)
}

// modelsAt lists the architectures of a run's front, a model's folder or a file.
func modelsAt(ctx context.Context, what string, v variant) (models, error) {
	if modelfile.Exists(what) {
		return savedModel(what, v)
	}
	path, err := modelsFile(what)
	if err != nil {
		return models{}, err
	}
	text, err := readText(path)
	if err != nil {
		return models{}, err
	}
	var keys map[string]json.RawMessage
	if err := json.Unmarshal(text, &keys); err != nil {
		return models{}, locateJSON(path, text, err)
	}
	if keys["architectures"] == nil {
		return models{}, fmt.Errorf(`%s: not a list of architectures: there is no "architectures"`, path)
	}
	if keys["round"] != nil {
		return frontModels(ctx, path, text, v)
	}
	list, err := parsePublished(path, text)
	if err != nil {
		return models{}, err
	}
	return publishedModels(ctx, path, list, v)
}

// pick returns the architecture of a name, or the only one if no name is given.
func pick(list []model, name string) (model, error) {
	var names []string
	for _, x := range list {
		if strings.EqualFold(x.Name, name) || name == "" && len(list) == 1 {
			return x, nil
		}
		names = append(names, x.Name)
	}
	if name == "" {
		return model{}, fmt.Errorf("there are %d architectures: pick one of %s", len(names), strings.Join(names, ", "))
	}
	return model{}, fmt.Errorf("there is no architecture %q: there are %s", name, strings.Join(names, ", "))
}

// savedModel is the model in a folder, with graphs and names of operations but no plugins.
func savedModel(dir string, v variant) (models, error) {
	m, err := modelfile.Read(dir)
	if err != nil {
		return models{}, err
	}
	if v != (variant{}) {
		return models{}, fmt.Errorf("%s is a trained model, which has no variants", dir)
	}
	x := model{Name: m.Name, Folder: dir, Macro: m.Macro, Skeleton: m.Skeleton(), Graphs: m.Graphs(),
		Image: supernet.Input{Height: m.Input.Height, Width: m.Input.Width, Channels: m.Input.Channels, Classes: len(m.Classes)}}
	known := map[string]registry.Op{}
	for _, op := range m.Operations {
		known[op.Name] = registry.Op{Name: op.Name, Family: op.Family, Plugin: registry.Plugin{SHA256: op.Checksum}}
	}
	for _, path := range m.Layers {
		var ops []registry.Op
		for _, b := range path {
			ops = append(ops, known[b.Op])
		}
		x.Ops = append(x.Ops, ops)
	}
	if t := m.Training; t != nil {
		x.Accuracy = accuracy{t.Test.Accuracy, "test images of " + t.Data}
	}
	return models{list: []model{x}}, nil
}

// modelsFile is the file to read: the one that is named, or the front of the run in the folder that is.
func modelsFile(what string) (string, error) {
	info, err := os.Stat(what)
	if errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("%s: no such file or run folder, and no published architecture: those are %s", what, strings.Join(publishedNames(), ", "))
	}
	if err != nil || !info.IsDir() {
		return what, err
	}
	path := filepath.Join(what, runs.FrontFile)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) && runs.Exists(what) {
		return "", fmt.Errorf("%s has no front yet: no round has come to its end", what)
	} else if errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("%s holds no run: it has no %s", what, runs.FrontFile)
	}
	return path, nil
}

// frontModels lays out a run's front with the pool and the configuration beside it.
func frontModels(ctx context.Context, path string, text []byte, v variant) (models, error) {
	var f runs.Front
	if err := json.Unmarshal(text, &f); err != nil {
		return models{}, locateJSON(path, text, err)
	}
	r, err := runs.Read(filepath.Dir(path))
	if err != nil {
		return models{}, err
	}
	defer r.Close()
	c, err := configOf(r)
	if err != nil {
		return models{}, err
	}
	if err := sameFront(r, f.Round, c.Search.Constraint.Kind.Unit(), path, text); err != nil {
		return models{}, err
	}
	v.apply(&c.Macro)
	needed, err := pluginsOf(r, f)
	if err != nil {
		return models{}, err
	}
	opened, found, err := recall(ctx, r, func(sha256 string) bool { return needed[sha256] })
	if err != nil {
		return models{}, err
	}
	m := models{pools: opened}
	for i, a := range f.Architectures {
		name := fmt.Sprintf("front-%d", i+1)
		x, err := frontModel(ctx, name, a, c.Macro, v.see(r.Info.Image), found)
		if err != nil {
			m.Close()
			return models{}, fmt.Errorf("%s: %s: %w", path, name, err)
		}
		if v == (variant{}) { // nothing is known of its other variants
			x.Accuracy = accuracy{a.Accuracy, "held-out images"}
			if c.Search.Constraint.Kind == evolve.Latency {
				x.Latency = a.Cost
			}
		}
		m.list = append(m.list, x)
	}
	return m, nil
}

// pluginsOf is the set of plugins, by checksum, whose operations a front uses.
func pluginsOf(r *runs.Run, f runs.Front) (map[string]bool, error) {
	ops, err := r.Ops()
	needed := map[string]bool{}
	for _, op := range ops {
		if slices.ContainsFunc(f.Architectures, func(a runs.Architecture) bool { return slices.Contains(slices.Concat(a.Ops...), op.Name) }) {
			needed[op.Checksum] = true
		}
	}
	return needed, err
}

// sameFront refuses a front that is not the one of the run.
func sameFront(r *runs.Run, round int, unit, path string, text []byte) error {
	rounds, err := r.Rounds()
	if err != nil {
		return err
	}
	i := slices.IndexFunc(rounds, func(x runs.Round) bool { return x.Round == round && x.Done })
	if i >= 0 {
		want, err := frontText(r, rounds[i], unit)
		if err != nil {
			return err
		}
		if bytes.Equal(text, want) {
			return nil
		}
	}
	return fmt.Errorf("%s is not the front of the run: nse resume %s writes it anew", path, r.Dir)
}

func frontModel(ctx context.Context, name string, a runs.Architecture, m supernet.Macro, image supernet.Input, pool map[string]registry.Op) (model, error) {
	ops, err := named(pool, a.Ops)
	if err != nil {
		return model{}, err
	}
	return layOutModel(ctx, name, m, image, ops)
}

// named finds operations by layer and name.
func named(pool map[string]registry.Op, names [][]string) ([][]registry.Op, error) {
	ops := make([][]registry.Op, len(names))
	for l, path := range names {
		for _, name := range path {
			op, known := pool[name]
			if !known {
				return nil, fmt.Errorf("layer %d: the pool has no operation %q", l, name)
			}
			ops[l] = append(ops[l], op)
		}
	}
	return ops, nil
}
