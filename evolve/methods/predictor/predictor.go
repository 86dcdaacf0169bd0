// Package predictor predicts the accuracy of architectures from those that were trained, by a Gaussian process.
//
// The covariance of two architectures is a sum of three kernels. The first compares the operations that both have in
// the same layers, related ones too, and the second those that both have in any layer. The third compares costs,
// parameters and branches, layer by layer. Each kernel has a weight. The weights and the noise are those of a grid for
// which the accuracies are most likely.
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
	related [][]float64 // by two operations: 0 to 1
	points  []features
	y       []float64 // accuracies of the points
	scale   []float64 // of the numbers of a point: 1 / their standard deviation
	weights weights
	solved  mat.VecDense // covariance⁻¹·(y − mean)
	chol    mat.Cholesky
	mean    float64
	spread  float64 // standard deviation of y, by which it is divided
}

// weights are those of the three kernels, and the variance of the noise, as parts of the variance of y.
type weights struct {
	places, kinds, numbers, noise float64
	length                        float64 // of the numbers' kernel, in standard deviations of a number
}

// features are what the kernels see of an architecture.
type features struct {
	arch    evolve.Arch
	kinds   []float64 // by operation: in how many layers it is
	numbers []float64
	self    float64 // places of the architecture with itself
}

// ErrFew says that there are too few architectures to fit anything.
var ErrFew = errors.New("fewer than 3 architectures of different accuracies")

// Fit fits a process to trials that are done. Trials of one architecture count once, with the most epochs.
func Fit(p evolve.Problem, trials []evolve.Trial) (*Predictor, error) {
	archs, y := Levelled(trials)
	if len(y) < 3 || slices.Min(y) == slices.Max(y) {
		return nil, ErrFew
	}
	f := &Predictor{problem: p, y: y, related: related(p)}
	for _, a := range archs {
		f.points = append(f.points, f.features(a))
	}
	f.scales()
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
		k.SetVec(i, f.weights.kernel(f.alike(x, p)))
	}
	var solved mat.VecDense
	variance := f.weights.kernel(f.alike(x, x))
	if err := f.chol.SolveVecTo(&solved, k); err == nil {
		variance -= mat.Dot(k, &solved)
	}
	return f.mean + f.spread*mat.Dot(k, &f.solved), f.spread * math.Sqrt(max(variance, 0))
}

// Mean is the accuracy that At predicts. It takes far less time where there are many points.
func (f *Predictor) Mean(a evolve.Arch) float64 {
	x, sum := f.features(a), 0.0
	for i, p := range f.points {
		sum += f.weights.kernel(f.alike(x, p)) * f.solved.AtVec(i)
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

// features describes an architecture: for each layer the cost, the parameters and the branches, and all of the network.
// Costs and parameters are logarithms.
func (f *Predictor) features(a evolve.Arch) features {
	x := features{arch: a, kinds: make([]float64, len(f.problem.Pool))}
	log := func(v float64) float64 { return math.Log(1e-3 + v) }
	var cost, params, branches float64
	for l, path := range a {
		var c, n float64
		for _, op := range path {
			candidate := f.problem.Pool[op]
			c += candidate.Cost[l]
			if candidate.Params != nil {
				n += candidate.Params[l] / 1e6
			}
			x.kinds[op]++
		}
		cost, params, branches = cost+c, params+n, branches+float64(len(path))
		x.numbers = append(x.numbers, log(c), log(n), float64(len(path)))
	}
	x.numbers = append(x.numbers, log(cost), log(params), branches)
	x.self = f.places(x, x)
	return x
}

// scales divides numbers by their standard deviations.
func (f *Predictor) scales() {
	for j := range f.points[0].numbers {
		var column []float64
		for _, p := range f.points {
			column = append(column, p.numbers[j])
		}
		_, deviation := moments(column)
		if deviation > 0 {
			deviation = 1 / deviation
		}
		f.scale = append(f.scale, deviation)
	}
}

// likeness is what two architectures have in common.
type likeness struct {
	places, kinds float64 // 0 to 1
	distance      float64 // squared, of the numbers in their standard deviations
}

// likenesses are those of each point with itself and with the points before it.
func (f *Predictor) likenesses() (rows [][]likeness) {
	for i, p := range f.points {
		row := make([]likeness, i+1)
		for j := range row {
			row[j] = f.alike(p, f.points[j])
		}
		rows = append(rows, row)
	}
	return rows
}

// alike compares two architectures.
func (f *Predictor) alike(x, y features) (a likeness) {
	dot, xx, yy := 0.0, 0.0, 0.0
	for i, v := range x.kinds {
		dot, xx, yy = dot+v*y.kinds[i], xx+v*v, yy+y.kinds[i]*y.kinds[i]
	}
	for i, v := range x.numbers {
		d := (v - y.numbers[i]) * f.scale[i]
		a.distance += d * d / float64(len(x.numbers))
	}
	a.places, a.kinds = ratio(f.places(x, y), x.self*y.self), ratio(dot, xx*yy)
	return a
}

// places sums over layers how far the operations of both are related.
func (f *Predictor) places(x, y features) (sum float64) {
	for l := range x.arch {
		for _, i := range x.arch[l] {
			for _, j := range y.arch[l] {
				sum += f.related[i][j]
			}
		}
	}
	return sum
}

// related compares operations by their costs. Two of a family have about equal ratios of cost in all layers where their
// windows are equal, so that the spread of ratios tells windows apart, and the mean tells widths. What is not the same
// operation is related by less than 1.
func related(p evolve.Problem) [][]float64 {
	rows := make([][]float64, len(p.Pool))
	for i, a := range p.Pool {
		for j, b := range p.Pool {
			var ratios []float64
			for l := range a.Cost {
				ratios = append(ratios, math.Log((a.Cost[l]+tiny)/(b.Cost[l]+tiny)))
			}
			mean, deviation := moments(ratios)
			r := math.Exp(-(math.Pow(mean/0.7, 2) + math.Pow(deviation/0.15, 2)) / 2)
			if i != j {
				r *= 0.9
			}
			rows[i] = append(rows[i], r)
		}
	}
	return rows
}

// tiny keeps the ratios of costs finite, in the unit of the costs.
const tiny = 1e-6

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
func (w weights) kernel(a likeness) float64 {
	return w.places*a.places + w.kinds*a.kinds + w.numbers*math.Exp(-a.distance/(2*w.length*w.length))
}

// ratio is a/√b, and 0 where b is.
func ratio(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / math.Sqrt(b)
}

// grid lists the weights that are tried.
func grid() (list []weights) {
	for _, places := range []float64{0.1, 0.5} {
		for _, kinds := range []float64{0.1, 0.5} {
			for _, numbers := range []float64{1, 4} {
				for _, length := range []float64{1.5, 3, 6} {
					for _, noise := range []float64{0.03, 0.1, 0.3} {
						list = append(list, weights{places, kinds, numbers, noise, length})
					}
				}
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
