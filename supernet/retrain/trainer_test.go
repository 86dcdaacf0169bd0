package retrain

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/nse-dev/nse/internal/safetensors"
	"github.com/nse-dev/nse/plugins"
	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/supernet"
	"github.com/nse-dev/nse/supernet/data"
)

// testTrainer trains an architecture of three layers on generated images.
func testTrainer(t testing.TB, spec string, c Config, workers int) *Trainer {
	t.Helper()
	set, s, graphs := testNetwork(t, spec, 16)
	trainer, err := NewTrainer(s, graphs, set, c, 5, workers)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(trainer.Close)
	return trainer
}

// testNetwork is an architecture of three layers for generated images of a number of pixels square.
func testNetwork(t testing.TB, spec string, size int) (*data.Set, supernet.Skeleton, [][]*sdk.Graph) {
	t.Helper()
	set, err := data.Open(t.Context(), spec, data.Options{Seed: 1, Size: size})
	if err != nil {
		t.Fatal(err)
	}
	m := supernet.Macro{StemStride: 1, Channels: []int{8, 16}, Layers: "NRN", Head: 32}
	s, err := m.Skeleton(supernet.InputOf(set))
	if err != nil {
		t.Fatal(err)
	}
	type branch struct {
		family string
		attrs  sdk.Attrs
	}
	narrow := branch{"mbconv", sdk.Attrs{"kernel": 3, "expand": 1}}
	wide := branch{"mbconv", sdk.Attrs{"kernel": 5, "expand": 3}}
	graphs := make([][]*sdk.Graph, len(s.Layers))
	for l, branches := range [][]branch{{narrow, wide}, {wide, {"conv", sdk.Attrs{"expand": 1}}},
		{{"ssc", sdk.Attrs{"kernel": 5, "expand": 1}}}} {
		for _, b := range branches {
			family, err := plugins.Builtin(b.family)
			if err != nil {
				t.Fatal(err)
			}
			g, err := family.Graph(s.Layers[l], b.attrs)
			if err != nil {
				t.Fatal(err)
			}
			graphs[l] = append(graphs[l], g)
		}
	}
	return set, s, graphs
}

// until takes steps.
func until(t testing.TB, trainer *Trainer, step int) {
	t.Helper()
	for trainer.Step < step {
		if _, _, err := trainer.Update(); err != nil {
			t.Fatal(err)
		}
	}
}

