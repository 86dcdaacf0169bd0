// Package guided searches by real trainings that a predictor chooses, and trains the best for longer.
//
// The search goes in rounds. A round trains some candidates for a few epochs and goes on with the best 1/η of them, as
// successive halving does. Half of the first eight are uniform stacks, and the rest is drawn. Before every later one a
// Gaussian process is fitted to what was trained. It believes itself of the last three of the round, so that four can
// be trained at a time. The candidate has the largest expected improvement that an evolution on the predictor finds: of
// mutations of the best architectures, of mutations of these, and of fresh draws.
//
// The last round takes all that the budget has left. It has more candidates where another round would not fit any more,
// and fewer where it would not fit itself, so that the best of it are trained to the end.
//
// The method is ours. The predictor is that of package predictor. What is chosen for it are sizes: a round, its rungs,
// the parents, and how many architectures the predictor looks at.
package guided

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/evolve/methods/alone"
	"github.com/nse-dev/nse/evolve/methods/evolution"
	"github.com/nse-dev/nse/evolve/methods/predictor"
	"github.com/nse-dev/nse/internal/random"
	"github.com/nse-dev/nse/internal/setting"
)

// Config says how large a round is, and how far the predictor looks.
type Config struct {
	// Candidates is the number of architectures that begin a round.
	Candidates int `toml:"candidates"`
	// Ends are the epochs in all after each rung of a round. The learning rate goes down to 0 at each.
	Ends []int `toml:"ends"`
	// Eta is η: one of so many architectures goes on to the next rung.
	Eta int `toml:"eta"`
	// Parents is the number of the best architectures that are mutated, and of those that the predictor finds.
	Parents int `toml:"parents"`
	// Looks is the number of architectures that the predictor compares for one candidate.
	Looks int `toml:"looks"`
}

// Default has rounds of 16 architectures that are trained for 2 epochs: 4 of them go on to 4 epochs, and one to 8.
func Default() Config {
	return Config{Candidates: 16, Ends: []int{2, 4, 8}, Eta: 4, Parents: 8, Looks: 1000}
}

// Validate refuses rounds of which nothing is left, by *setting.Error.
func (c Config) Validate() error {
	const most = 100_000
	switch {
	case c.Candidates < 1 || c.Candidates > most:
		return setting.Errorf("candidates", c.Candidates, "want 1 to %d", most)
	case len(c.Ends) == 0 || c.Ends[0] < 1 || !ascending(c.Ends):
		return setting.Errorf("ends", c.Ends, "want ascending numbers of epochs from 1")
	case c.Eta < 2 || c.Eta > 100:
		return setting.Errorf("eta", c.Eta, "want 2 to 100")
	case c.Parents < 1 || c.Parents > most:
		return setting.Errorf("parents", c.Parents, "want 1 to %d", most)
	case c.Looks < 1 || c.Looks > most:
		return setting.Errorf("looks", c.Looks, "want 1 to %d", most)
	}
	return nil
}

// ascending reports whether no number is above the next or equal to it.
func ascending(list []int) bool {
	return len(slices.Compact(slices.Sorted(slices.Values(list)))) == len(list) && slices.IsSorted(list)
}

// Ahead is the number of the last trials of a round whose results the predictor does not know. They may be under way.
const Ahead = 3

// Next is an alone.Proposer: it goes on with the best of a rung, chooses a new candidate, or ends the round.
func (c Config) Next(h alone.History) (p alone.Proposal, ok bool) {
	left := h.Trials[h.Before:]
	begun := slices.IndexFunc(left, func(t evolve.Trial) bool { return t.Epochs > c.Ends[0] })
	if begun < 0 {
		if begun = len(left); c.more(begun, h.Left) {
			a, found := c.candidate(h, begun)
			return alone.Proposal{Arch: a, Ends: c.Ends[:1]}, found
		}
	}
	before, left := left[:begun], left[begun:]
	for i := 1; i < len(c.Ends); i++ {
		if h.Open > len(left) {
			return alone.Proposal{Wait: true}, true
		}
		size, best := alone.Promote(before, left, c.size(begun, i))
		if len(left) < size {
			return alone.Proposal{Arch: best, Ends: c.Ends[:i+1]}, true
		}
		before, left = left[:size], left[size:]
	}
	return alone.Proposal{Last: !c.fits(1, h.Left)}, true
}

// size is the number of architectures in the i-th rung, from 0, of a round that n begin.
func (c Config) size(n, i int) int {
	return max(1, n/int(math.Pow(float64(c.Eta), float64(i))))
}

// more reports whether a round that n architectures have begun has another one, with so many epochs left.
func (c Config) more(n int, left float64) bool {
	whole := c.rest(c.Candidates) + float64(c.Candidates*c.Ends[0])
	return n == 0 || c.fits(n+1, left) && (n < c.Candidates || left < c.rest(n)+whole)
}

// fits reports whether so many epochs are enough for the n-th candidate of a round, and for the rungs after it.
func (c Config) fits(n int, left float64) bool { return left >= float64(c.Ends[0])+c.rest(n) }

