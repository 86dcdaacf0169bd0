package architecture

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/internal/catalog"
	"github.com/nse-dev/nse/internal/file"
	"github.com/nse-dev/nse/internal/jsontext"
	"github.com/nse-dev/nse/internal/modelfile"
	"github.com/nse-dev/nse/internal/runs"
	"github.com/nse-dev/nse/registry"
	"github.com/nse-dev/nse/supernet"
)

// ErrForeignFront says that a front.json is not the front of the run in its folder.
var ErrForeignFront = errors.New("is not the front of the run")

// Opener opens architectures from all sources.
type Opener struct {
	Shipped fs.FS            // the pools that published architectures number their operations in
	Plugins registry.Options // how plugins are run
}

// Open lists the architectures that what names: a published one by its name, or those At a path. A published name wins
// over a path. Close the list after use.
func (o Opener) Open(ctx context.Context, what string, v Variant) (List, error) {
	if a, known := publishedNamed(what); known {
		return o.published(ctx, what, []published{a}, v)
	}
	return o.At(ctx, what, v)
}

// At lists the architectures at a path: a run's last front, a model's folder, a front.json, or a file of architectures.
// Errors start with the path. Close the list after use.
func (o Opener) At(ctx context.Context, path string, v Variant) (List, error) {
	if modelfile.Exists(path) {
		return modelAt(path, v)
	}
	path, err := listFile(path)
	if err != nil {
		return List{}, err
	}
	text, err := file.ReadText(path)
	if err != nil {
		return List{}, err
	}
	var keys map[string]json.RawMessage
	if err := json.Unmarshal(text, &keys); err != nil {
		return List{}, jsontext.Locate(path, text, err)
	}
	if keys["architectures"] == nil {
		return List{}, fmt.Errorf(`%s: not a list of architectures: there is no "architectures"`, path)
	}
	if keys["round"] != nil {
		return o.front(ctx, path, text, v)
	}
	list, err := parsePublished(path, text)
	if err != nil {
		return List{}, err
	}
	return o.published(ctx, path, list, v)
}

// modelAt is the model in a folder, with graphs and names of operations but no plugins.
func modelAt(dir string, v Variant) (List, error) {
	m, err := modelfile.Read(dir)
	if err != nil {
		return List{}, err
	}
	if v != (Variant{}) {
		return List{}, fmt.Errorf("%s is a trained model, which has no variants", dir)
	}
	p := Plan{Name: m.Name, Folder: dir, Macro: m.Macro, Skeleton: m.Skeleton(), Graphs: m.Graphs(),
		Input: supernet.Input{Height: m.Input.Height, Width: m.Input.Width, Channels: m.Input.Channels,
			Classes: len(m.Classes)}}
	known := map[string]registry.Op{}
	for _, op := range m.Operations {
		known[op.Name] = registry.Op{Name: op.Name, Family: op.Family, Plugin: registry.Plugin{SHA256: op.Checksum}}
	}
	for _, path := range m.Layers {
		var ops []registry.Op
		for _, b := range path {
			ops = append(ops, known[b.Op])
		}
		p.Ops = append(p.Ops, ops)
	}
	if t := m.Training; t != nil {
		p.Accuracy = Accuracy{t.Test.Accuracy, "test images of " + t.Data}
	}
	return List{Plans: []Plan{p}}, nil
}

// listFile is the file to read: the one that is named, or the front of the run in the folder that is.
func listFile(what string) (string, error) {
	info, err := os.Stat(what)
	if errors.Is(err, fs.ErrNotExist) {
		return "", noSource(what)
	}
	if err != nil || !info.IsDir() {
		return what, err
	}
	path := filepath.Join(what, runs.FrontFile)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) && runs.Exists(what) {
		return "", runs.NoFront(what + " has no front yet: no round has come to its end")
	} else if errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("%s %w: it has no %s", what, runs.ErrNoRun, runs.FrontFile)
	}
	return path, nil
}

// noSource says that a name is neither a path nor a published architecture's. It is runs.ErrNoRun too.
type noSource string

func (n noSource) Error() string {
	return string(n) + ": no such file or run folder, and no published architecture: those are " +
		strings.Join(publishedNames(), ", ")
}

func (noSource) Is(target error) bool { return target == runs.ErrNoRun }

// front lays out a run's front with the pools and the configuration beside it.
func (o Opener) front(ctx context.Context, path string, text []byte, v Variant) (List, error) {
	var f runs.Front
	if err := json.Unmarshal(text, &f); err != nil {
		return List{}, jsontext.Locate(path, text, err)
	}
	r, err := runs.Read(filepath.Dir(path))
	if err != nil {
		return List{}, err
	}
	defer r.Close()
	c, err := r.Config()
	if err != nil {
		return List{}, err
	}
	if err := sameFront(r, f.Round, c.Search.Constraint.Kind.Unit(), path, text); err != nil {
		return List{}, err
	}
	v.apply(&c.Macro)
	needed, err := opsOf(r, f)
	if err != nil {
		return List{}, err
	}
	opened, found, err := catalog.Recall(ctx, r, o.Plugins, needed)
	if err != nil {
		return List{}, err
	}
	list := List{Pools: opened}
	for i, a := range f.Architectures {
		name := fmt.Sprintf("front-%d", i+1)
		p, err := frontPlan(ctx, name, a, c.Macro, v.see(r.Info.Image), found)
		if err != nil {
			list.Close()
			return List{}, fmt.Errorf("%s: %s: %w", path, name, err)
		}
		if v == (Variant{}) { // nothing is known of its other variants
			p.Accuracy = Accuracy{a.Accuracy, "held-out images"}
			if c.Search.Constraint.Kind == evolve.Latency {
				p.Latency = a.Cost
			}
		}
		list.Plans = append(list.Plans, p)
	}
	return list, nil
}

// opsOf lists the operations of a run that a front uses.
func opsOf(r *runs.Run, f runs.Front) (runs.Ops, error) {
	ops, err := r.Ops()
	return slices.DeleteFunc(ops, func(op runs.Op) bool {
		uses := func(a runs.Architecture) bool { return slices.Contains(slices.Concat(a.Ops...), op.Name) }
		return !slices.ContainsFunc(f.Architectures, uses)
	}), err
}

// sameFront refuses a front.json that is not the front of a round of its run.
func sameFront(r *runs.Run, round int, unit, path string, text []byte) error {
	rounds, err := r.Rounds()
	if err != nil {
		return err
	}
	i := slices.IndexFunc(rounds, func(x runs.Round) bool { return x.Round == round && x.Done })
	if i >= 0 {
		f, err := r.Front(rounds[i], unit)
		if err != nil {
			return err
		}
		want, err := f.Encode()
		if err != nil || bytes.Equal(text, want) {
			return err
		}
	}
	return fmt.Errorf("%s %w: nse resume %s writes it anew", path, ErrForeignFront, r.Dir)
}

func frontPlan(
	ctx context.Context, name string, a runs.Architecture, m supernet.Macro, in supernet.Input,
	pool map[string]registry.Op,
) (Plan, error) {
	ops, err := named(pool, a.Ops)
	if err != nil {
		return Plan{}, err
	}
	return layOut(ctx, name, m, in, ops)
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
