// Package prior draws architectures that meet the budget, knowing nothing but what operations cost. All methods that
// need architectures before they have learned anything draw them here, so that they start from the same space.
//
// Every operation is on with the probability sigmoid(−λ·cost), independently of the others. That product is restricted
// to the paths that a layer allows: at most K branches, or one, and at least one in a reduction layer. The expected
// cost of the restricted product is τ, by the choice of λ. Draws outside the constraint interval are rejected.
//
// Among all distributions on these paths with expected cost τ, this one has the largest entropy. With λ = 0 every path
// is equally likely.
package prior

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/nse-dev/nse/evolve"
)

// Sampler draws architectures. It changes nothing when it draws, and may be used by several goroutines.
type Sampler struct {
	// Lambda is λ, in 1 / the unit of cost. It is negative where the budget is dearer than paths drawn uniformly.
	Lambda float64

	search evolve.Search
	layers []layer
}

// New makes the sampler of a search's budget over a subset, which lists the operations of every layer. Reduction layers
// need an operation at least.
func New(s evolve.Search, subset []evolve.Path) *Sampler {
	p := &Sampler{search: s, layers: make([]layer, len(subset))}
	dearest, paths := 0.0, 0.0
	for l, ops := range subset {
		p.layers[l] = newLayer(s, l, ops)
		dearest, paths = max(dearest, p.layers[l].dearest()), max(paths, p.layers[l].paths())
	}
	if dearest == 0 {
		p.tilt(0)
		return p
	}
	exponent := min(600, 680-paths) // e to that many is a finite number, sums over all paths too
	low, high := -exponent/dearest, exponent/dearest
	for range 100 {
		p.Lambda = (low + high) / 2
		p.tilt(p.Lambda)
		if p.Expected() > s.Config.Constraint.Tau {
			low = p.Lambda
		} else {
			high = p.Lambda
		}
	}
	return p
}

// tilt gives the layers their probabilities at λ.
func (p *Sampler) tilt(lambda float64) {
	for l := range p.layers {
		p.layers[l].tilt(lambda)
	}
}

// Expected is the expected cost of a draw before rejection, in the unit of cost. It is τ, unless no λ reaches that.
func (p *Sampler) Expected() float64 {
	cost := p.search.Problem.Fixed
	for _, l := range p.layers {
		cost += l.expected()
	}
	return cost
}

// Draw draws an architecture of any cost.
func (p *Sampler) Draw(r *rand.Rand) evolve.Arch {
	a := make(evolve.Arch, len(p.layers))
	for l := range p.layers {
		a[l] = p.layers[l].draw(r)
	}
	return a
}

// Within draws an architecture whose cost lies in the constraint interval, and which is not among those to leave out,
// by their keys. It makes as many draws as search.front.attempts at most, and reports whether it has found one.
func (p *Sampler) Within(r *rand.Rand, leaveOut map[string]bool) (a evolve.Arch, found bool) {
	for range p.search.Config.Front.Attempts {
		if a = p.Draw(r); p.Meets(a) && !leaveOut[a.Key()] {
			return a, true
		}
	}
	return nil, false
}

// Meets reports whether the cost of an architecture lies in the constraint interval.
func (p *Sampler) Meets(a evolve.Arch) bool {
	cost, c := p.search.Problem.Cost(a), p.search.Config.Constraint
	return cost >= c.Low() && cost <= c.High()
}

// Branches are the least and the largest number of operations that a layer's path may have.
func (p *Sampler) Branches(l int) (least, most int) { return p.layers[l].least, p.layers[l].most }

// layer is the distribution over the paths of one layer. A path's weight is the product of e^(−λ·cost) over its
// operations, which is the product of the odds of sigmoid(−λ·cost).
type layer struct {
	ops         evolve.Path
	cost        []float64
	least, most int
	odds        []float64
	// sums[i][k] is the sum of the weights of all paths of k of the operations from i on.
	sums [][]float64
}

func newLayer(s evolve.Search, l int, ops evolve.Path) layer {
	x := layer{ops: ops, most: min(s.Config.Branches(), len(ops)), odds: make([]float64, len(ops))}
	if !s.Problem.Normal[l] {
		x.least = 1
	}
	for _, op := range ops {
		x.cost = append(x.cost, s.Problem.Pool[op].Cost[l])
	}
	for range len(ops) + 1 {
		x.sums = append(x.sums, make([]float64, x.most+1))
	}
	return x
}

// dearest is the largest cost of a path.
func (x layer) dearest() (cost float64) {
	sorted := slices.SortedFunc(slices.Values(x.cost), func(a, b float64) int { return cmp.Compare(b, a) })
	for _, c := range sorted[:x.most] {
		cost += c
	}
	return cost
}

// paths is the logarithm of the number of paths of k operations, for the k that has most.
func (x layer) paths() float64 {
	log := func(n int) float64 { v, _ := math.Lgamma(float64(n + 1)); return v }
	n, k := len(x.ops), min(x.most, len(x.ops)/2)
	return log(n) - log(k) - log(n-k)
}

// tilt computes odds and sums at λ.
func (x *layer) tilt(lambda float64) {
	n := len(x.ops)
	x.sums[n][0] = 1
	for i := n - 1; i >= 0; i-- {
		x.odds[i] = math.Exp(-lambda * x.cost[i])
		x.sums[i][0] = 1
		for k := 1; k <= x.most; k++ {
			x.sums[i][k] = x.sums[i+1][k] + x.odds[i]*x.sums[i+1][k-1]
		}
	}
}

// expected is the expected cost of a path: that of every operation times the probability that it is on.
func (x layer) expected() float64 {
	costs := make([]float64, x.most+1) // of all paths of k operations: weight times cost, summed
	for i := len(x.ops) - 1; i >= 0; i-- {
		for k := x.most; k >= 1; k-- {
			costs[k] += x.odds[i] * (costs[k-1] + x.cost[i]*x.sums[i+1][k-1])
		}
	}
	weight, cost := 0.0, 0.0
	for k := x.least; k <= x.most; k++ {
		weight += x.sums[0][k]
		cost += costs[k]
	}
	return cost / weight
}

// draw draws the number of branches first, and then decides operation by operation.
func (x layer) draw(r *rand.Rand) evolve.Path {
	left := x.branches(r)
	path := make(evolve.Path, 0, left)
	for i := 0; left > 0; i++ {
		with := x.odds[i] * x.sums[i+1][left-1]
		if r.Float64()*(with+x.sums[i+1][left]) < with {
			path = append(path, x.ops[i])
			left--
		}
	}
	return path
}

// branches draws a number of branches by the weight of its paths.
func (x layer) branches(r *rand.Rand) int {
	total := 0.0
	for k := x.least; k <= x.most; k++ {
		total += x.sums[0][k]
	}
	u := r.Float64() * total
	for k := x.least; k < x.most; k++ {
		if u < x.sums[0][k] {
			return k
		}
		u -= x.sums[0][k]
	}
	return x.most
}
