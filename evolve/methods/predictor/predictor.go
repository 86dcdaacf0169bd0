// Package predictor predicts the accuracy of architectures from those that were trained, by a Gaussian process.
//
// An architecture has four numbers a layer: the weights and the width of its operations in all, and the means of their
// windows and dilations, as logarithms. The covariance of two architectures is a sum of kernels. The main one is linear
// in these numbers layer by layer, in their sums over layers, and in the cost and the parameters of the network, and
// has a part for what is not linear. The other one compares the operations that both have, in the same layers and in
// any. The weights of both and the noise are those of a grid for which the accuracies are most likely.
//
// Sums over layers make what holds in one layer likely in the others. Operations that the process has not seen are
// known by their numbers.
//
// Accuracies after fewer epochs are shifted to those after the most, by the mean difference of architectures that have
// both.
package predictor

import (
	"errors"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/nse-dev/nse/evolve"
)

// Predictor is a fitted process. It changes nothing when it predicts.
type Predictor struct {
	problem evolve.Problem
	centre  []float64 // of the numbers of the points
	scale   []float64 // 1 / their standard deviations, and 0 where all are equal
	points  []features
	y       []float64 // accuracies of the points
	weights weights
	solved  mat.VecDense // covariance⁻¹·(y − mean)
	chol    mat.Cholesky
	mean    float64
	spread  float64 // standard deviation of y, by which it is divided
}

// weights are those of the two kernels, and the variance of the noise, as parts of the variance of y.
type weights struct{ forms, names, noise float64 }

// features are what the kernels see of an architecture.
type features struct {
	arch    evolve.Arch
	kinds   []float64 // by operation: in how many layers it is
	numbers []float64 // of each layer, then of the network; in standard deviations of the points
	sums    []float64 // over layers
}

// ErrFew says that there are too few architectures to fit anything.
var ErrFew = errors.New("fewer than 3 architectures of different accuracies")

// Fit fits a process to trials that are done. Trials of one architecture count once, with the most epochs.
func Fit(p evolve.Problem, trials []evolve.Trial) (*Predictor, error) {
	archs, y := Levelled(trials)
	if len(y) < 3 || slices.Min(y) == slices.Max(y) {
		return nil, ErrFew
	}
	f := &Predictor{problem: p, y: y}
	f.scales(archs)
	for _, a := range archs {
		f.points = append(f.points, f.features(a))
	}
	f.mean, f.spread = moments(y)
	z := make([]float64, len(y))
	for i, v := range y {
		z[i] = (v - f.mean) / f.spread
	}
	alike := f.likenesses()
	best := math.Inf(-1)
	chosen := weights{}
	for _, w := range grid() {
		n := min(len(z), choosing)
		if _, _, likely := solve(w, alike[:n], z[:n]); likely > best {
			best, chosen = likely, w
		}
	}
	f.weights = chosen
	if f.chol, f.solved, best = solve(f.weights, alike, z); math.IsInf(best, -1) {
		return nil, errors.New("no covariance of the grid is positive definite")
	}
	return f, nil
}

// choosing is the number of points, the first ones, by which the weights are chosen. More points make it slow.
const choosing = 200

// solve factorizes the covariance of points with values z, and gives covariance⁻¹·z and the logarithm of the
// likelihood, up to a constant. It is −Inf where the covariance is not positive definite.
func solve(w weights, alike [][]likeness, z []float64) (chol mat.Cholesky, solved mat.VecDense, likely float64) {
	v := mat.NewVecDense(len(z), z)
	if !chol.Factorize(covariance(w, alike)) || chol.SolveVecTo(&solved, v) != nil {
		return chol, solved, math.Inf(-1)
	}
	return chol, solved, -(mat.Dot(v, &solved) + chol.LogDet()) / 2
}

// At predicts the accuracy of an architecture after the most epochs that any trial had. deviation is the standard
// deviation of the prediction, without the noise of a training.
func (f *Predictor) At(a evolve.Arch) (accuracy, deviation float64) {
	x := f.features(a)
	k := mat.NewVecDense(len(f.points), nil)
	for i, p := range f.points {
		k.SetVec(i, f.weights.kernel(alike(x, p)))
	}
	var solved mat.VecDense
	variance := f.weights.kernel(alike(x, x))
	if err := f.chol.SolveVecTo(&solved, k); err == nil {
		variance -= mat.Dot(k, &solved)
	}
	return f.mean + f.spread*mat.Dot(k, &f.solved), f.spread * math.Sqrt(max(variance, 0))
}

