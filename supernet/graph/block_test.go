package graph

import (
	"math"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/supernet/kernel"
)

// result is everything that a training pass of a block leaves.
type result struct{ y, dx, params []float32 }

// train runs a forward and a backward pass on noise.
func train(s *Session, b *Block) (r result) {
	x, dy := noise(s.Batch*b.in.Size(), 1), noise(s.Batch*b.out.Size(), 2)
	r.y, r.dx = make([]float32, len(dy)), make([]float32, len(x))
	b.Forward(s, r.y, x)
	b.Backward(s, r.dx, dy)
	r.params = contents(b)
	return r
}

// contents are the values of running statistics and the gradients of everything else.
func contents(b *Block) (all []float32) {
	for _, p := range b.Params {
		if p.Grad == nil {
			all = append(all, p.Value...)
		}
		all = append(all, p.Grad...)
	}
	return all
}

func (r result) equal(o result) bool {
	return slices.Equal(r.y, o.y) && slices.Equal(r.dx, o.dx) && slices.Equal(r.params, o.params)
}

func one(t testing.TB, name string) *Block {
	i := slices.IndexFunc(examples, func(e example) bool { return e.name == name })
	return compile(t, name, build(t, examples[i].in, examples[i].f))
}

func TestAnyBatchSize(t *testing.T) {
	for _, e := range examples {
		b := one(t, e.name)
		train(newSession(t, 9, Train), b)
		fresh := one(t, e.name)
		for _, p := range b.Params { // the large batch moved them
			if p.Grad == nil {
				copy(p.Value, fresh.Params[slices.Index(b.Params, p)].Value)
			}
		}
		if !train(newSession(t, 2, Train), b).equal(train(newSession(t, 2, Train), fresh)) {
			t.Errorf("%s: a batch of 2 differs after one of 9", e.name)
		}
	}
}

// TestStack runs blocks forward one after the other and backward in reverse order, with passes that keep nothing in
// between.
func TestStack(t *testing.T) {
	s := newSession(t, 3, Train)
	var blocks []*Block
	var want, got []result
	for _, e := range examples {
		blocks = append(blocks, one(t, e.name))
		want = append(want, train(s, one(t, e.name)))
	}
	start := s.Arena.Mark()
	for _, b := range blocks {
		y := make([]float32, s.Batch*b.out.Size())
		b.Forward(s, y, noise(s.Batch*b.in.Size(), 1))
		got = append(got, result{y: slices.Clone(y), params: contents(b)})
		spoil(y) // dst is the caller's again
	}
	for i, b := range slices.Backward(blocks) {
		dy := noise(s.Batch*b.out.Size(), 2)
		got[i].dx = make([]float32, s.Batch*b.in.Size())
		b.Backward(s, got[i].dx, dy)
		got[i].params = contents(b)
		if !slices.Equal(dy, noise(len(dy), 2)) {
			t.Errorf("%s: Backward changed dy", b.name)
		}
	}
	for i := range blocks {
		if !got[i].equal(want[i]) {
			t.Errorf("%s differs when other blocks run in between", blocks[i].name)
		}
	}
	if s.Arena.Mark() != start {
		t.Errorf("the arena is at %+v, began at %+v", s.Arena.Mark(), start)
	}
}

func TestProbeAndEvalBeforeBackward(t *testing.T) {
	for _, e := range examples {
		b, s := one(t, e.name), newSession(t, 3, Train)
		want := train(newSession(t, 3, Train), one(t, e.name))
		x, y, dx := noise(3*b.in.Size(), 1), make([]float32, 3*b.out.Size()), make([]float32, 3*b.in.Size())
		b.Forward(s, y, x)
		mark := s.Arena.Mark()
		s.Mode = Probe
		b.Forward(s, y, noise(len(x), 5))
		s.Mode = Eval
		b.Forward(s, y, noise(len(x), 6))
		if s.Arena.Mark() != mark {
			t.Errorf("%s: a pass that keeps nothing moved the arena", e.name)
		}
		b.Backward(s, dx, noise(len(y), 2))
		if !slices.Equal(dx, want.dx) {
			t.Errorf("%s: dx differs after Probe and Eval", e.name)
		}
		for i, p := range b.Params {
			if p.Grad != nil && !slices.Equal(p.Grad, gradOf(want, b, i)) {
				t.Errorf("%s: the gradient of %s differs after Probe and Eval", e.name, p.Name)
			}
		}
	}
}

// gradOf cuts parameter i out of a result.
func gradOf(r result, b *Block, i int) []float32 {
	from := 0
	for _, p := range b.Params[:i] {
		from += p.Size()
	}
	return r.params[from : from+b.Params[i].Size()]
}