// rest is the number of epochs of the later rungs of a round that n architectures have begun.
func (c Config) rest(n int) (epochs float64) {
	for i := 1; i < len(c.Ends); i++ {
		epochs += float64(c.size(n, i) * (c.Ends[i] - c.Ends[i-1]))
	}
	return epochs
}

// candidate is the n-th new architecture of a round, from 0.
func (c Config) candidate(h alone.History, n int) (a evolve.Arch, possible bool) {
	r, seen := random.New(h.Seed, "guided", h.Round, n, 0), h.Seen()
	if len(h.Trials) < min(c.Candidates, blind) {
		for _, stack := range stacks(h) {
			if !seen[stack.Key()] && n%2 == 0 {
				return stack, true
			}
		}
		return h.Prior.Within(r, seen)
	}
	known := h.Trials[:max(h.Before, len(h.Trials)-Ahead)]
	parents, highest := c.parents(h, known)
	model, err := believe(h.Problem, known, h.Trials[len(known):])
	if err != nil || len(parents) == 0 {
		return h.Prior.Within(r, seen)
	}
	var found []look
	for i := range c.Looks {
		if x, possible := draw(h, r, parents, seen); possible {
			seen[x.Key()] = true
			found = append(found, look{x, improvement(model, x, highest)})
		}
		if (i+1)%max(1, c.Looks/generations) == 0 && len(found) > 0 {
			slices.SortStableFunc(found, func(x, y look) int { return cmp.Compare(y.gain, x.gain) })
			found, parents = found[:min(c.Parents, len(found))], nil
			for _, x := range found {
				parents = append(parents, x.arch)
			}
		}
	}
	if len(found) == 0 {
		return nil, false
	}
	return slices.MaxFunc(found, func(x, y look) int { return cmp.Compare(x.gain, y.gain) }).arch, true
}

// blind is the number of the first candidates, which no predictor chooses.
const blind = 8

// generations is the number of parts in which the predictor looks at architectures. Each mutates the best of the one
// before it, so that a candidate may be many steps from what was trained.
const generations = 10

// look is an architecture with its expected improvement.
type look struct {
	arch evolve.Arch
	gain float64
}

// parents lists the best of some trials that the search can still train, by their accuracies at the level of the most
// epochs, and the highest of these.
func (c Config) parents(h alone.History, known []evolve.Trial) (parents []evolve.Arch, highest float64) {
	archs, level := predictor.Levelled(known)
	var order []int
	for i, a := range archs {
		if h.Offers(a) {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(level[j], level[i]) })
	for _, i := range order[:min(c.Parents, len(order))] {
		parents, highest = append(parents, archs[i]), max(highest, level[i])
	}
	return parents, highest
}

// believe fits a predictor to what is known, and again with its predictions in the place of results that are not: the
// kriging believer of Ginsbourger, Le Riche and Carraro (2010).
func believe(p evolve.Problem, known, open []evolve.Trial) (*predictor.Predictor, error) {
	model, err := predictor.Fit(p, known)
	if err != nil || len(open) == 0 {
		return model, err
	}
	longest := slices.MaxFunc(known, func(a, b evolve.Trial) int { return cmp.Compare(a.Epochs, b.Epochs) })
	all := slices.Clone(known)
	for _, t := range open {
		t.Epochs, t.Accuracy = longest.Epochs, model.Mean(t.Arch)
		all = append(all, t)
	}
	return predictor.Fit(p, all)
}

// draw draws an architecture within the budget that was not seen: mostly a mutation of a parent, by one to three steps.
func draw(h alone.History, r *rand.Rand, parents []evolve.Arch, seen map[string]bool) (evolve.Arch, bool) {
	if r.IntN(4) == 0 {
		return h.Prior.Within(r, seen)
	}
	parent := parents[r.IntN(len(parents))]
	for range tries {
		a := parent
		for range 1 + r.IntN(3) {
			if mutant, possible := evolution.Mutate(h, a, r); possible {
				a = mutant
			}
		}
		if h.Prior.Meets(a) && !seen[a.Key()] {
			return a, true
		}
	}
	return nil, false
}

// tries is how often a parent is mutated until the budget is met.
const tries = 30

// improvement is the expected gain of an architecture over the highest accuracy, by the predictor.
func improvement(model *predictor.Predictor, a evolve.Arch, highest float64) float64 {
	accuracy, deviation := model.At(a)
	if deviation == 0 {
		return max(0, accuracy-highest)
	}
	z := (accuracy - highest) / deviation
	density := math.Exp(-z*z/2) / math.Sqrt(2*math.Pi)
	return deviation * (z*math.Erfc(-z/math.Sqrt2)/2 + density)
}

// stacks lists the architectures with one operation in every layer that meet the budget, the dearest first.
func stacks(h alone.History) (list []evolve.Arch) {
	for op := range h.Problem.Pool {
		a := h.Problem.Stack(evolve.Path{evolve.OpID(op)})
		if h.Offers(a) && h.Prior.Meets(a) {
			list = append(list, a)
		}
	}
	slices.SortStableFunc(list, func(a, b evolve.Arch) int {
		return cmp.Compare(h.Problem.Cost(b), h.Problem.Cost(a))
	})
	return list
}