// Mean is the accuracy that At predicts. It takes far less time where there are many points.
func (f *Predictor) Mean(a evolve.Arch) float64 {
	x, sum := f.features(a), 0.0
	for i, p := range f.points {
		sum += f.weights.kernel(alike(x, p)) * f.solved.AtVec(i)
	}
	return f.mean + f.spread*sum
}

// LeaveOneOut predicts each architecture of Levelled from all others, with the same weights (Rasmussen and Williams,
// Gaussian Processes for Machine Learning, eq. 5.12).
func (f *Predictor) LeaveOneOut() (accuracies []float64) {
	var inverse mat.SymDense
	if err := f.chol.InverseTo(&inverse); err != nil {
		panic("predictor: a factorized covariance has no inverse")
	}
	for i, y := range f.y {
		accuracies = append(accuracies, y-f.spread*f.solved.AtVec(i)/inverse.At(i, i))
	}
	return accuracies
}

// Levelled lists the architectures of trials, each once, with their accuracies at the level of the most epochs.
func Levelled(trials []evolve.Trial) (archs []evolve.Arch, accuracies []float64) {
	longest := map[string]evolve.Trial{}
	by := map[string]map[int]float64{}
	var order []string
	var lengths []int
	for _, t := range trials {
		key := t.Arch.Key()
		if by[key] == nil {
			by[key], order = map[int]float64{}, append(order, key)
		}
		by[key][t.Epochs] = t.Accuracy
		if was, seen := longest[key]; !seen || t.Epochs >= was.Epochs {
			longest[key] = t
		}
		if !slices.Contains(lengths, t.Epochs) {
			lengths = append(lengths, t.Epochs)
		}
	}
	slices.Sort(lengths)
	shift := map[int]float64{} // to the level of the most epochs
	for i := len(lengths) - 2; i >= 0; i-- {
		sum, n := 0.0, 0
		for _, key := range order {
			low, hasLow := by[key][lengths[i]]
			high, hasHigh := by[key][lengths[i+1]]
			if hasLow && hasHigh {
				sum, n = sum+high-low, n+1
			}
		}
		shift[lengths[i]] = shift[lengths[i+1]] + sum/float64(max(n, 1))
	}
	for _, key := range order {
		t := longest[key]
		archs, accuracies = append(archs, t.Arch), append(accuracies, t.Accuracy+shift[t.Epochs])
	}
	return archs, accuracies
}

// perLayer is how many numbers a layer has.
const perLayer = 4

// numbers describe an architecture layer by layer, and then by its cost and its parameters. What a problem does not
// tell is 0, but for the weights of a layer: their place is the cost's then.
func numbers(p evolve.Problem, a evolve.Arch) (list []float64) {
	total, params := p.Fixed, 0.0
	for l, path := range a {
		var weights, width, window, dilation float64
		for _, op := range path {
			c := p.Pool[op]
			total += c.Cost[l]
			if c.Params != nil {
				params += c.Params[l]
			}
			if c.Forms == nil {
				weights += c.Cost[l]
				continue
			}
			f := c.Forms[l]
			dense := f.Window / f.Dilation
			weights += f.Width * (pointwise + dense*dense)
			width += f.Width
			window += math.Log(f.Window) / float64(len(path))
			dilation += math.Log(f.Dilation) / float64(len(path))
		}
		list = append(list, math.Log(1+weights), math.Log(1+width), window, dilation)
	}
	return append(list, math.Log(1+total), math.Log(1+params))
}

// pointwise is the number of weights of a channel besides those of its window. Real costs say less: those of dense
// convolutions are far above what they are worth.
const pointwise = 16

