package supernet

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/internal/random"
	"github.com/nse-dev/nse/internal/safetensors"
	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/supernet/data"
	"github.com/nse-dev/nse/supernet/graph"
	"github.com/nse-dev/nse/supernet/kernel"
)

// Trainer trains one architecture from scratch on all training images of a set. Its results depend on the configuration,
// the set and the seed alone. It belongs to one goroutine. Close it after use.
type Trainer struct {
	Steps int // weight updates in all
	Step  int // updates done

	net      *Net
	arch     evolve.Arch
	config   RetrainConfig
	set      *data.Set
	seed     uint64
	loader   *data.Loader
	averages map[*graph.Param][]float32 // of the trained parameters; empty without EMA
}

// NewTrainer begins with weights drawn from seed. graphs are those of the layers' branches.
func NewTrainer(s Skeleton, graphs [][]*sdk.Graph, set *data.Set, c RetrainConfig, seed uint64, workers int) (*Trainer, error) {
	c.Batch = min(c.Batch, set.Train.Len())
	build := func(op evolve.OpID, l sdk.Layer) (*sdk.Graph, error) {
		return dropping(graphs[l.Index][op], l, c.DropPath*float64(l.Index+1)/float64(len(graphs)))
	}
	t := &Trainer{Steps: c.train().Steps(set.Train.Len()), arch: make(evolve.Arch, len(graphs)), config: c, set: set, seed: seed}
	for l, path := range graphs {
		for i := range path {
			t.arch[l] = append(t.arch[l], evolve.OpID(i))
		}
	}
	var err error
	if t.loader, err = data.NewLoader(set, set.Train, data.Stream{Seed: seed, Batch: c.Batch, Augment: c.Augment}); err != nil {
		return nil, err
	}
	if t.net, err = NewNet(s, build, seed, workers); err != nil {
		t.loader.Close()
		return nil, err
	}
	if err := t.net.Fill(t.arch); err != nil {
		t.Close()
		return nil, err
	}
	t.averages = map[*graph.Param][]float32{}
	for _, p := range t.net.params() {
		if p.Init.Trained() && c.EMA > 0 {
			t.averages[p] = slices.Clone(p.Value)
		}
	}
	return t, nil
}

// dropping is a branch of a normal layer that is dropped at a rate.
func dropping(g *sdk.Graph, l sdk.Layer, rate float64) (*sdk.Graph, error) {
	if rate == 0 || !l.Normal() {
		return g, nil
	}
	d := *g
	d.Nodes = slices.Clip(d.Nodes)
	y, err := d.At(d.Output)
	if err != nil {
		return nil, err
	}
	return &d, d.Finish(y.DropPath(float32(rate)), l.Output())
}

// Close stops all goroutines.
func (t *Trainer) Close() {
	t.loader.Close()
	t.net.Close()
}

// Net is the network that is trained.
func (t *Trainer) Net() *Net { return t.net }

// Update takes the next step. It returns the mean loss of its batch, and the part of it that was classified correctly.
func (t *Trainer) Update() (loss, accuracy float64, err error) {
	b := t.loader.At(t.Step)
	loss, correct := t.net.gradients(t.arch, b, random.New(t.seed, "dropout of retraining", 0, t.Step, 0).Uint64(), t.config.LabelSmoothing)
	if err := t.net.failure(); err != nil {
		return 0, 0, err
	}
	if math.IsNaN(loss) || math.IsInf(loss, 0) {
		return 0, 0, fmt.Errorf("the loss is %g at step %d: a smaller learning rate than %g may help", loss, t.Step, t.config.LR)
	}
	t.net.update(t.arch, t.rate(), t.config.train())
	t.average()
	t.Step++
	return loss, float64(correct) / float64(len(b.Labels)), nil
}

// rate is the learning rate of the step. That of the very first would be 0, at the start of the warm-up.
func (t *Trainer) rate() float64 {
	c := t.config.train()
	c.WarmupLR = c.LR / (1 + c.WarmupEpochs/float64(c.Epochs)*float64(t.Steps))
	return c.rate(evolve.Step{Index: t.Step, Total: t.Steps})
}

// average moves the averages. Early on their memory is short, so that they forget the first weights.
func (t *Trainer) average() {
	n := float64(t.Step)
	decay := float32(min(t.config.EMA, (1+n)/(10+n)))
	for _, p := range t.net.params() {
		if v := t.averages[p]; v != nil {
			kernel.Scale(t.net.session.Pool, v, v, decay)
			kernel.AddScaled(t.net.session.Pool, v, p.Value, 1-decay)
		}
	}
}

// Averages of the weights stand in a checkpoint under the name of their parameter behind this prefix.
const averagePrefix = "average."

// Keys of a checkpoint's metadata.
const (
	stepKey = "step"   // number of updates
	sumKey  = "sha256" // of the file as it would be without this
)

// Save writes a checkpoint to a file, in one step, with further metadata. Equal states make equal bytes.
func (t *Trainer) Save(path string, metadata map[string]string) error {
	f := safetensors.File{Metadata: map[string]string{stepKey: strconv.Itoa(t.Step)}, Tensors: t.net.Tensors()}
	for key, value := range metadata {
		f.Metadata[key] = value
	}
	for name, p := range t.net.params() {
		if v := t.net.momenta[p]; v != nil {
			f.Tensors = append(f.Tensors, safetensors.NewFloat32(momentumPrefix+name, p.Shape, p.Torch(v)))
		}
		if v := t.averages[p]; v != nil {
			f.Tensors = append(f.Tensors, safetensors.NewFloat32(averagePrefix+name, p.Shape, p.Torch(v)))
		}
	}
	sum, err := sumOf(f)
	if err != nil {
		return err
	}
	f.Metadata[sumKey] = sum
	return f.WriteFile(path)
}

func sumOf(f safetensors.File) (string, error) {
	text, err := f.Encode()
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), err
}

// ReadCheckpoint reads what Save wrote, and refuses anything else.
func ReadCheckpoint(path string) (*safetensors.File, error) {
	f, err := safetensors.ReadFile(path)
	if err != nil {
		return nil, err
	}
	kept := f.Metadata[sumKey]
	delete(f.Metadata, sumKey)
	if sum, err := sumOf(*f); err != nil || sum != kept {
		return nil, fmt.Errorf("%s is not what was written", path)
	}
	return f, nil
}

// Restore goes on from a checkpoint of a trainer of the same architecture, configuration, set and seed.
func (t *Trainer) Restore(f *safetensors.File) error {
	step, err := strconv.Atoi(f.Metadata[stepKey])
	if err != nil || step < 0 || step > t.Steps {
		return fmt.Errorf("step %q is not in 0..%d", f.Metadata[stepKey], t.Steps)
	}
	t.Step = step
	if _, err := t.net.setTensors(f); err != nil {
		return err
	}
	for name, p := range t.net.params() {
		if p.Init.Trained() && step > 0 {
			if err := restore(f, momentumPrefix+name, p, t.net.momentum(p)); err != nil {
				return err
			}
		}
		if v := t.averages[p]; v != nil {
			if err := restore(f, averagePrefix+name, p, v); err != nil {
				return err
			}
		}
	}
	return nil
}

func restore(f *safetensors.File, name string, p *graph.Param, dst []float32) error {
	t, found := f.Tensor(name)
	if !found {
		return fmt.Errorf("no tensor %q", name)
	}
	return setTorch(p, dst, t)
}
