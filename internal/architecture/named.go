package architecture

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/internal/catalog"
	"github.com/nse-dev/nse/internal/runs"
	"github.com/nse-dev/nse/registry"
	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/supernet"
)

// runOf is the folder of the run that a file's architectures belong to: the one that the user says, that the file says,
// or in whose folder the file is. It is empty for a file that brings its own macro-architecture.
func (f *File) runOf(said string) string {
	switch {
	case said != "":
		return said
	case f.head.Run != "":
		return f.beside(f.head.Run)
	case f.own() || !runs.Exists(filepath.Dir(f.path)):
		return ""
	}
	return filepath.Dir(f.path)
}

// beside is a path of the file, which starts at the file's folder.
func (f *File) beside(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(filepath.Dir(f.path), path)
}

// named lays out the architectures of a file that names operations.
func (o Opener) named(ctx context.Context, f *File, said string, v Variant) (List, error) {
	dir := f.runOf(said)
	if dir == "" {
		return o.ownMacro(ctx, f, v)
	}
	r, err := runs.Read(dir)
	if err != nil {
		if said == "" && f.head.Run != "" {
			err = f.errorf(f.spot.Find("run"), "%w", err)
		}
		return List{}, err
	}
	defer r.Close()
	return o.ofRun(ctx, f, r, v)
}

// ownMacro lays out architectures of a file that brings its own macro-architecture.
func (o Opener) ownMacro(ctx context.Context, f *File, v Variant) (List, error) {
	if f.spot.Find("macro") == nil {
		return List{}, f.errorf(f.spot, `neither "run" nor "macro" says what its architectures are built of: `+
			`add one of them, or name a run beside the file`)
	}
	v.apply(&f.head.Macro)
	in := v.see(Variant{Input: f.head.Input}.see(imagenet))
	s, err := f.macro(in)
	if err != nil {
		return List{}, err
	}
	pools, ops, err := o.pool(ctx, f)
	if err != nil {
		return List{}, err
	}
	list, err := f.layOut(ctx, f.head.Macro, in, s.Layers, ops)
	if err != nil {
		pools.Close()
		return List{}, err
	}
	return List{Plans: list, Pools: pools}, nil
}

// pool opens the pool of a file: a pool file, or shipped ones. Without either it is the 27 operations.
func (o Opener) pool(ctx context.Context, f *File) (catalog.Pools, []registry.Op, error) {
	if f.head.Pool != "" {
		p, err := registry.Load(ctx, f.beside(f.head.Pool), o.Plugins)
		if err != nil {
			return nil, nil, err
		}
		return catalog.Pools{p}, p.Ops, nil
	}
	s := shelf{opener: o, ops: map[string][]registry.Op{}}
	space := f.head.Space
	if space == "" {
		space = "27"
	}
	ops, err := s.space(ctx, space)
	if err != nil {
		s.open.Close()
		if at := f.spot.Find("space"); at != nil {
			err = f.errorf(at, "%w", err)
		}
		return nil, nil, err
	}
	return s.open, ops, nil
}

// layOut lays out the architectures of the file with the operations of a pool.
func (f *File) layOut(
	ctx context.Context, m supernet.Macro, in supernet.Input, layers []sdk.Layer, pool []registry.Op,
) (list []Plan, err error) {
	names := make([]string, len(pool))
	for i, op := range pool {
		names[i] = op.Name
	}
	for i, a := range f.list {
		places, err := f.places(i, layers, names)
		if err != nil {
			return nil, err
		}
		ops := make([][]registry.Op, len(places))
		for l, path := range places {
			for _, at := range path {
				ops[l] = append(ops[l], pool[at])
			}
		}
		p, err := layOut(ctx, a.Name, m, in, ops)
		if err != nil {
			return nil, f.errorf(f.spot.Find("architectures").Items[i], "%s: %w", a.Name, err)
		}
		list = append(list, p)
	}
	return list, nil
}

// ofRun lays out architectures of a file with the macro-architecture and the operations of a run.
func (o Opener) ofRun(ctx context.Context, f *File, r *runs.Run, v Variant) (List, error) {
	c, err := r.Config()
	if err != nil {
		return List{}, err
	}
	if err := f.fits(c.Macro, r.Dir); err != nil {
		return List{}, err
	}
	v.apply(&c.Macro)
	in := v.see(r.Info.Image)
	s, err := c.Macro.Skeleton(in)
	if err != nil {
		return List{}, err
	}
	used, pool, err := f.poolOf(r, s.Layers)
	if err != nil {
		return List{}, err
	}
	opened, found, err := catalog.Recall(ctx, r, o.Plugins, used)
	if err != nil {
		return List{}, err
	}
	for i, op := range pool {
		if _, ok := found[op.Name]; ok {
			pool[i] = found[op.Name]
		}
	}
	list := List{Pools: opened}
	if list.Plans, err = f.layOut(ctx, c.Macro, in, s.Layers, pool); err == nil && v == (Variant{}) {
		err = f.recognise(list.Plans, r, c.Search.Constraint.Kind)
	}
	if err != nil {
		list.Close()
		return List{}, err
	}
	return list, nil
}