// scales takes the mean and the standard deviation of each number.
func (f *Predictor) scales(archs []evolve.Arch) {
	rows := make([][]float64, len(archs))
	for i, a := range archs {
		rows[i] = numbers(f.problem, a)
	}
	for j := range rows[0] {
		column := make([]float64, len(rows))
		for i, row := range rows {
			column[i] = row[j]
		}
		mean, deviation := moments(column)
		if deviation > 0 {
			deviation = 1 / deviation
		}
		f.centre, f.scale = append(f.centre, mean), append(f.scale, deviation)
	}
}

// features describes an architecture to the kernels.
func (f *Predictor) features(a evolve.Arch) features {
	x := features{arch: a, kinds: make([]float64, len(f.problem.Pool)), numbers: numbers(f.problem, a),
		sums: make([]float64, perLayer)}
	for j := range x.numbers {
		x.numbers[j] = (x.numbers[j] - f.centre[j]) * f.scale[j]
		if j < perLayer*len(a) {
			x.sums[j%perLayer] += x.numbers[j]
		}
	}
	for _, path := range a {
		for _, op := range path {
			x.kinds[op]++
		}
	}
	return x
}

// likeness is what two architectures have in common: the two kernels.
type likeness struct{ forms, names float64 }

// likenesses are those of each point with itself and with the points before it.
func (f *Predictor) likenesses() (rows [][]likeness) {
	for i, p := range f.points {
		row := make([]likeness, i+1)
		for j := range row {
			row[j] = alike(p, f.points[j])
		}
		rows = append(rows, row)
	}
	return rows
}

// alike compares two architectures.
func alike(x, y features) (a likeness) {
	const layer, sum, whole, other, length = 0.1, 0.25, 0.1, 0.3, 1.5 // parts of the main kernel; length is of the last
	n := perLayer * len(x.arch)
	layers, network := dot(x.numbers[:n], y.numbers[:n]), dot(x.numbers[n:], y.numbers[n:])
	distance := 0.0 // squared
	for j, v := range x.numbers {
		distance += (v - y.numbers[j]) * (v - y.numbers[j]) / float64(len(x.numbers))
	}
	a.forms = (layer*layers+sum*dot(x.sums, y.sums))/float64(n) + whole*network/float64(len(x.numbers)-n) +
		other*math.Exp(-distance/(2*length*length))
	a.names = cosine(places(x, y), places(x, x), places(y, y)) +
		cosine(dot(x.kinds, y.kinds), dot(x.kinds, x.kinds), dot(y.kinds, y.kinds))
	return a
}

// places is in how many places of a layer both have the same operation.
func places(x, y features) (n float64) {
	for l := range x.arch {
		for _, op := range x.arch[l] {
			if slices.Contains(y.arch[l], op) {
				n++
			}
		}
	}
	return n
}

// dot is x·y.
func dot(x, y []float64) (sum float64) {
	for i, v := range x {
		sum += v * y[i]
	}
	return sum
}

// cosine is xy/√(xx·yy), and 0 where a norm is.
func cosine(xy, xx, yy float64) float64 {
	if xx*yy == 0 {
		return 0
	}
	return xy / math.Sqrt(xx*yy)
}

// covariance is that of all points, with the noise.
func covariance(w weights, rows [][]likeness) *mat.SymDense {
	c := mat.NewSymDense(len(rows), nil)
	for i, row := range rows {
		for j, a := range row {
			c.SetSym(i, j, w.kernel(a))
		}
		c.SetSym(i, i, c.At(i, i)+w.noise)
	}
	return c
}

// kernel is the covariance of two architectures, without noise.
func (w weights) kernel(a likeness) float64 { return w.forms*a.forms + w.names*a.names }

// grid lists the weights that are tried.
func grid() (list []weights) {
	for _, forms := range []float64{1, 3} {
		for _, names := range []float64{0.05, 0.5} {
			for _, noise := range []float64{0.1, 0.2, 0.4} {
				list = append(list, weights{forms, names, noise})
			}
		}
	}
	return list
}

// moments are the mean and the standard deviation.
func moments(values []float64) (mean, deviation float64) {
	for _, v := range values {
		mean += v / float64(len(values))
	}
	for _, v := range values {
		deviation += (v - mean) * (v - mean) / float64(len(values))
	}
	return mean, math.Sqrt(deviation)
}