func TestBackwardWithoutInputGradient(t *testing.T) {
	for _, e := range examples {
		b, s := one(t, e.name), newSession(t, 3, Train)
		want := train(newSession(t, 3, Train), one(t, e.name))
		b.Forward(s, make([]float32, 3*b.out.Size()), noise(3*b.in.Size(), 1))
		b.Backward(s, nil, noise(3*b.out.Size(), 2))
		if !slices.Equal(contents(b), want.params) {
			t.Errorf("%s: parameters differ without dx", e.name)
		}
	}
}

func TestBackwardOutOfOrder(t *testing.T) {
	s := newSession(t, 2, Train)
	a, b := one(t, "mbconv"), one(t, "ssc")
	start := s.Arena.Mark()
	x := noise(2*a.in.Size(), 1)
	a.Forward(s, make([]float32, 2*a.out.Size()), x)
	b.Forward(s, make([]float32, 2*b.out.Size()), x)
	top := s.Arena.Mark()
	dx, want := make([]float32, len(x)), train(newSession(t, 2, Train), one(t, "ssc"))
	a.Backward(s, dx, noise(2*a.out.Size(), 2))
	if s.Arena.Mark() != top {
		t.Error("a frame below another one was given back")
	}
	b.Backward(s, dx, noise(2*b.out.Size(), 2))
	if !slices.Equal(dx, want.dx) {
		t.Error("dx of the upper block differs")
	}
	s.Arena.Release(start)
}

func TestEvalSeesOneImage(t *testing.T) {
	for _, e := range examples {
		b, s := one(t, e.name), newSession(t, 5, Eval)
		x, y := noise(5*b.in.Size(), 1), make([]float32, 5*b.out.Size())
		b.Forward(s, y, x)
		before := contents(b)
		s.Batch = 2
		part := make([]float32, 2*b.out.Size())
		b.Forward(s, part, x[2*b.in.Size():4*b.in.Size()])
		if !slices.Equal(part, y[2*b.out.Size():4*b.out.Size()]) {
			t.Errorf("%s: an image's result depends on the batch", e.name)
		}
		if !slices.Equal(contents(b), before) {
			t.Errorf("%s: Eval moved the running statistics", e.name)
		}
	}
}

func TestWorkersDoNotMatter(t *testing.T) {
	big := sdk.Shape{Height: 28, Width: 30, Channels: 8}
	for _, f := range []func(x sdk.Tensor) sdk.Tensor{shufflenet, ssc, func(x sdk.Tensor) sdk.Tensor {
		return mbconv(x, 8, 5, 6, 1, 1, sdk.ReLU).SqueezeExcite(2, sdk.ReLU).Dropout(0.1).DropPath(0.3)
	}} {
		var results []result
		for _, workers := range []int{1, 2, 3} {
			s := newSession(t, 4, Train)
			s.Pool = kernel.NewPool(workers)
			results = append(results, train(s, compile(t, "b", build(t, big, f))))
			s.Pool.Close()
		}
		if !results[0].equal(results[1]) || !results[0].equal(results[2]) {
			t.Error("the number of workers changes bits")
		}
	}
}

func TestParallelBlocks(t *testing.T) {
	want := train(newSession(t, 2, Train), one(t, "mbconv-se"))
	var wg sync.WaitGroup
	for range 4 {
		s := newSession(t, 2, Train)
		wg.Go(func() {
			for range 3 {
				if !train(s, one(t, "mbconv-se")).equal(want) {
					t.Error("a block differs when others are compiled and run beside it")
				}
			}
		})
	}
	wg.Wait()
}

func TestMisuse(t *testing.T) {
	b, s := one(t, "mbconv"), newSession(t, 2, Train)
	x, y := noise(2*b.in.Size(), 1), make([]float32, 2*b.out.Size())
	for _, c := range []struct {
		want string
		f    func()
	}{
		{"Backward with batch 2", func() { b.Backward(s, x, y) }},
		{"x has", func() { b.Forward(s, y, x[1:]) }},
		{"dst has", func() { b.Forward(s, y[1:], x) }},
		{"seed 8", func() {
			b.Forward(s, y, x)
			s.Seed = 8
			b.Backward(s, x, y)
		}},
	} {
		func() {
			defer func() {
				if text, _ := recover().(string); !strings.Contains(text, "mbconv") || !strings.Contains(text, c.want) {
					t.Errorf("panic %q does not name the block and %q", text, c.want)
				}
			}()
			c.f()
		}()
	}
}

