package alone

import (
	"math"
	"slices"

	"github.com/nse-dev/nse/evolve"
)

// evaluations is how many evaluations such as a proposal are left: of the budget, and without one of the number of
// evaluations. It is +Inf where time alone bounds the search.
func (r run) evaluations(st evolve.State, p Proposal, epochs int) float64 {
	if r.Budget == (evolve.BudgetConfig{}) {
		return r.left(st) / float64(max(epochs, 1))
	}
	left := math.Inf(1)
	if price := r.price(p, epochs); price > 0 {
		left = r.Left(st) / price
	}
	if images := r.imagesOf(st, epochs); images > 0 {
		left = min(left, r.ImagesLeft(st)/images)
	}
	return left
}

// left is the number of epochs that the budget has left, of the dearest architecture since it began. It is +Inf where
// that is not known. It follows from the trials alone, so that it is the same however many are trained at a time.
func (r run) left(st evolve.State) float64 {
	old := func(t evolve.Trial) bool { return t.Round <= st.Before }
	trials := slices.DeleteFunc(slices.Clone(r.trials(st)), old)
	spent, dearest := 0.0, 0.0
	if r.Budget == (evolve.BudgetConfig{}) {
		for _, epochs := range r.spent(trials) {
			spent += float64(epochs)
		}
		return float64(r.config.Evaluations*r.config.Epochs) - spent
	}
	epochs := map[string]int{}
	for _, t := range trials {
		p := Proposal{Arch: t.Arch}
		spent += r.price(p, t.Epochs-epochs[t.Arch.Key()])
		epochs[t.Arch.Key()], dearest = t.Epochs, max(dearest, r.price(p, 1))
	}
	if r.Budget.MACs == 0 || dearest == 0 {
		return math.Inf(1)
	}
	return (r.Budget.MACs - spent) / dearest
}

// price is the MACs of a proposal that adds so many epochs. It is 0 if the engine names no prices.
func (r run) price(p Proposal, epochs int) float64 {
	priced, ok := r.Engine.(evolve.Priced)
	switch {
	case !ok:
		return 0
	case r.solo() == nil:
		return priced.ScoreMACs(p.Arch)
	}
	return priced.AloneMACs(p.Arch, epochs)
}

// imagesOf is the number of training images in so many epochs, as those before had. It is 0 for the first.
func (r run) imagesOf(st evolve.State, epochs int) float64 {
	done := 0
	for _, spent := range trained(r.trials(st)) {
		done += spent
	}
	return float64(st.Spent.TrainImages) / float64(max(done, 1)) * float64(epochs)
}

// epochs is the number of epochs that a proposal adds to what was trained. A score counts as an evaluation.
func (r run) epochs(done []evolve.Trial, p Proposal) int {
	if r.solo() == nil {
		return r.config.Epochs
	}
	return p.Ends[len(p.Ends)-1] - trained(done)[p.Arch.Key()]
}

// spent is the number of epochs of each architecture, by its key.
func (r run) spent(done []evolve.Trial) map[string]int {
	if r.solo() != nil {
		return trained(done)
	}
	spent := map[string]int{}
	for _, t := range done {
		spent[t.Arch.Key()] += r.config.Epochs
	}
	return spent
}

// trained is the number of epochs that each architecture was trained for, by its key.
func trained(trials []evolve.Trial) map[string]int {
	epochs := map[string]int{}
	for _, t := range trials {
		epochs[t.Arch.Key()] = max(epochs[t.Arch.Key()], t.Epochs)
	}
	return epochs
}
