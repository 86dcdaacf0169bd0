package retrain

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/internal/random"
	"github.com/nse-dev/nse/internal/safetensors"
	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/supernet"
	"github.com/nse-dev/nse/supernet/data"
	"github.com/nse-dev/nse/supernet/kernel"
)

// Trainer trains one architecture from scratch on all training images of a set. Its results depend on the
// configuration, the set and the seed alone, to the bit. It belongs to one goroutine. Close it after use.
type Trainer struct {
	Steps int // weight updates in all
	Step  int // updates done

	net     *supernet.Net
	arch    evolve.Arch
	config  Config
	set     *data.Set
	seed    uint64
	loader  *data.Loader
	average *supernet.Average // nil without EMA
	cycles  []cycle           // of the schedule, at least one
}

// cycle is a stretch of the training at whose end the learning rate is 0.
type cycle struct {
	epochs   int
	from, to int // the steps: to is excluded
}

// NewTrainer begins with weights drawn from seed. graphs are those of the branches of s.Layers, by layer. A batch has
// at most as many images as set.Train. workers is the number of goroutines that compute, 0 one for each core. c must be
// valid. The error is that of a primitive which the engine does not know.
func NewTrainer(
	s supernet.Skeleton, graphs [][]*sdk.Graph, set *data.Set, c Config, seed uint64, workers int,
) (*Trainer, error) {
	return newTrainer(s, graphs, set, c, []int{c.Epochs}, seed, workers)
}

// newTrainer is NewTrainer with the learning rate at 0 after each number of epochs in ends, which ascends. c.Epochs is
// its last.
func newTrainer(
	s supernet.Skeleton, graphs [][]*sdk.Graph, set *data.Set, c Config, ends []int, seed uint64, workers int,
) (*Trainer, error) {
	c.Batch = min(c.Batch, set.Train.Len())
	build := func(op evolve.OpID, l sdk.Layer) (*sdk.Graph, error) {
		rate := c.DropPath * float64(l.Index+1) / float64(len(graphs))
		return dropping(graphs[l.Index][op], l, s.Join(l.Index), rate)
	}
	t := &Trainer{arch: make(evolve.Arch, len(graphs)), config: c, set: set, seed: seed}
	for epochs := 0; len(t.cycles) < len(ends); epochs = c.Epochs {
		next := cycle{epochs: ends[len(t.cycles)] - epochs, from: t.Steps}
		c.Epochs = ends[len(t.cycles)]
		next.to = c.train().Steps(set.Train.Len())
		t.Steps, t.cycles = next.to, append(t.cycles, next)
	}
	for l, path := range graphs {
		for i := range path {
			t.arch[l] = append(t.arch[l], evolve.OpID(i))
		}
	}
	var err error
	if t.loader, err = data.NewLoader(set, set.Train,
		data.Stream{Seed: seed, Batch: c.Batch, Augment: c.Augment}); err != nil {
		return nil, err
	}
	if t.net, err = supernet.NewNet(s, build, seed, workers); err != nil {
		t.loader.Close()
		return nil, err
	}
	if err := t.net.Fill(t.arch); err != nil {
		t.Close()
		return nil, err
	}
	if c.EMA > 0 {
		t.average = t.net.Average()
	}
	return t, nil
}

// Close stops all goroutines.
func (t *Trainer) Close() {
	t.loader.Close()
	t.net.Close()
}

// Net is the network that is trained. The trainer owns it: it must not be closed or used beside Update.
func (t *Trainer) Net() *supernet.Net { return t.net }

// Update takes the next step. It returns the mean loss of its batch, and the part of it that was classified correctly,
// 0 to 1. The error is a loss that is not finite, or that of a kernel which a plugin runs. The weights stay then.
func (t *Trainer) Update() (loss, accuracy float64, err error) {
	b := t.loader.At(t.Step)
	dropout := random.New(t.seed, "dropout of retraining", 0, t.Step, 0).Uint64()
	mixed := supernet.Mix{Labels: b.Labels, Share: 1}
	if t.config.Mixup > 0 {
		mixed = mix(b, beta(t.config.Mixup, random.New(t.seed, "mixup of retraining", 0, t.Step, 0)))
	}
	loss, correct, err := t.net.MixedGradients(t.arch, b, mixed, dropout, t.config.LabelSmoothing)
	if err != nil {
		return 0, 0, err
	}
	if math.IsNaN(loss) || math.IsInf(loss, 0) {
		return 0, 0, fmt.Errorf("the loss is %g at step %d: a smaller learning rate than %g may help", loss, t.Step,
			t.config.LR)
	}
	t.apply()
	if t.average != nil {
		t.average.Move(t.decay())
	}
	t.Step++
	return loss, float64(correct) / float64(len(b.Labels)), nil
}