func TestRunningStatistics(t *testing.T) {
	g := build(t, sdk.Shape{Height: 2, Width: 3, Channels: 1}, func(x sdk.Tensor) sdk.Tensor { return x.BatchNorm() })
	b, err := Compile("bn", g)
	if err != nil {
		t.Fatal(err)
	}
	s := newSession(t, 2, Probe)
	mean, variance := b.Params[2].Value, b.Params[3].Value
	y := make([]float32, 12)
	forward := func(seed uint64) (m, v float64) {
		x := noise(12, seed)
		b.Forward(s, y, x)
		for _, x := range x {
			m += float64(x) / 12
		}
		for _, x := range x {
			v += (float64(x) - m) * (float64(x) - m) / 11
		}
		return m, v
	}
	m, v := forward(1)
	check(t, "mean", mean[0], 0.1*m)
	check(t, "variance", variance[0], 0.9+0.1*v)

	mean[0], variance[0] = float32(math.NaN()), float32(math.Inf(1))
	var means, variances float64
	for i := range 4 {
		s.Momentum = 1 / float32(i+1)
		m, v := forward(uint64(i))
		means, variances = means+m/4, variances+v/4
	}
	check(t, "plain mean of means", mean[0], means)
	check(t, "plain mean of variances", variance[0], variances)
}

func check(t *testing.T, what string, got float32, want float64) {
	t.Helper()
	if d := float64(got) - want; !(math.Abs(d) < 1e-6) {
		t.Errorf("%s is %g, want %g", what, got, want)
	}
}

func TestOneValueHasNoVariance(t *testing.T) {
	g := build(t, sdk.Shape{Height: 1, Width: 1, Channels: 2}, func(x sdk.Tensor) sdk.Tensor { return x.BatchNorm() })
	b, _ := Compile("bn", g)
	r := train(newSession(t, 1, Train), b)
	if !slices.Equal(r.y, []float32{0, 0}) || !slices.Equal(b.Params[3].Value, []float32{0.9, 0.9}) {
		t.Errorf("y %v, running variance %v: want 0 and 0.9", r.y, b.Params[3].Value)
	}
}

func TestOnlyTrainDrops(t *testing.T) {
	b := compile(t, "drop", build(t, image(4), func(x sdk.Tensor) sdk.Tensor { return x.Dropout(0.5).DropPath(0.5) }))
	for _, mode := range []Mode{Probe, Eval} {
		x, y := noise(3*b.in.Size(), 1), make([]float32, 3*b.out.Size())
		b.Forward(newSession(t, 3, mode), y, x)
		if !slices.Equal(x, y) {
			t.Errorf("mode %d drops", mode)
		}
	}
}

func TestDropoutMasks(t *testing.T) {
	g := build(t, sdk.Shape{Height: 8, Width: 8, Channels: 8}, func(x sdk.Tensor) sdk.Tensor { return x.Dropout(0.25) })
	two := build(t, g.In, func(x sdk.Tensor) sdk.Tensor { return x.Concat(x.Dropout(0.25), x.Dropout(0.25)) })
	ones := make([]float32, 2*g.In.Size())
	for i := range ones {
		ones[i] = 1
	}
	mask := func(name string, seed uint64) []float32 {
		b, s := compile(t, name, g), newSession(t, 2, Train)
		s.Seed = seed
		y, dx := make([]float32, len(ones)), make([]float32, len(ones))
		b.Forward(s, y, ones)
		b.Backward(s, dx, ones)
		if !slices.Equal(y, dx) {
			t.Error("the mask differs in the backward pass")
		}
		return y
	}
	first := mask("a", 1)
	dropped := 0
	for _, v := range first {
		switch v {
		case 0:
			dropped++
		case 1 / float32(0.75):
		default:
			t.Fatalf("dropout made %g of 1", v)
		}
	}
	if share := float64(dropped) / float64(len(first)); math.Abs(share-0.25) > 0.06 {
		t.Errorf("dropped %.2f, want 0.25", share)
	}
	if !slices.Equal(first, mask("a", 1)) {
		t.Error("the mask is not a function of the seed")
	}
	if slices.Equal(first, mask("a", 2)) || slices.Equal(first, mask("b", 1)) {
		t.Error("another seed or block has the same mask")
	}
	b, s := compile(t, "two", two), newSession(t, 1, Train)
	y := make([]float32, b.out.Size())
	b.Forward(s, y, ones[:b.in.Size()])
	same := true
	for i := 0; i < len(y); i += 24 {
		same = same && slices.Equal(y[i+8:i+16], y[i+16:i+24])
	}
	if same {
		t.Error("two nodes of a block have the same mask")
	}
}

func TestFrozenBackwardGivesTheSameInputGradient(t *testing.T) {
	for _, e := range examples {
		want := train(newSession(t, 3, Train), one(t, e.name))
		b, s := one(t, e.name), newSession(t, 3, Train)
		s.Frozen = true
		b.Forward(s, make([]float32, 3*b.out.Size()), noise(3*b.in.Size(), 1))
		dx := make([]float32, 3*b.in.Size())
		b.Backward(s, dx, noise(3*b.out.Size(), 2))
		if !slices.Equal(dx, want.dx) {
			t.Errorf("%s: dx differs in a frozen session", e.name)
		}
	}
}
