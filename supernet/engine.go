package supernet

import (
	"context"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/internal/random"
	"github.com/nse-dev/nse/supernet/data"
)

// Engine trains and scores a supernet on a data set. It implements evolve.Engine. All methods belong to one goroutine.
// Close it after use.
type Engine struct {
	net      *Net
	training TrainConfig
	scoring  ScoreConfig
	source   Source
	sample   data.Split // training images for recalibration
	prices   map[place]int64

	round         int // that the loaders are for; 0: none yet
	weights, held *data.Loader
}

// Source is the data of a search. Weights are trained on Train. Fitness is trained on Held, which no weight ever sees.
type Source struct {
	Set         *data.Set
	Train, Held data.Split
	Augment     data.Augment // of training images
}

var _ evolve.Engine = (*Engine)(nil)

// NewEngine makes net the supernet of a search on source. The engine owns net from then on, and closes it. Equal
// arguments give equal results, to the bit.
func NewEngine(net *Net, source Source, t TrainConfig, s ScoreConfig) *Engine {
	return &Engine{net: net, training: t, scoring: s, source: source, sample: source.Train.Sample(s.Images, net.seed),
		prices: map[place]int64{}}
}

// Close stops all goroutines.
func (e *Engine) Close() {
	e.closeLoaders()
	e.net.Close()
}

// Begin implements evolve.Engine: it makes subset the operations of the layers. Rounds count from 1. Weights are drawn
// from the seed, the round, the layer and the operation. With KeepWeights, operations of the round before keep theirs.
func (e *Engine) Begin(round int, subset []evolve.Path) error {
	return e.net.begin(round, subset, e.training.KeepWeights)
}

// Train implements evolve.Engine: one SGD step of the weights on the path of a (3.2.2). It returns the mean
// cross-entropy of the batch before the update.
func (e *Engine) Train(s evolve.Step, a evolve.Arch) (loss float64, err error) {
	if err := e.ready(s.Round, a); err != nil {
		return 0, err
	}
	return e.net.Step(a, e.weights.At(s.Index), e.training.Rate(s), e.training, e.dropoutSeed("dropout", s))
}

// Fitness implements evolve.Engine: what the gradient of the fitness indicators needs of a and b (eq. 7), on a held-out
// batch. Weights stay.
func (e *Engine) Fitness(s evolve.Step, a, b evolve.Arch) (evolve.Gradient, error) {
	if err := e.ready(s.Round, a, b); err != nil {
		return evolve.Gradient{}, err
	}
	held := e.held.At(s.Index)
	g := e.net.fitness(a, b, held, e.dropoutSeed("dropout of fitness", s))
	if err := e.net.failure(); err != nil {
		return g, err
	}
	e.net.spent.Fitness += e.net.fitnessMACs(e.net.MACs(a), e.net.MACs(b)) * float64(len(held.Labels))
	return g, nil
}

// Score implements evolve.Engine by Net.Score, on the images of the source. Weights and running statistics are at every
// call of done what they were before, so that they may be saved there.
func (e *Engine) Score(ctx context.Context, archs []evolve.Arch, done func(i int, accuracy float64) error) error {
	return e.net.Score(ctx, archs, e.images(), e.scoring.Reset, done)
}

// images are those of the source on which architectures are scored.
func (e *Engine) images() Images {
	return Images{
		Calibration: e.source.Set.Sequence(e.sample, e.scoring.Batch),
		Held:        e.source.Set.Sequence(e.source.Held, e.scoring.Batch),
	}
}

// Save writes weights, running statistics and momentum to a file, as Net.Save does.
func (e *Engine) Save(path string) error { return e.net.Save(path) }

// Restore reads what Save wrote. The search goes on after it as if it had never stopped, to the bit. The error names
// the file.
func (e *Engine) Restore(path string) error { return e.net.Restore(path) }

// Subset lists the operations of every layer that have weights. They are those of the last Begin or Restore.
func (e *Engine) Subset() []evolve.Path { return e.net.subset() }

// ready checks the architectures. At the first step of a round it starts the loaders of that round.
func (e *Engine) ready(round int, archs ...evolve.Arch) error {
	for _, a := range archs {
		if err := e.net.check(a); err != nil {
			return err
		}
	}
	if round == e.round {
		return nil
	}
	e.closeLoaders()
	e.round = round
	var err error
	if e.weights, err = e.loader(e.source.Train, e.source.Augment, 2*round); err != nil {
		return err
	}
	e.held, err = e.loader(e.source.Held, data.Augment{}, 2*round+1)
	return err
}

// loader yields shuffled batches of a split. Every id has a random stream of its own.
func (e *Engine) loader(s data.Split, a data.Augment, id int) (*data.Loader, error) {
	return data.NewLoader(e.source.Set, s,
		data.Stream{Seed: e.net.seed, ID: uint64(id), Batch: e.training.Batch, Augment: a})
}

func (e *Engine) closeLoaders() {
	for _, l := range []*data.Loader{e.weights, e.held} {
		if l != nil {
			l.Close()
		}
	}
	e.weights, e.held = nil, nil
}

// dropoutSeed draws the masks of a step, which do not depend on the steps before.
func (e *Engine) dropoutSeed(stream string, s evolve.Step) uint64 {
	return random.New(e.net.seed, stream, s.Round, s.Index, 0).Uint64()
}