func ended(t testing.TB, trainer *Trainer) Outcome {
	t.Helper()
	until(t, trainer, trainer.Steps)
	o, err := trainer.Finish(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// Retraining learns generated images, and learns them less well with half as many pixels a side.
func TestRetrainingLearns(t *testing.T) {
	c := Default("default")
	c.Epochs, c.Batch, c.LR, c.EMA, c.DropPath = 4, 32, 0.3, 0.95, 0.1
	c.Augment = data.Augment{Flip: true, CropPadding: 1}
	for size, want := range map[int]struct{ least, most float64 }{8: {0.15, 0.3}, 16: {0.35, 0.8}} {
		set, s, graphs := testNetwork(t, "generated:1800", size)
		trainer, err := NewTrainer(s, graphs, set, c, 5, 0)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(trainer.Close)
		o := ended(t, trainer)
		if o.Accuracy < want.least || o.Accuracy > want.most || o.Accuracy != o.Averaged.Accuracy {
			t.Errorf("%d pixels: accuracy %+v, want %.2f to %.2f; chance is 0.100", size, o, want.least,
				want.most)
		}
	}
}

// quickRetrain is over in 15 steps.
func quickRetrain() Config {
	c := Default("default")
	c.Epochs, c.Batch, c.EMA, c.DropPath, c.WarmupEpochs = 3, 24, 0.9, 0.3, 0.5
	return c
}

// quickAdamW is quickRetrain with another optimizer.
func quickAdamW() Config {
	c := quickRetrain()
	c.Optimizer, c.LR, c.WeightDecay = AdamW, 0.003, 0.05
	return c
}

func TestRetrainingGoesOnToTheBit(t *testing.T) {
	for _, c := range []Config{quickRetrain(), quickAdamW()} {
		t.Run(string(c.Optimizer), func(t *testing.T) { goesOn(t, c) })
	}
}

// goesOn compares trainings that are stopped with one that is not.
func goesOn(t *testing.T, c Config) {
	whole := testTrainer(t, "generated:120", c, 2)
	want := ended(t, whole)
	if whole.Steps != 15 {
		t.Fatalf("%d steps", whole.Steps)
	}
	for _, step := range []int{0, 1, 7, 15} {
		first := testTrainer(t, "generated:120", c, 1)
		until(t, first, step)
		path := filepath.Join(t.TempDir(), "checkpoint")
		if err := first.Save(path, map[string]string{"more": "text"}); err != nil {
			t.Fatal(err)
		}
		f, err := ReadCheckpoint(path)
		if err != nil {
			t.Fatal(err)
		}
		second := testTrainer(t, "generated:120", c, 3)
		if err := second.Restore(f); err != nil {
			t.Fatal(err)
		}
		if got := ended(t, second); !reflect.DeepEqual(got, want) ||
			!reflect.DeepEqual(second.Net().Tensors(), whole.Net().Tensors()) {
			t.Errorf("from step %d: %+v, want %+v, or other weights", step, got, want)
		}
	}
}

// The first step of AdamW moves each weight by the learning rate, against the sign of its gradient. Before that,
// tensors of several dimensions lose the part lr·weight_decay.
func TestFirstStepOfAdamW(t *testing.T) {
	c := quickAdamW()
	trainer := testTrainer(t, "generated:120", c, 1)
	before := values(t, trainer.net.Tensors())
	rate := trainer.rate()
	until(t, trainer, 1)
	after, moments := values(t, trainer.net.Tensors()), values(t, trainer.net.Momenta())
	moved := 0
	for _, x := range trainer.net.Momenta() {
		decay := c.WeightDecay
		if len(x.Shape) == 1 {
			decay = 0
		}
		for i, m := range moments[x.Name] {
			if math.Abs(float64(m)) < 1e-4 { // a gradient of a thousandth, beside which ε is nothing
				continue
			}
			want := float64(before[x.Name][i])*(1-rate*decay) - math.Copysign(rate, float64(m))
			if got := float64(after[x.Name][i]); math.Abs(got-want) > 1e-4*rate+1e-7 {
				t.Fatalf("%s[%d] becomes %g, want %g", x.Name, i, got, want)
			}
			moved++
		}
	}
	if moved < 1000 {
		t.Errorf("%d weights are looked at", moved)
	}
}

// Retraining with AdamW learns generated images, and is not that with SGD.
func TestAdamWLearns(t *testing.T) {
	c := Default("default")
	c.Epochs, c.Batch, c.EMA, c.Augment = 4, 32, 0.95, data.Augment{Flip: true, CropPadding: 1}
	c.Optimizer, c.LR, c.WeightDecay = AdamW, 0.01, 0.05
	o := ended(t, testTrainer(t, "generated:1800", c, 0))
	if o.Accuracy < 0.35 || o.Accuracy > 0.9 {
		t.Errorf("accuracy %+v, want 0.35 to 0.9; chance is 0.100", o)
	}
}

// One bit that is not as it was, anywhere in a checkpoint, is noticed, unless all is read as it was.
func TestDamagedCheckpointsAreRefused(t *testing.T) {
	trainer := testTrainer(t, "generated:120", quickRetrain(), 1)
	until(t, trainer, 1)
	path := filepath.Join(t.TempDir(), "checkpoint")
	if err := trainer.Save(path, map[string]string{"more": "text"}); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	whole, err := ReadCheckpoint(path)
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(1, 2))
	places := []int{0, len(text) - 1, bytes.Index(text, []byte("text")), bytes.Index(text, []byte(sumKey))}
	for range 40 {
		places = append(places, random.IntN(len(text)))
	}
	for _, at := range places {
		damaged := bytes.Clone(text)
		damaged[at] ^= 1 << random.IntN(8)
		if err := os.WriteFile(path, damaged, 0o644); err != nil {
			t.Fatal(err)
		}
		f, err := ReadCheckpoint(path)
		if err == nil && !reflect.DeepEqual(f, whole) || err != nil && !strings.Contains(err.Error(), path) {
			t.Errorf("byte %d of %d: error %v", at, len(text), err)
		}
	}
}

// values are the elements of tensors by their names.
func values(t testing.TB, list []safetensors.Tensor) map[string][]float32 {
	t.Helper()
	all := map[string][]float32{}
	for _, x := range list {
		v, err := x.Float32s()
		if err != nil {
			t.Fatal(err)
		}
		all[x.Name] = v
	}
	return all
}

func TestAveragesFollowTheWeights(t *testing.T) {
	trainer := testTrainer(t, "generated:120", quickRetrain(), 1)
	want := map[string][]float64{}
	for name, v := range values(t, trainer.average.Tensors()) {
		for _, x := range v {
			want[name] = append(want[name], float64(x))
		}
	}
	for step := range 15 {
		until(t, trainer, step+1)
		decay, weights := min(0.9, float64(1+step)/float64(10+step)), values(t, trainer.net.Tensors())
		for name, v := range want {
			for i := range v {
				v[i] = decay*v[i] + (1-decay)*float64(weights[name][i])
			}
		}
	}
	averages := values(t, trainer.average.Tensors())
	for name, v := range want {
		for i := range v {
			if got := float64(averages[name][i]); math.Abs(got-v[i]) > 1e-5*(1+math.Abs(v[i])) {
				t.Fatalf("%s[%d] = %g, want %g", name, i, got, v[i])
			}
		}
	}
	if len(want) == 0 {
		t.Error("there are no averages")
	}
}

// The test images choose nothing: damaged averages count too, and the last weights where there is no average.
func TestOutcomeIsThatOfTheWeightsKept(t *testing.T) {
	for kept, damaged := range map[string]bool{"last": false, "averaged": true} {
		c := quickRetrain()
		c.Epochs, c.LR = 6, 0.3 // until the last weights are better than chance, which damaged averages are at
		if kept == "last" {
			c.EMA = 0
		}
		trainer := testTrainer(t, "generated:480", c, 0)
		until(t, trainer, trainer.Steps)
		if damaged {
			zeros := safetensors.File{Tensors: trainer.average.Tensors()}
			for _, x := range zeros.Tensors {
				clear(x.Data)
			}
			if err := trainer.average.SetTensors(&zeros); err != nil {
				t.Fatal(err)
			}
		}
		o := ended(t, trainer)
		again, err := trainer.net.Test(context.Background(), trainer.arch, trainer.set.Sequence(trainer.set.Test, 50),
			nil)
		if err != nil {
			t.Fatal(err)
		}
		if o.Kept != kept || again.Accuracy != o.Accuracy || math.Abs(again.Loss-o.Loss) > 1e-6 ||
			damaged && o.Last.Accuracy <= o.Averaged.Accuracy {
			t.Errorf("%s: kept %+v, measured again %+v", kept, o, again)
		}
	}
}

// The average warms up unless its decay is to be constant.
func TestTheAverageWarmsUp(t *testing.T) {
	c := quickRetrain()
	trainer := testTrainer(t, "generated:120", c, 1)
	for step, want := range map[int]float32{0: 0.1, 8: 0.5, 80: 0.9, 1000: 0.9} {
		trainer.Step = step
		if trainer.config.EMAConstant = false; trainer.decay() != want {
			t.Errorf("step %d: decay %v, want %v", step, trainer.decay(), want)
		}
		if trainer.config.EMAConstant = true; trainer.decay() != 0.9 {
			t.Errorf("step %d: decay %v, want 0.9", step, trainer.decay())
		}
	}
}

// A network that has no loss is an error, and no batch of it is shown.
func TestDivergedNetworksAreRefused(t *testing.T) {
	for _, bad := range []float32{float32(math.NaN()), float32(math.Inf(1))} {
		trainer := testTrainer(t, "generated:120", quickRetrain(), 1)
		until(t, trainer, trainer.Steps)
		weights := safetensors.File{Tensors: trainer.net.Tensors()}
		for i, x := range weights.Tensors {
			if x.Name == "fc.bias" {
				v := values(t, weights.Tensors)[x.Name]
				v[3] = bad
				weights.Tensors[i] = safetensors.NewFloat32(x.Name, x.Shape, v)
			}
		}
		if err := trainer.net.SetTensors(&weights); err != nil {
			t.Fatal(err)
		}
		const want = "what comes out of the network is infinite or not a number"
		images := trainer.set.Sequence(trainer.set.Test, 50)
		_, err := trainer.net.Test(context.Background(), trainer.arch, images, func(data.Batch, []float32) {
			t.Error("a batch is shown")
		})
		if err == nil || err.Error() != want {
			t.Errorf("%g: %v, want %s", bad, err, want)
		}
		if _, err := trainer.Finish(context.Background()); err == nil ||
			err.Error() != want+": a smaller learning rate than 0.1 may help" {
			t.Errorf("%g: %v", bad, err)
		}
	}
}

func TestTheWarmupIsLinear(t *testing.T) {
	c := quickRetrain()
	c.WarmupEpochs = 1 // 5 steps
	trainer := testTrainer(t, "generated:120", c, 1)
	var rates []string
	for trainer.Step = 0; trainer.Step < trainer.Steps; trainer.Step++ {
		rates = append(rates, fmt.Sprintf("%.4f", trainer.rate()))
	}
	const want = "0.0167 0.0333 0.0500 0.0667 0.0833 0.1000 " +
		"0.0976 0.0905 0.0794 0.0655 0.0500 0.0345 0.0206 0.0095 0.0024"
	if got := strings.Join(rates, " "); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestConfigIsChecked(t *testing.T) {
	for want, change := range map[string]func(c *Config){
		"batch = 1: want 2 or more, which batch normalisation needs": func(c *Config) { c.Batch = 1 },
		"epochs = 0: want 1 to 1000000":                              func(c *Config) { c.Epochs = 0 },
		"ema = 1: want 0 to 1, 1 excluded":                           func(c *Config) { c.EMA = 1 },
		"drop_path = -1: want 0 to 1, 1 excluded":                    func(c *Config) { c.DropPath = -1 },
		"label_smoothing = NaN: want 0 to 1, 1 excluded":             func(c *Config) { c.LabelSmoothing = math.NaN() },
		"augment.cutout = -1: want 0 to 1024":                        func(c *Config) { c.Augment.Cutout = -1 },
		`optimizer = "adam": want sgd or adamw`:                      func(c *Config) { c.Optimizer = "adam" },
		`lr = 0.1: want at most 0.02 with optimizer = "adamw", such as 0.002`: func(c *Config) {
			c.Optimizer = AdamW
		},
	} {
		c := Default("default")
		change(&c)
		if err := c.Validate(); err == nil || err.Error() != want {
			t.Errorf("error %v, want %s", err, want)
		}
	}
}
