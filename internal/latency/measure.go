package latency

import (
	"context"
	"slices"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/internal/random"
	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/supernet"
)

// Operation is an operation of a pool as a table tells it from others.
type Operation struct {
	Name   string
	Graphs []string // by layer: fingerprints, equal where graph and input are
}

// Missing lists by layer, as indices into ops, what has to be measured before the table has all of ops. Of several
// operations with equal fingerprints it lists the first. n counts the list.
func (t Table) Missing(ops []Operation) (subset []evolve.Path, n int) {
	known := t.known()
	subset = make([]evolve.Path, len(t.Layers))
	for l := range t.Layers {
		for i, op := range ops {
			if _, have := known[op.Graphs[l]]; !have {
				known[op.Graphs[l]] = Time{}
				subset[l] = append(subset[l], evolve.OpID(i))
				n++
			}
		}
	}
	return subset, n
}

// known is the times in the table by fingerprint.
func (t Table) known() map[string]Time {
	known := map[string]Time{}
	for _, l := range t.Layers {
		for _, e := range l.Ops {
			known[e.Graph] = e.Time
		}
	}
	return known
}

// Measure returns the table with all of ops, and leaves t as it is. The places of operations in the list are their ids
// in net. Measure times what is missing, and for a new table the stem, the head and the means too. An operation
// replaces one with the same name and another graph.
//
// slowdown is how many times as long the reference network takes as it took for the table. New times are divided by it.
// It is 1 for a new table, and where nothing was missing.
func (t Table) Measure(
	ctx context.Context, m Meter, net *supernet.Net, s supernet.Skeleton, ops []Operation,
) (_ Table, slowdown float64, err error) {
	t.Layers = slices.Clone(t.Layers)
	known, slowdown := t.known(), 1.
	if subset, n := t.Missing(ops); n > 0 {
		if slowdown, err = t.measure(ctx, m, net, s, ops, subset, known); err != nil {
			return t, 0, err
		}
	}
	t.add(ops, known)
	return t, slowdown, nil
}

// measure adds the times of a subset of ops to those that are known by fingerprint.
func (t *Table) measure(
	ctx context.Context, m Meter, net *supernet.Net, s supernet.Skeleton, ops []Operation, subset []evolve.Path,
	known map[string]Time,
) (slowdown float64, err error) {
	fresh := t.Reference.Time == Time{}
	if err := net.Fill(subset); err != nil {
		return 0, err
	}
	b := bench{net.Inference(t.Batch), noise(t.Batch * largest(s))}
	groups, keys := b.operations(s, t.Batch, ops, subset)
	if fresh {
		groups = append(groups, b.fixed(s, t.Batch))
	}
	times, reference, err := m.Sweep(ctx, groups)
	if err != nil {
		return 0, err
	}
	if fresh {
		t.Reference.Time = reference
		t.setFixed(times[len(keys)])
	}
	slowdown = t.Reference.slowdown(reference)
	for g := range keys {
		for i, key := range keys[g] {
			known[key] = times[g][i].times(1 / slowdown)
		}
	}
	return slowdown, nil
}

// add enters every operation under its name with the time of its graph.
func (t *Table) add(ops []Operation, known map[string]Time) {
	for l := range t.Layers {
		layer := &t.Layers[l]
		layer.Ops = slices.Clone(layer.Ops)
		for _, op := range ops {
			e := Entry{op.Name, op.Graphs[l], known[op.Graphs[l]]}
			if i := layer.find(op.Name); i >= 0 {
				layer.Ops[i] = e
				continue
			}
			layer.Ops = append(layer.Ops, e)
		}
	}
}

// bench is a net with numbers to run it on.
type bench struct {
	supernet.Inference
	x []float32 // enough for every input
}

// branches is about the number of branches that a layer has where a search trains it.
const branches = 3

// operations runs a subset of ops in groups that are as large as networks, so that each finds the caches as it does in
// one. A group has a few operations of every layer, from all over the pool. keys are their fingerprints.
func (b bench) operations(
	s supernet.Skeleton, batch int, ops []Operation, subset []evolve.Path,
) (groups [][]func() error, keys [][]string) {
	most := 0
	for _, path := range subset {
		most = max(most, len(path))
	}
	n := (most + branches - 1) / branches
	groups, keys = make([][]func() error, n), make([][]string, n)
	for l, path := range subset {
		x := b.x[:batch*s.Layers[l].Input().Size()]
		for i, op := range path {
			g := i % n
			groups[g] = append(groups[g], func() error { return only(b.Operation(l, op, x)) })
			keys[g] = append(keys[g], ops[op].Graphs[l])
		}
	}
	return groups, keys
}

// fixed runs the stem, the head and the join of each layer.
func (b bench) fixed(s supernet.Skeleton, batch int) []func() error {
	runs := []func() error{
		func() error { return only(b.Stem(b.x[:batch*s.Stem.In.Size()])) },
		func() error { return only(b.Head(b.x[:batch*s.Head.In.Size()])) },
	}
	for l, layer := range s.Layers {
		var of [branches][]float32
		for i := range of {
			of[i] = slices.Clone(b.x[:batch*layer.Output().Size()])
		}
		runs = append(runs, func() error { return only(b.Join(l, of[:]...)) })
	}
	return runs
}

// setFixed takes the times of what fixed runs.
func (t *Table) setFixed(times []Time) {
	t.Stem, t.Head = times[0], times[1]
	for l := range t.Layers {
		t.Layers[l].Branch = times[2+l].times(1. / branches)
	}
}

// Networks measures whole architectures, and the reference network beside them. Architectures consist of operations of
// net's subset, and run on batches of images. An operation that net does not have is an error.
func (m Meter) Networks(
	ctx context.Context, net *supernet.Net, image sdk.Shape, batch int, archs []evolve.Arch,
) (list []Time, reference Time, err error) {
	groups := make([][]func() error, len(archs))
	for i, a := range archs {
		groups[i] = []func() error{Network(net, image, batch, a)}
	}
	times, reference, err := m.Sweep(ctx, groups)
	return slices.Concat(times...), reference, err
}

// Network is a function that runs an architecture of operations in net's subset on a batch of images. It is for one
// goroutine.
func Network(net *supernet.Net, image sdk.Shape, batch int, a evolve.Arch) func() error {
	run, x := net.Inference(batch), noise(batch*image.Size())
	return func() error { return only(run.Network(a, x)) }
}

func only(_ []float32, err error) error { return err }

// largest is the size of the network's largest activation for one image.
func largest(s supernet.Skeleton) int {
	size := max(s.Stem.In.Size(), s.Head.In.Size())
	for _, l := range s.Layers {
		size = max(size, l.Input().Size(), l.Output().Size())
	}
	return size
}

// noise is numbers like those of images.
func noise(n int) []float32 {
	r := random.New(1, "latency", 0, 0, 0)
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(r.NormFloat64())
	}
	return x
}