// poolOf lists the operations of a run: those that the file uses, as the run keeps them, and all by their names.
func (f *File) poolOf(r *runs.Run, layers []sdk.Layer) (used runs.Ops, pool []registry.Op, err error) {
	ops, err := r.Ops()
	if err != nil {
		return nil, nil, err
	}
	archs, err := f.archs(layers, ops)
	if err != nil {
		return nil, nil, err
	}
	for _, op := range ops {
		pool = append(pool, registry.Op{Name: op.Name})
		uses := func(a evolve.Arch) bool { return slices.Contains(slices.Concat(a...), evolve.OpID(op.ID)) }
		if slices.ContainsFunc(archs, uses) {
			used = append(used, op)
		}
	}
	return used, pool, nil
}

// archs are the architectures of the file by the ids of a run's operations.
func (f *File) archs(layers []sdk.Layer, ops runs.Ops) (list []evolve.Arch, err error) {
	names := make([]string, len(ops))
	for i, op := range ops {
		names[i] = op.Name
	}
	for i := range f.list {
		places, err := f.places(i, layers, names)
		if err != nil {
			return nil, err
		}
		a := make(evolve.Arch, len(places))
		for l, path := range places {
			a[l] = evolve.Path{}
			for _, id := range path {
				a[l] = append(a[l], evolve.OpID(id))
			}
		}
		list = append(list, a)
	}
	return list, nil
}

// fits refuses a run whose macro-architecture is not the one that the file gives.
func (f *File) fits(m supernet.Macro, run string) error {
	at := f.spot.Find("macro")
	if at != nil && !reflect.DeepEqual(f.head.Macro.Canonical(), m.Canonical()) {
		return f.errorf(at, "this macro-architecture is not that of the run %s", run)
	}
	return nil
}

// recognise enters the accuracies that a run has measured of plans in the file's round.
func (f *File) recognise(list []Plan, r *runs.Run, kind evolve.CostKind) error {
	scored, err := r.Architectures(f.head.Round)
	if err != nil {
		return err
	}
	known := map[string]runs.Architecture{}
	for _, a := range scored {
		known[key(a.Ops)] = a
	}
	for i, p := range list {
		names := make([][]string, len(p.Ops))
		for l, path := range p.Ops {
			for _, op := range path {
				names[l] = append(names[l], op.Name)
			}
		}
		if a, ok := known[key(names)]; ok {
			list[i].measured(a, kind)
		}
	}
	return nil
}

// key is equal for equal operations by layer only.
func key(ops [][]string) string {
	layers := make([][]string, len(ops))
	for l, path := range ops {
		layers[l] = append([]string{}, path...)
	}
	text, _ := json.Marshal(layers) // texts always have a form in JSON
	return string(text)
}

// measured enters what a search has measured of the plan.
func (p *Plan) measured(a runs.Architecture, kind evolve.CostKind) {
	p.Accuracy = Accuracy{a.Accuracy, "held-out images", runs.Weights(a.Epochs)}
	if kind == evolve.Latency {
		p.Latency = a.Cost
	}
}

// Archs are the architectures of a file in the terms of a run, by the ids of its operations. m and layers are those of
// the run's network. A file with a macro-architecture of its own that is another one is an error.
func (f *File) Archs(r *runs.Run, m supernet.Macro, layers []sdk.Layer) ([]evolve.Arch, error) {
	if err := f.fits(m, r.Dir); err != nil {
		return nil, err
	}
	ops, err := r.Ops()
	if err != nil {
		return nil, err
	}
	return f.archs(layers, ops)
}

// Held refuses Archs that use an operation of which a supernet has no weights in that layer. held lists those that it
// has, by layer. A nil held has all.
func (f *File) Held(r *runs.Run, archs []evolve.Arch, held []evolve.Path) error {
	ops, err := r.Ops()
	if err != nil || held == nil {
		return err
	}
	for i, a := range archs {
		for l, path := range a {
			for _, id := range path {
				if !slices.Contains(held[l], id) {
					return f.lacks(i, l, ops[id].Name, ops, held[l])
				}
			}
		}
	}
	return nil
}

// lacks is the error about an operation that a supernet does not hold in a layer.
func (f *File) lacks(i, l int, op string, ops runs.Ops, held evolve.Path) error {
	at := f.spot.Find("architectures").Items[i].Find("ops").Items[l]
	at = at.Items[slices.Index(f.list[i].Ops[l], op)]
	has := "it has none there"
	if len(held) > 0 {
		names := make([]string, len(held))
		for n, id := range held {
			names[n] = ops[id].Name
		}
		has = "it has " + strings.Join(names, ", ")
	}
	return f.errorf(at, "%s: layer %d: the run's supernet does not hold %s: %s", f.list[i].Name, l, op, has)
}

// Names lists the names of the file's architectures.
func (f *File) Names() (names []string) {
	for _, a := range f.list {
		names = append(names, a.Name)
	}
	return names
}

// frontName is the name of an architecture of the last front, by its place from 0.
func frontName(i int) string { return fmt.Sprintf("front-%d", i+1) }
