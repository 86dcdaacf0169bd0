package kernel

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

func TestDropout(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seed, n := rapid.Uint64().Draw(t, "seed"), rapid.IntRange(1, 60000).Draw(t, "n")
		rate := rapid.Float32Range(0, 0.9).Draw(t, "rate")
		x := normals(drawRand(t), n)
		got := onPools(t, func(p *Pool) [][]float32 {
			y, z := append([]float32(nil), x...), garbage(n)
			Dropout(p, y, y, rate, seed)
			Dropout(p, z, x, rate, seed+1)
			return [][]float32{y, z}
		})
		kept, same := 0, 0
		for i, v := range got[0] {
			if v != 0 {
				kept++
				if want := x[i] / (1 - rate); math.Abs(float64(v-want)) > 1e-6*math.Abs(float64(want)) {
					t.Fatalf("y[%d] = %g, want %g", i, v, want)
				}
			}
			if (v != 0) == (got[1][i] != 0) {
				same++
			}
		}
		keep := float64(1 - rate)
		binomial(t, "kept", kept, n, keep)
		binomial(t, "equal under another seed", same, n, keep*keep+(1-keep)*(1-keep))
	})
}

// binomial demands a count within 6 standard deviations.
func binomial(t rapid.TB, what string, count, n int, p float64) {
	t.Helper()
	if d := math.Abs(float64(count) - p*float64(n)); d > 6*math.Sqrt(p*(1-p)*float64(n))+1 {
		t.Fatalf("%s: %d of %d, want about %.0f", what, count, n, p*float64(n))
	}
}

func TestDropPath(t *testing.T) {
	const n, size, rate = 2000, 7, 0.3
	x := make([]float32, n*size)
	for i := range x {
		x[i] = float32(i + 1)
	}
	got := onPools(t, func(p *Pool) [][]float32 {
		y := garbage(len(x))
		DropPath(p, y, x, n, rate, 5)
		return [][]float32{y}
	})
	kept := 0
	for b := range n {
		alive := got[0][b*size] != 0
		if alive {
			kept++
		}
		for i := b * size; i < (b+1)*size; i++ {
			want := 0.0
			if alive {
				want = float64(x[i]) / 0.7
			}
			if math.Abs(float64(got[0][i])-want) > 1e-6*want {
				t.Fatalf("y[%d] = %g, want %g", i, got[0][i], want)
			}
		}
	}
	binomial(t, "kept", kept, n, 0.7)
}

func TestSoftmaxCrossEntropy(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := drawRand(t)
		rows, classes := rapid.IntRange(1, 6).Draw(t, "rows"), rapid.IntRange(1, 12).Draw(t, "classes")
		logits, labels := normals(r, rows*classes), make([]int32, rows)
		for i := range labels {
			labels[i] = int32(r.IntN(classes))
		}
		smoothing := rapid.SampledFrom([]float64{0, 0.1, 0.7}).Draw(t, "smoothing")
		loss := func() (sum float64) {
			for i, label := range labels {
				total := 0.0
				for _, v := range logits[i*classes : (i+1)*classes] {
					total += math.Exp(float64(v))
				}
				for k, v := range logits[i*classes : (i+1)*classes] {
					target := smoothing / float64(classes)
					if k == int(label) {
						target += 1 - smoothing
					}
					sum -= target * math.Log(math.Exp(float64(v))/total) / float64(rows)
				}
			}
			return sum
		}
		d := garbage(len(logits))
		got, _ := SmoothCrossEntropy(d, logits, labels, classes, smoothing)
		if math.Abs(got-loss()) > 1e-6 {
			t.Fatalf("loss %g, want %g", got, loss())
		}
		near(t, "dlogits", d, slope(logits, loss), ones(len(d)), 1e-4)
	})
}

