package supernet

import (
	"iter"
	"math"
	"slices"
	"testing"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/supernet/graph"
)

// testWeights are weights of a mixture over testSubset: the second layer has no identity.
var testWeights = [][]float64{{0.2, 0.4, 0.1, 0.3}, {0.5, 0.3, 0.2}, {0.1, 0.2, 0.3, 0.4}}

// mixedLoss is the loss of a mixture on the held-out batch of a step.
func mixedLoss(t *testing.T, e *Engine, weights [][]float64) float64 {
	t.Helper()
	loss, _, err := e.FitnessMixed(evolve.Step{Round: 1, Total: 1}, weights)
	if err != nil {
		t.Fatal(err)
	}
	return loss
}

// The products are the derivatives of the loss by the weights, which differences of the loss come close to.
func TestMixedProductsAreTheDerivatives(t *testing.T) {
	for _, join := range []string{"mean", "sum", "residual"} {
		t.Run(join, func(t *testing.T) { testMixedProducts(t, join) })
	}
}

func testMixedProducts(t *testing.T, join string) {
	e := joinedEngine(t, join, buildFew, 2, testTrain, testScore)
	begin(t, e)
	trained(t, e, 0, 4)
	before := map[string][]float32{}
	for name, p := range e.net.params() {
		before[name] = slices.Clone(p.Value)
	}
	_, products, err := e.FitnessMixed(evolve.Step{Round: 1, Total: 1}, testWeights)
	if err != nil {
		t.Fatal(err)
	}
	largest := 0.0
	for l, weights := range testWeights {
		if len(products[l]) != len(weights) {
			t.Fatalf("layer %d: %d products for %d weights", l, len(products[l]), len(weights))
		}
		for i := range weights {
			largest = max(largest, math.Abs(products[l][i]))
			const h = 1e-5 // so small that few activations change sides
			up, down := copyWeights(testWeights), copyWeights(testWeights)
			up[l][i] += h
			down[l][i] -= h
			slope := (mixedLoss(t, e, up) - mixedLoss(t, e, down)) / (2 * h)
			if d := math.Abs(slope - products[l][i]); d > 0.002+0.02*math.Abs(slope) {
				t.Errorf("layer %d, branch %d: product %.5f, slope of the loss %.5f", l, i, products[l][i], slope)
			}
		}
	}
	if largest < 0.02 {
		t.Errorf("the largest product is %.4f: too small for a test", largest)
	}
	for name, p := range e.net.params() {
		if p.Init.Trained() && !slices.Equal(p.Value, before[name]) {
			t.Errorf("%s is another one after fitness", name)
		}
	}
}

func copyWeights(weights [][]float64) [][]float64 {
	c := slices.Clone(weights)
	for l := range c {
		c[l] = slices.Clone(c[l])
	}
	return c
}

// Gradients of the parameters are the derivatives of the loss of a training batch.
func TestMixedGradientsAreTheDerivatives(t *testing.T) {
	for _, join := range []string{"mean", "sum", "residual"} {
		t.Run(join, func(t *testing.T) {
			e := joinedEngine(t, join, buildFew, 2, testTrain, testScore)
			begin(t, e)
			if err := e.ready(1); err != nil {
				t.Fatal(err)
			}
			batch := e.weights.At(0)
			checkGradients(t, e.net.params(), 20, func() float64 {
				v, err := e.net.mixedGradients(testWeights, batch, 1)
				if err != nil {
					t.Fatal(err)
				}
				return v
			})
		})
	}
}

// checkGradients compares the gradients of parameters with slopes of the loss, which computes both. At least so many of
// them must have a gradient that can be checked.
func checkGradients(t *testing.T, params iter.Seq2[string, *graph.Param], least int, loss func() float64) {
	t.Helper()
	loss()
	checked := 0
	gradients := map[string][]float32{}
	for name, p := range params {
		gradients[name] = slices.Clone(p.Grad)
	}
	for name, p := range params {
		if !p.Init.Trained() {
			continue
		}
		// Along its own gradient the loss changes by the squared norm of it.
		gradient, value := gradients[name], slices.Clone(p.Value)
		norm := 0.0
		for _, g := range gradient {
			norm += float64(g) * float64(g)
		}
		if norm = math.Sqrt(norm); norm < 1e-3 {
			continue
		}
		const h = 5e-4
		along := func(step float64) float64 {
			for i := range value {
				p.Value[i] = value[i] + float32(step*float64(gradient[i])/norm)
			}
			return loss()
		}
		slope := (along(h) - along(-h)) / (2 * h)
		copy(p.Value, value)
		if math.Abs(slope-norm) > 0.002+0.05*norm {
			t.Errorf("%s: gradient of norm %.5f, slope of the loss %.5f", name, norm, slope)
		}
		checked++
	}
	if checked < least {
		t.Errorf("only %d parameters have a gradient that can be checked", checked)
	}
}

