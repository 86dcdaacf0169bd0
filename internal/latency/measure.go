package latency

import (
	"context"
	"slices"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/supernet"
)

// Operation is an operation of a pool as a table tells it from others.
type Operation struct {
	Name   string
	Graphs []string // by layer: fingerprints, equal where graph and input are
}

// Missing lists by layer, as indices into ops, what has to be measured before the table has all of ops: one of several
// with equal fingerprints.
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

// Measure returns the table with all of ops, whose places in the list are their ids in net. It measures what is missing, of
// a new table the stem, the head and the means too. An operation takes the place of one with its name and another graph.
func (t Table) Measure(ctx context.Context, m Meter, net *supernet.Net, s supernet.Skeleton, ops []Operation) (Table, error) {
	fresh := t.Stem == Time{}
	t.Layers = slices.Clone(t.Layers)
	subset, _ := t.Missing(ops)
	if err := net.Fill(subset); err != nil {
		return t, err
	}
	b := bench{net.Inference(t.Batch), noise(t.Batch * largest(s))}
	var runs []func() error
	if fresh {
		runs = b.fixed(s, t.Batch)
	}
	for l, path := range subset {
		for _, op := range path {
			x := b.x[:t.Batch*s.Layers[l].Input().Size()]
			runs = append(runs, func() error { return only(b.Operation(l, op, x)) })
		}
	}
	times, err := m.Sweep(ctx, runs)
	if err != nil {
		return t, err
	}
	if fresh {
		times = t.setFixed(times)
	}
	t.add(ops, subset, times)
	return t, nil
}

// add enters the times of subset, and under its name every operation with such a graph.
func (t *Table) add(ops []Operation, subset []evolve.Path, times []Time) {
	known := t.known()
	for l, path := range subset {
		for _, op := range path {
			known[ops[op].Graphs[l]], times = times[0], times[1:]
		}
	}
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

// branches is the number of branches for which the mean is measured: about what a layer has where a search trains it.
const branches = 3

// fixed runs the stem, the head and the mean of each layer.
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
		runs = append(runs, func() error { return only(b.Mean(l, of[:]...)) })
	}
	return runs
}

// setFixed takes the times of what fixed runs, and returns the others.
func (t *Table) setFixed(times []Time) []Time {
	t.Stem, t.Head = times[0], times[1]
	times = times[2:]
	for l := range t.Layers {
		t.Layers[l].Branch, times = times[0].times(1./branches), times[1:]
	}
	return times
}

// Networks measures whole architectures, of operations in net's subset, on batches of images.
func (m Meter) Networks(ctx context.Context, net *supernet.Net, image sdk.Shape, batch int, archs []evolve.Arch) ([]Time, error) {
	run, x := net.Inference(batch), noise(batch*image.Size())
	runs := make([]func() error, len(archs))
	for i, a := range archs {
		runs[i] = func() error { return only(run.Network(a, x)) }
	}
	return m.Sweep(ctx, runs)
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
	r := evolve.Rand(1, "latency", 0, 0, 0)
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(r.NormFloat64())
	}
	return x
}