// The loss and the gradient of two labels are the shares of those of each label.
func TestMixedCrossEntropyIsTheShareOfEach(t *testing.T) {
	logits := []float32{1, 3, -2, 0.5, 0.25, 4}
	labels, others := []int32{1, 0}, []int32{2, 0}
	for _, smoothing := range []float64{0, 0.2} {
		one, two, got := garbage(6), garbage(6), garbage(6)
		lossOne, correctOne := SmoothCrossEntropy(one, logits, labels, 3, smoothing)
		lossTwo, _ := SmoothCrossEntropy(two, logits, others, 3, smoothing)
		loss, correct := MixedCrossEntropy(got, logits, labels, others, 0.75, 3, smoothing)
		if want := 0.75*lossOne + 0.25*lossTwo; math.Abs(loss-want) > 1e-12 || correct != correctOne {
			t.Errorf("loss %v, want %v; correct %d, want %d", loss, want, correct, correctOne)
		}
		for i := range got {
			if want := 0.75*float64(one[i]) + 0.25*float64(two[i]); math.Abs(float64(got[i])-want) > 1e-7 {
				t.Errorf("gradient %d is %v, want %v", i, got[i], want)
			}
		}
	}
	// By hand: equal logits have softmax 1/2, so that every share has the loss log 2, and the gradient is 1/2 − share.
	d := garbage(2)
	loss, _ := MixedCrossEntropy(d, []float32{0, 0}, []int32{0}, []int32{1}, 0.75, 2, 0)
	if math.Abs(loss-math.Log(2)) > 1e-12 || d[0] != -0.25 || d[1] != 0.25 {
		t.Errorf("loss %v and gradient %v, want log 2 and -0.25, 0.25", loss, d)
	}
}

func TestSoftmaxCrossEntropyIsStable(t *testing.T) {
	d := garbage(6)
	loss, correct := SoftmaxCrossEntropy(d, []float32{1e4, -1e4, 0, 1e4, -1e4, 1e4}, []int32{1, 0}, 3)
	if want := (2e4 + math.Log(2)) / 2; math.Abs(loss-want) > 1e-9*want || correct != 1 {
		t.Errorf("loss %g, want %g; correct %d, want 1 (the first of two equal logits)", loss, want, correct)
	}
	want := []float32{0.5, -0.5, 0, -0.25, 0, 0.25}
	exact(t, "dlogits", d, func(i int) float32 { return want[i] })
}

func TestSoftmaxCrossEntropyCounts(t *testing.T) {
	nan := float32(math.NaN())
	for _, c := range []struct {
		logits []float32
		label  int32
		want   int
	}{
		{[]float32{1, 3, 2}, 1, 1},
		{[]float32{1, 3, 2}, 2, 0},
		{[]float32{3, 3, 2}, 0, 1},
		{[]float32{3, 3, 2}, 1, 0},
		{[]float32{nan, 3, 2}, 0, 0},
		{[]float32{nan, 3, 2}, 1, 0},
		{[]float32{1, nan, 2}, 2, 0},
	} {
		if _, got := SoftmaxCrossEntropy(nil, c.logits, []int32{c.label}, 3); got != c.want {
			t.Errorf("logits %v, label %d: correct %d, want %d", c.logits, c.label, got, c.want)
		}
	}
}

// TestSGDNesterov writes out three steps of torch.optim.SGD(lr, momentum, weight_decay, nesterov=True).
func TestSGDNesterov(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r, n := drawRand(t), rapid.IntRange(1, 40000).Draw(t, "n")
		w0 := normals(r, n)
		grads := [][]float32{normals(r, n), normals(r, n), normals(r, n)}
		const lr, momentum, decay = 0.1, 0.9, 0.01
		got := onPools(t, func(p *Pool) [][]float32 {
			w, v := append([]float32(nil), w0...), make([]float32, n)
			for _, g := range grads {
				SGDNesterov(p, w, v, g, lr, momentum, decay)
			}
			return [][]float32{w, v}
		})
		w, buf := wide(w0), []float64(nil)
		for _, grad := range grads {
			d := wide(grad)
			for i := range d {
				d[i] += decay * w[i]
			}
			if buf == nil { // the first step clones the gradient
				buf = append(buf, d...)
			} else {
				for i := range buf {
					buf[i] = momentum*buf[i] + d[i]
				}
			}
			for i := range w {
				w[i] -= lr * (d[i] + momentum*buf[i])
			}
		}
		near(t, "w", got[0], w, ones(n), 3e-6)
		near(t, "v", got[1], buf, ones(n), 1e-5)
	})
}

// TestDropoutSeedsDoNotOverlap: the sequence of a seed is not another's from a later element on.
func TestDropoutSeedsDoNotOverlap(t *testing.T) {
	for i := range 100 {
		if hash(7, i+1) == hash(7+increment, i) {
			t.Fatalf("element %d of one seed is element %d of another", i+1, i)
		}
	}
}