// With equal weights for the branches of a path and none for the rest, a mixture is the path: it has the same loss,
// and a step moves the same parameters by the same amounts.
func TestMixtureOfEqualWeightsIsTheMean(t *testing.T) {
	path := evolve.Arch{{0, 2}, {3}, {1}}
	third, half := 1./3, 0.5
	weights := [][]float64{{third, third, 0, third}, {0, 0, 1}, {half, half, 0, 0}}
	mixed, plain := testEngine(t, 2, testTrain, testScore), testEngine(t, 2, testTrain, testScore)
	begin(t, mixed)
	begin(t, plain)
	for i := range 3 {
		step := evolve.Step{Round: 1, Index: i, Total: testSteps}
		a, err := mixed.TrainMixed(step, weights)
		if err != nil {
			t.Fatal(err)
		}
		b, err := plain.Train(step, path)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(a-b) > 2e-4*b {
			t.Errorf("step %d: loss %v of the mixture, %v of the path", i, a, b)
		}
	}
	values := map[string][]float32{}
	for name, p := range plain.net.params() {
		values[name] = p.Value
	}
	for name, p := range mixed.net.params() {
		for i, v := range p.Value {
			if math.Abs(float64(v-values[name][i])) > 1e-3 {
				t.Fatalf("%s: %v at %d after steps of the mixture, %v of the path", name, v, i, values[name][i])
			}
		}
	}
	for _, b := range [][2]int{{0, 1}, {1, 0}, {1, 1}, {2, 2}, {2, 3}} {
		for _, p := range mixed.net.layers[b[0]].block(evolve.OpID(b[1])).Params {
			if mixed.net.momenta[p] != nil {
				t.Errorf("layer %d: operation %d has no weight and was updated", b[0], b[1])
			}
		}
	}
}

// A gradient whose norm is above the bound is scaled down to it, and one below stays.
func TestClipBoundsTheNorm(t *testing.T) {
	e := testEngine(t, 1, testTrain, testScore)
	begin(t, e)
	a := testArchs[0]
	var params []float32
	for _, b := range e.net.blocks(a) {
		for _, p := range b.Params {
			if p.Init.Trained() {
				clear(p.Grad)
				params = p.Grad
			}
		}
	}
	params[0], params[1] = 3, 4
	e.net.clip(a, 5)
	if params[0] != 3 || params[1] != 4 {
		t.Errorf("gradient %v of norm 5 after a bound of 5, want it as it was", params[:2])
	}
	e.net.clip(a, 1)
	if math.Abs(float64(params[0])-0.6) > 1e-6 || math.Abs(float64(params[1])-0.8) > 1e-6 {
		t.Errorf("gradient (3, 4) became %v under a bound of 1, want (0.6, 0.8)", params[:2])
	}
}

// Mixed steps are the same bits on any number of workers, after a restore, and after a fitness pass.
func TestMixedStepsAreReproducible(t *testing.T) {
	run := func(e *Engine, from, to int) (numbers []float64) {
		for i := from; i < to; i++ {
			step := evolve.Step{Round: 1, Index: i, Total: testSteps}
			loss, products, err := e.FitnessMixed(step, testWeights)
			if err != nil {
				t.Fatal(err)
			}
			numbers = append(append(numbers, loss), slices.Concat(products...)...)
			if loss, err = e.TrainMixed(step, testWeights); err != nil {
				t.Fatal(err)
			}
			numbers = append(numbers, loss)
		}
		return numbers
	}
	one, three := testEngine(t, 1, testTrain, testScore), testEngine(t, 3, testTrain, testScore)
	begin(t, one)
	begin(t, three)
	whole, other := run(one, 0, 3), run(three, 0, 2)
	path := t.TempDir() + "/weights.safetensors"
	if err := three.Save(path); err != nil {
		t.Fatal(err)
	}
	resumed := testEngine(t, 2, testTrain, testScore)
	if err := resumed.Restore(path); err != nil {
		t.Fatal(err)
	}
	if other = append(other, run(resumed, 2, 3)...); !slices.Equal(whole, other) {
		t.Errorf("other numbers:\n%v\n%v", whole, other)
	}
	if saved(t, one) != saved(t, resumed) {
		t.Error("other weights")
	}
}

func TestEngineRefusesForeignMixtures(t *testing.T) {
	e := testEngine(t, 1, testTrain, testScore)
	begin(t, e)
	for want, weights := range map[string][][]float64{
		"supernet: weights of 1 layers for a network of 3": {{1}},
		"supernet: layer 1: 4 weights for 3 branches":      {{1, 0, 0, 0}, {0, 1, 0, 0}, {1, 0, 0, 0}},
		"supernet: layer 2: 3 weights for 4 branches":      {{1, 0, 0, 0}, {0, 1, 0}, {1, 0, 0}},
	} {
		step := evolve.Step{Round: 1, Total: 1}
		if _, err := e.TrainMixed(step, weights); err == nil || err.Error() != want {
			t.Errorf("training: error %v, want %s", err, want)
		}
		if _, _, err := e.FitnessMixed(step, weights); err == nil || err.Error() != want {
			t.Errorf("fitness: error %v, want %s", err, want)
		}
	}
}
