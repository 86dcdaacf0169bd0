package retrain

import (
	"context"
	"errors"
	"fmt"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/supernet"
	"github.com/nse-dev/nse/supernet/data"
)

// Solo trains architectures of a pool from scratch on the training part of a source. It implements evolve.Ahead,
// evolve.Metered and a part of evolve.Priced. Results depend on the architecture, the cycles, the source, the
// configuration and the seed alone. It belongs to one goroutine, and holds nothing that must be closed.
type Solo struct {
	skeleton supernet.Skeleton
	build    supernet.Builder
	set      *data.Set // Train is the source's training part
	held     data.Split
	config   Config
	images   int // for the statistics of BN
	seed     uint64
	workers  int
	kept     store
	spent    evolve.Ledger
	lanes    lanes
}

var _ evolve.Ahead = (*Solo)(nil)

// NewSolo prepares training by c, whose Epochs and EMA do not count: calls say the epochs, and the last weights are
// measured. BN statistics are taken from so many images. workers is the number of goroutines that compute, 0 one for
// each core.
func NewSolo(
	s supernet.Skeleton, build supernet.Builder, source supernet.Source, c Config, images int, seed uint64, workers int,
) *Solo {
	set := *source.Set
	set.Train = source.Train
	c.EMA = 0
	return &Solo{skeleton: s, build: build, set: &set, held: source.Held, config: c, images: images, seed: seed,
		workers: workers}
}

// Spent implements evolve.Metered.
func (e *Solo) Spent() evolve.Ledger { return e.spent }

// AloneMACs implements evolve.Priced: training, recalibration and held-out images. A backward pass counts twice.
func (e *Solo) AloneMACs(a evolve.Arch, epochs int) float64 {
	c := e.config
	c.Epochs, c.Batch = epochs, min(c.Batch, e.set.Train.Len())
	return e.macs(a, c.train().Steps(e.set.Train.Len()))
}

// macs is the price of so many steps, of recalibration and of held-out images.
func (e *Solo) macs(a evolve.Arch, steps int) float64 {
	n := e.skeleton.Fixed()
	for l, path := range a {
		for _, op := range path {
			if g, err := e.build(op, e.skeleton.Layers[l]); err == nil {
				n = n.Plus(g.Count())
			}
		}
	}
	batch := min(e.config.Batch, e.set.Train.Len())
	return float64(n.MACs) * float64(3*steps*batch+min(e.images, e.set.Train.Len())+e.held.Len())
}

// Alone implements evolve.Solo. An architecture that the network cannot run is an error. It is an *evolve.Broken if an
// operation fails.
func (e *Solo) Alone(ctx context.Context, a evolve.Arch, ends []int) (accuracy float64, err error) {
	l, ahead := e.lanes.take(key(a, ends))
	if !ahead {
		l.accuracy, l.spent, l.err = e.alone(ctx, a, ends, e.workers)
	}
	if l.err != nil {
		return 0, l.err
	}
	e.spent = e.spent.Plus(l.spent)
	return l.accuracy, nil
}

// alone trains and measures on held-out images, and says what that took.
func (e *Solo) alone(
	ctx context.Context, a evolve.Arch, ends []int, workers int,
) (accuracy float64, spent evolve.Ledger, err error) {
	defer func() {
		if b, broken := errors.AsType[*evolve.Broken](err); broken { // the trainer numbers each layer's operations
			err = &evolve.Broken{Op: a[b.Layer][b.Op], Layer: b.Layer, Err: b.Err}
		}
	}()
	t, spent, err := e.train(ctx, a, ends, workers)
	if err != nil {
		return 0, spent, err
	}
	defer t.Close()
	r, err := t.measure(ctx, e.held)
	return r.Accuracy, spent, err
}

// Measured is what an architecture that was trained alone makes of images.
type Measured struct {
	Held, Test supernet.Result
}

// Measure trains as Alone does, and measures on held-out and on test images. It is for tables of true accuracies: no
// search may see test images.
func (e *Solo) Measure(ctx context.Context, a evolve.Arch, ends []int) (r Measured, err error) {
	t, spent, err := e.train(ctx, a, ends, e.workers)
	if err != nil {
		return r, err
	}
	defer t.Close()
	e.spent = e.spent.Plus(spent)
	if r.Held, err = t.measure(ctx, e.held); err != nil {
		return r, err
	}
	r.Test, err = t.measure(ctx, e.set.Test)
	return r, err
}

// train trains to the end of the last cycle, from the end of the one before where that was kept, and recalibrates. It
// takes the last cycle as spent: those before were counted when they were asked for. The caller closes the trainer.
func (e *Solo) train(
	ctx context.Context, a evolve.Arch, ends []int, workers int,
) (t *Trainer, spent evolve.Ledger, err error) {
	if len(ends) == 0 {
		return nil, spent, fmt.Errorf("retrain: no cycle to train")
	}
	for i, end := range ends {
		if end < 1 || i > 0 && end <= ends[i-1] {
			return nil, spent, fmt.Errorf("retrain: cycles that end after %v epochs: want ascending numbers from 1",
				ends)
		}
	}
	if t, err = e.trainer(a, ends, workers); err != nil {
		return nil, spent, err
	}
	defer func() {
		if err != nil {
			t.Close()
		}
	}()
	for t.Step < t.Steps {
		if ctx.Err() != nil {
			return t, spent, ctx.Err()
		}
		if _, _, err := t.Update(); err != nil {
			return t, spent, err
		}
	}
	e.kept.put(key(a, ends), t.checkpoint())
	last := t.cycles[len(t.cycles)-1]
	steps := last.to - last.from
	spent = evolve.Ledger{Alone: e.macs(a, steps), TrainImages: int64(steps * t.config.Batch)}
	return t, spent, t.calibrate(ctx, e.images)
}

// trainer is at the end of the last cycle but one where that was kept, and otherwise at the start.
func (e *Solo) trainer(a evolve.Arch, ends []int, workers int) (*Trainer, error) {
	if len(a) != len(e.skeleton.Layers) {
		return nil, fmt.Errorf("retrain: an architecture of %d layers for a network of %d",
			len(a), len(e.skeleton.Layers))
	}
	graphs := make([][]*sdk.Graph, len(a))
	for l, path := range a {
		for _, op := range path {
			g, err := e.build(op, e.skeleton.Layers[l])
			if err != nil {
				return nil, err
			}
			graphs[l] = append(graphs[l], g)
		}
	}
	c := e.config
	c.Epochs = ends[len(ends)-1]
	t, err := newTrainer(e.skeleton, graphs, e.set, c, ends, e.seed, workers)
	if err != nil {
		return nil, err
	}
	if state, found := e.kept.take(key(a, ends[:len(ends)-1])); found {
		if err := t.Restore(&state); err != nil {
			t.Close()
			return nil, err
		}
	}
	return t, nil
}

// key is equal for equal architectures after equal cycles only.
func key(a evolve.Arch, ends []int) string { return fmt.Sprint(a, ends) }
