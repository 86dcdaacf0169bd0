package shared

import (
	"sort"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/evolve/methods/prior"
	"github.com/nse-dev/nse/internal/random"
	"github.com/nse-dev/nse/internal/setting"
)

// mostSteps is the largest number of weight updates that a budget is turned into.
const mostSteps = 1 << 30

// steps is the number of weight updates in all. Without a budget it is Config.TrainSteps. A budget of MACs or of
// training images takes its place: training is as long as the budget allows beside what is kept back for scoring. It is
// planned anew at every step, since paths do not cost what is expected.
func (r run) steps(st evolve.State, scoring float64) int {
	steps, bound := mostSteps, false
	if e, priced := r.priced(); priced {
		cost, left := r.method.Cost(r.Search, e, st), r.Left(st)-scoring
		steps, bound = sort.Search(mostSteps-st.Step, func(n int) bool { return cost(st.Step+n+1) > left }), true
		steps += st.Step
	}
	if e, batched := r.Engine.(evolve.Batched); batched && r.Budget.TrainImages > 0 {
		steps, bound = min(steps, st.Step+int(min(r.ImagesLeft(st)/float64(e.Batch()), mostSteps))), true
	}
	if !bound {
		return r.Config.TrainSteps
	}
	return max(1, steps)
}

// priced is the engine, if there is a budget of MACs to plan with its prices.
func (r run) priced() (evolve.Priced, bool) {
	e, priced := r.Engine.(evolve.Priced)
	return e, priced && r.Budget.MACs > 0
}

// scoring is the part of the round's budget that is kept back for scoring, in MACs: what is wanted, but no more than
// the share of it that the method leaves.
func (r run) scoring(st evolve.State) float64 {
	e, priced := r.priced()
	if !priced {
		return 0
	}
	round := r.Left(st) + st.Spent.Minus(st.Opening).MACs()
	return min((1-r.method.Share)*round, float64(r.method.Scores(r.Search))*r.score1(e))
}

// draws is the number of architectures whose prices stand for all.
const draws = 16

// score1 is the mean price of scoring an architecture that the prior draws.
func (r run) score1(e evolve.Priced) float64 {
	p := prior.New(r.Search, r.Problem.Everything())
	sum, n := 0.0, 0
	for i := range draws {
		if a, found := p.Within(random.New(r.Seed, "prices", 0, i, 0), nil); found {
			sum, n = sum+e.ScoreMACs(a), n+1
		}
	}
	return sum / float64(max(n, 1))
}

// affordable is the first part of the architectures whose scores the budget pays for. A search that has no score yet
// gets one.
func (r run) affordable(st evolve.State, archs []evolve.Arch) []evolve.Arch {
	e, priced := r.priced()
	if !priced {
		return archs
	}
	left := r.Left(st)
	for n, a := range archs {
		if left -= e.ScoreMACs(a); left < 0 && (n > 0 || len(st.Trials) > 0) {
			return archs[:n]
		}
	}
	return archs
}

// checkBudget refuses a budget that pays for no weight update.
func (r run) checkBudget(st evolve.State) error {
	e, priced := r.priced()
	if !priced {
		return nil
	}
	if least := r.method.Cost(r.Search, e, st)(1); least > r.Left(st)-r.scoring(st) {
		return setting.Errorf("budget.macs", r.Budget.MACs,
			"the first weight update is expected to spend %.3g, beside what scoring needs: want more", least)
	}
	return nil
}

// Prices are those of a weight update in parts, which add up: that of every choice of a layer, and of stem and head.
type Prices struct {
	Base   float64
	Choice [][]float64
}

// PricesOf takes the price of an architecture apart.
func PricesOf(price func(evolve.Arch) float64, choices [][]evolve.Path) Prices {
	a := make(evolve.Arch, len(choices))
	p := Prices{price(a), make([][]float64, len(choices))}
	for l, paths := range choices {
		for _, path := range paths {
			a[l] = path
			p.Choice[l] = append(p.Choice[l], price(a)-p.Base)
		}
		a[l] = nil
	}
	return p
}

// Expected is the expected price where every choice is taken with its probability.
func (p Prices) Expected(probabilities [][]float64) float64 {
	sum := p.Base
	for l, prices := range p.Choice {
		for i, v := range prices {
			sum += probabilities[l][i] * v
		}
	}
	return sum
}

// Uniform gives all choices of a layer the same probability.
func Uniform(choices [][]evolve.Path) [][]float64 {
	probabilities := make([][]float64, len(choices))
	for l, paths := range choices {
		for range paths {
			probabilities[l] = append(probabilities[l], 1/float64(len(paths)))
		}
	}
	return probabilities
}

// Linear is Method.Cost of updates that have the same price.
func Linear(st evolve.State, price float64) func(n int) float64 {
	return func(n int) float64 { return float64(n-st.Step) * price }
}
