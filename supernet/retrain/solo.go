package retrain

import (
	"context"
	"fmt"
	"slices"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/internal/safetensors"
	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/supernet"
	"github.com/nse-dev/nse/supernet/data"
)

// Solo trains architectures of a pool from scratch on the training part of a source, one at a time. It implements
// evolve.Solo, evolve.Metered and a part of evolve.Priced. Results depend on the architecture, the cycles, the source,
// the configuration and the seed alone. It belongs to one goroutine, and holds nothing that must be closed.
type Solo struct {
	skeleton supernet.Skeleton
	build    supernet.Builder
	set      *data.Set // Train is the source's training part
	held     data.Split
	config   Config
	images   int // for the statistics of BN
	seed     uint64
	workers  int
	kept     []kept // the oldest first
	spent    evolve.Ledger
}

// kept is a checkpoint at the end of a cycle.
type kept struct {
	key   string // of the architecture and the cycles
	state safetensors.File
}

// mostKept is how many bytes of tensors are kept. What finds no room is trained again when it is to go on.
const mostKept = 1 << 30

var _ evolve.Solo = (*Solo)(nil)

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
	c.Epochs = epochs
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

// Alone implements evolve.Solo. An architecture that the network cannot run is an error.
func (e *Solo) Alone(ctx context.Context, a evolve.Arch, ends []int) (accuracy float64, err error) {
	t, err := e.train(ctx, a, ends)
	if err != nil {
		return 0, err
	}
	defer t.Close()
	r, err := t.measure(ctx, e.held)
	return r.Accuracy, err
}

// Measured is what an architecture that was trained alone makes of images.
type Measured struct {
	Held, Test supernet.Result
}

// Measure trains as Alone does, and measures on held-out and on test images. It is for tables of true accuracies: no
// search may see test images.
func (e *Solo) Measure(ctx context.Context, a evolve.Arch, ends []int) (r Measured, err error) {
	t, err := e.train(ctx, a, ends)
	if err != nil {
		return r, err
	}
	defer t.Close()
	if r.Held, err = t.measure(ctx, e.held); err != nil {
		return r, err
	}
	r.Test, err = t.measure(ctx, e.set.Test)
	return r, err
}

// train trains to the end of the last cycle, from the end of the one before where that was kept, and recalibrates. The
// ledger gets the last cycle: those before were counted when they were asked for. The caller closes the trainer.
func (e *Solo) train(ctx context.Context, a evolve.Arch, ends []int) (t *Trainer, err error) {
	if len(ends) == 0 {
		return nil, fmt.Errorf("retrain: no cycle to train")
	}
	for i, end := range ends {
		if end < 1 || i > 0 && end <= ends[i-1] {
			return nil, fmt.Errorf("retrain: cycles that end after %v epochs: want ascending numbers from 1", ends)
		}
	}
	if t, err = e.trainer(a, ends); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			t.Close()
		}
	}()
	for t.Step < t.Steps {
		if ctx.Err() != nil {
			return t, ctx.Err()
		}
		if _, _, err := t.Update(); err != nil {
			return t, err
		}
	}
	e.keep(key(a, ends), t.checkpoint())
	last := t.cycles[len(t.cycles)-1]
	steps := last.to - last.from
	e.spent.Alone += e.macs(a, steps)
	e.spent.TrainImages += int64(steps * t.config.Batch)
	return t, t.calibrate(ctx, e.images)
}

// trainer is at the end of the last cycle but one where that was kept, and otherwise at the start.
func (e *Solo) trainer(a evolve.Arch, ends []int) (*Trainer, error) {
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
	t, err := newTrainer(e.skeleton, graphs, e.set, c, ends, e.seed, e.workers)
	if err != nil {
		return nil, err
	}
	before := key(a, ends[:len(ends)-1])
	if i := slices.IndexFunc(e.kept, func(k kept) bool { return k.key == before }); i >= 0 {
		if err := t.Restore(&e.kept[i].state); err != nil {
			t.Close()
			return nil, err
		}
		e.kept = slices.Delete(e.kept, i, i+1)
	}
	return t, nil
}

// key is equal for equal architectures after equal cycles only.
func key(a evolve.Arch, ends []int) string { return fmt.Sprint(a, ends) }

// keep keeps a checkpoint, once for each key, and forgets the oldest where there are too many bytes.
func (e *Solo) keep(key string, state safetensors.File) {
	e.kept = slices.DeleteFunc(e.kept, func(k kept) bool { return k.key == key })
	e.kept = append(e.kept, kept{key, state})
	total := 0
	for i, k := range slices.Backward(e.kept) {
		for _, t := range k.state.Tensors {
			total += len(t.Data)
		}
		if total > mostKept {
			e.kept = slices.Delete(e.kept, 0, i+1)
			return
		}
	}
}
