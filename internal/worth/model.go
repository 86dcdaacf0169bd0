package worth

import (
	"errors"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/distuv"
)

// place is an operation at a layer.
type place struct{ layer, op int }

// point is an architecture that was trained.
type point struct {
	layers   [][]int // operations, by layer
	macs     float64 // in millions
	accuracy float64
}

// model is a posterior over what operations are worth. The accuracy of an architecture is a constant, a part for the
// logarithm of its MACs, the sum of the worths of its operations, and noise. The worth of an operation at a layer is
// that of the operation anywhere and one of the layer's own. All of these are normal, and the variances of the worths
// are unknown: the posterior is a mixture over a grid of them, by their likelihood. The variance of the noise is
// integrated out.
type model struct {
	points []point
	size   []float64 // logarithms of MACs, in standard deviations
	spread float64   // standard deviation of the accuracies
	parts  []part
}

// part is the posterior for one pair of variances.
type part struct {
	ops, places float64 // variances of worths, in variances of the noise
	weight      float64 // in the mixture
	scale       float64 // variance of the noise, in variances of the accuracies
	chol        mat.Cholesky
	solved      mat.VecDense // covariance⁻¹·accuracies
}

// Constant and size have variances that leave them free, which takes two degrees of freedom. Weights below faint are
// left out.
const (
	free  = 100
	taken = 2
	faint = 1e-3
)

// fit computes the posterior. At least four points of different accuracies are needed.
func fit(points []point) (*model, error) {
	m := &model{points: points}
	y, macs := make([]float64, len(points)), make([]float64, len(points))
	for i, p := range points {
		y[i], macs[i] = p.accuracy, math.Log(1e-9+p.macs)
	}
	if len(points) < least || slices.Min(y) == slices.Max(y) {
		return nil, errFew
	}
	m.spread, m.size = standardize(y), macs
	standardize(macs)
	best := math.Inf(-1)
	for _, ops := range grid {
		for _, places := range grid {
			if p, likely, ok := m.part(ops, places, y); ok {
				p.weight, best = likely, max(best, likely)
				m.parts = append(m.parts, p)
			}
		}
	}
	for i := range m.parts {
		m.parts[i].weight = math.Exp(m.parts[i].weight - best)
	}
	m.parts = slices.DeleteFunc(m.parts, func(p part) bool { return p.weight < faint })
	total := 0.0
	for _, p := range m.parts {
		total += p.weight
	}
	for i := range m.parts {
		m.parts[i].weight /= total
	}
	return m, nil
}

// least is the number of architectures without which nothing can be said.
const least = 4

var errFew = errors.New("fewer than 4 architectures of different accuracies")

// grid has the variances of worths that are tried, in variances of the noise. Lower ones would say that nothing is
// worth anything: few trainings do not refute that, and intervals would be too narrow.
var grid = []float64{0.05, 0.15, 0.5, 1.5, 5, 15}

// standardize subtracts the mean of a list and divides by its standard deviation, which it returns.
func standardize(list []float64) (deviation float64) {
	mean := 0.0
	for _, v := range list {
		mean += v / float64(len(list))
	}
	for i, v := range list {
		list[i] = v - mean
		deviation += list[i] * list[i] / float64(len(list))
	}
	deviation = math.Sqrt(deviation)
	for i := range list {
		list[i] /= max(deviation, math.SmallestNonzeroFloat64)
	}
	return deviation
}

// part is the posterior for variances, with the logarithm of their likelihood up to a constant.
func (m *model) part(ops, places float64, y []float64) (p part, likely float64, ok bool) {
	n := len(y)
	covariance := mat.NewSymDense(n, nil)
	for i, x := range m.points {
		for j := range i + 1 {
			anywhere, same := alike(x, m.points[j])
			c := free*(1+m.size[i]*m.size[j]) + ops*anywhere + places*same
			if i == j {
				c++
			}
			covariance.SetSym(i, j, c)
		}
	}
	p.ops, p.places = ops, places
	v := mat.NewVecDense(n, y)
	if !p.chol.Factorize(covariance) || p.chol.SolveVecTo(&p.solved, v) != nil {
		return p, 0, false
	}
	squares := mat.Dot(v, &p.solved)
	p.scale = squares / float64(n-taken)
	return p, -(p.chol.LogDet() + float64(n-taken)*math.Log(squares)) / 2, true
}

// alike counts the pairs of equal operations in two architectures: anywhere, and in the same layer.
func alike(x, y point) (anywhere, same float64) {
	counts := map[int]float64{}
	for l, ops := range x.layers {
		for _, op := range ops {
			counts[op]++
			if slices.Contains(y.layers[l], op) {
				same++
			}
		}
	}
	for _, ops := range y.layers {
		for _, op := range ops {
			anywhere += counts[op]
		}
	}
	return anywhere, same
}

// contrast is a sum of worths, with a factor for each operation at a place.
type contrast map[place]float64

// add adds a factor for an operation at a place. Leaving the place empty, which is left, is worth nothing.
func (c contrast) add(at place, factor float64) {
	if at.op != left {
		c[at] += factor
	}
}

// left stands for an empty place instead of an operation.
const left = -1

// expect is the posterior mean of a contrast, and its standard deviation, in parts of the accuracy.
func (m *model) expect(c contrast) (mean, deviation float64) {
	ops := map[int]float64{}
	squares := 0.0 // of the factors at places
	for _, at := range c.places() {
		ops[at.op] += c[at]
		squares += c[at] * c[at]
	}
	anywhere, same := mat.NewVecDense(len(m.points), nil), mat.NewVecDense(len(m.points), nil)
	for i, p := range m.points {
		for l, path := range p.layers {
			for _, op := range path {
				anywhere.SetVec(i, anywhere.AtVec(i)+ops[op])
				same.SetVec(i, same.AtVec(i)+c[place{l, op}])
			}
		}
	}
	whole := 0.0
	for _, at := range c.places() {
		whole += ops[at.op] * c[at] // Σ over operations of the squares of their sums
	}
	var k, solved mat.VecDense
	second := 0.0 // moment
	for _, p := range m.parts {
		k.ScaleVec(p.ops, anywhere)
		k.AddScaledVec(&k, p.places, same)
		if p.chol.SolveVecTo(&solved, &k) != nil {
			panic("worth: a factorized covariance has no inverse")
		}
		at := mat.Dot(&k, &p.solved)
		variance := p.scale * max(0, p.ops*whole+p.places*squares-mat.Dot(&k, &solved))
		mean += p.weight * at
		second += p.weight * (variance + at*at)
	}
	return m.spread * mean, m.spread * math.Sqrt(max(0, second-mean*mean))
}

// places lists the places of a contrast in an order of their own, so that sums are equal to the bit.
func (c contrast) places() (list []place) {
	for at := range c {
		list = append(list, at)
	}
	slices.SortFunc(list, func(a, b place) int { return 2*sign(a.layer-b.layer) + sign(a.op-b.op) })
	return list
}

func sign(n int) int { return min(max(n, -1), 1) }

// quantile is how many standard deviations each side of the 95 % interval has: Student's, since the noise is estimated.
func (m *model) quantile() float64 {
	return distuv.StudentsT{Sigma: 1, Nu: float64(len(m.points) - taken)}.Quantile(0.975)
}