// apply changes the weights along their gradients.
func (t *Trainer) apply() {
	c := t.config
	if c.Optimizer != AdamW {
		t.net.Update(t.arch, t.rate(), c.train())
		return
	}
	t.net.UpdateAdamW(kernel.Adaptive{Rate: t.rate(), Decay: c.WeightDecay, Beta1: c.Momentum, Beta2: beta2,
		Epsilon: epsilon, Step: t.Step + 1})
}

// rate is the learning rate of the step. The warm-up begins one step above 0, since a step at rate 0 would be lost.
// Only the first cycle has one.
func (t *Trainer) rate() float64 {
	at := t.cycles[slices.IndexFunc(t.cycles, func(c cycle) bool { return t.Step < c.to })]
	c, steps := t.config.train(), at.to-at.from
	c.Epochs = at.epochs
	if at.from > 0 {
		c.WarmupEpochs = 0
	}
	c.WarmupLR = c.LR / (1 + c.WarmupEpochs/float64(c.Epochs)*float64(steps))
	return c.Rate(evolve.Step{Index: t.Step - at.from, Total: steps})
}

// decay is that of the averages at the step. Where it warms up it is short at first, so that they forget the first
// weights.
func (t *Trainer) decay() float32 {
	if t.config.EMAConstant {
		return float32(t.config.EMA)
	}
	n := float64(t.Step)
	return float32(min(t.config.EMA, (1+n)/(10+n)))
}

// Prefixes of the names in a checkpoint: what there is of a parameter stands under its name behind them.
const (
	momentumPrefix = "momentum."
	squarePrefix   = "square." // of AdamW
	averagePrefix  = "average."
)

// Keys of a checkpoint's metadata.
const (
	stepKey = "step"   // number of updates
	sumKey  = "sha256" // of the file as it would be without this
)

// Save writes a checkpoint to a file, in one step, with further metadata. Equal states make equal bytes. Keys of the
// metadata must be other than "step" and "sha256".
func (t *Trainer) Save(path string, metadata map[string]string) error {
	f := t.checkpoint()
	for key, value := range metadata {
		f.Metadata[key] = value
	}
	sum, err := sumOf(f)
	if err != nil {
		return err
	}
	f.Metadata[sumKey] = sum
	return f.WriteFile(path)
}

// checkpoint is a copy of all that Restore needs.
func (t *Trainer) checkpoint() safetensors.File {
	f := safetensors.File{Metadata: map[string]string{stepKey: strconv.Itoa(t.Step)}, Tensors: t.net.Tensors()}
	f.Tensors = append(f.Tensors, prefixed(momentumPrefix, t.net.Momenta())...)
	f.Tensors = append(f.Tensors, prefixed(squarePrefix, t.net.Squares())...)
	if t.average != nil {
		f.Tensors = append(f.Tensors, prefixed(averagePrefix, t.average.Tensors())...)
	}
	return f
}

// sumOf is the SHA-256 of a file as it would be written, in hexadecimal.
func sumOf(f safetensors.File) (string, error) {
	text, err := f.Encode()
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), err
}

// ReadCheckpoint reads what Save wrote, and refuses anything else by its checksum. The error names the file.
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

// Restore goes on from a checkpoint of a trainer of the same architecture, configuration, set and seed, to the bit. It
// refuses a checkpoint with other tensors. The trainer is not to be used after an error.
func (t *Trainer) Restore(f *safetensors.File) error {
	step, err := strconv.Atoi(f.Metadata[stepKey])
	if err != nil || step < 0 || step > t.Steps {
		return fmt.Errorf("step %q is not in 0..%d", f.Metadata[stepKey], t.Steps)
	}
	t.Step = step
	parts := split(f)
	if err := t.net.SetTensors(parts[""]); err != nil {
		return err
	}
	if step > 0 {
		if err := t.net.SetMomenta(parts[momentumPrefix]); err != nil {
			return fmt.Errorf("momentum: %w", err)
		}
	}
	if step > 0 && t.config.Optimizer == AdamW {
		if err := t.net.SetSquares(parts[squarePrefix]); err != nil {
			return fmt.Errorf("square: %w", err)
		}
	}
	if t.average != nil {
		if err := t.average.SetTensors(parts[averagePrefix]); err != nil {
			return fmt.Errorf("average: %w", err)
		}
	}
	return nil
}

// prefixed puts a prefix before the names of tensors.
func prefixed(prefix string, list []safetensors.Tensor) []safetensors.Tensor {
	for i := range list {
		list[i].Name = prefix + list[i].Name
	}
	return list
}

// split gives the tensors of a checkpoint by their prefix, without it. The weights have none.
func split(f *safetensors.File) map[string]*safetensors.File {
	parts := map[string]*safetensors.File{"": {}, momentumPrefix: {}, squarePrefix: {}, averagePrefix: {}}
	for _, t := range f.Tensors {
		of := ""
		for prefix := range parts {
			if strings.HasPrefix(t.Name, prefix) && prefix != "" {
				of = prefix
			}
		}
		t.Name = strings.TrimPrefix(t.Name, of)
		parts[of].Tensors = append(parts[of].Tensors, t)
	}
	return parts
}
