// Package spos is the search of Guo, Zhang, Mu, Heng, Liu, Wei and Sun, Single Path One-Shot Neural Architecture Search
// with Uniform Sampling (2020). Shared weights are trained on single paths that are drawn uniformly. An evolution then
// looks for the best path with them.
//
// The evolution has 20 generations of 50 architectures. The first generation is random. Every other one has 25 children
// by crossover and 25 by mutation, of the 10 best architectures so far. A child by crossover takes every layer from one
// of two parents. A child by mutation is a parent of which every layer is drawn anew with probability 0.1. Children
// outside the constraint interval are rejected, and so are those that were scored before.
//
// What had to be chosen: paths are single-branch, as in the paper. The identity is one of the choices of a normal
// layer. Random architectures come from package prior. They also fill generations of which too few children were
// accepted in ten draws for each, as in the authors' code. The front of all that was scored is the result. The best of
// it is the paper's.
package spos

import (
	"cmp"
	"context"
	"math/rand/v2"
	"slices"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/evolve/methods/prior"
	"github.com/nse-dev/nse/evolve/methods/shared"
	"github.com/nse-dev/nse/internal/random"
	"github.com/nse-dev/nse/internal/setting"
)

// Config configures the evolution.
type Config struct {
	// Population is the number of architectures in a generation.
	Population int `toml:"population"`
	// Generations is the number of generations, with the random one at the start.
	Generations int `toml:"generations"`
	// Parents is the number of the best architectures so far that children come from.
	Parents int `toml:"parents"`
	// Crossover is the number of children in a generation that have two parents.
	Crossover int `toml:"crossover"`
	// Mutation is the number of children in a generation that have one parent.
	Mutation int `toml:"mutation"`
	// Probability is that of a mutated child's layer being drawn anew.
	Probability float64 `toml:"probability"`
	// TrainShare is the part of budget.macs that training gets. Scoring gets the rest, if it has use for it.
	TrainShare float64 `toml:"train_share"`
}

// Default is the paper's evolution.
func Default() Config {
	return Config{Population: 50, Generations: 20, Parents: 10, Crossover: 25, Mutation: 25, Probability: 0.1,
		TrainShare: 0.7}
}

// Validate refuses numbers with which there is no evolution, by *setting.Error.
func (c Config) Validate() error {
	const most = 100_000
	switch {
	case c.Population < 1 || c.Population > most:
		return setting.Errorf("population", c.Population, "want 1 to %d", most)
	case c.Generations < 1 || c.Generations > most:
		return setting.Errorf("generations", c.Generations, "want 1 to %d", most)
	case c.Parents < 1 || c.Parents > most:
		return setting.Errorf("parents", c.Parents, "want 1 to %d", most)
	case c.Crossover < 0 || c.Crossover > c.Population:
		return setting.Errorf("crossover", c.Crossover, "want 0 to %d, the population", c.Population)
	case c.Mutation < 0 || c.Mutation > c.Population-c.Crossover:
		return setting.Errorf("mutation", c.Mutation, "want 0 to %d, what crossover leaves of the population",
			c.Population-c.Crossover)
	case !(c.Probability > 0 && c.Probability <= 1):
		return setting.Errorf("probability", c.Probability, "want more than 0 and at most 1")
	case !(c.TrainShare > 0 && c.TrainShare < 1):
		return setting.Errorf("train_share", c.TrainShare, "want more than 0 and less than 1")
	}
	return nil
}

// Method implements evolve.Method.
type Method struct{ Config Config }

// Validate implements evolve.Method.
func (m Method) Validate(s evolve.Search, st evolve.State) error { return m.shared().Validate(s, st) }

// Advance implements evolve.Method.
func (m Method) Advance(ctx context.Context, s *evolve.Search, st evolve.State) (evolve.State, error) {
	return m.shared().Advance(ctx, s, st)
}

func (m Method) shared() shared.Method {
	return shared.Method{Single: true, Step: step, Next: m.next, Cost: cost, Share: m.Config.TrainShare,
		Scores: func(evolve.Search) int { return m.Config.Population * m.Config.Generations }}
}

// cost is the expected price of what is left of training.
func cost(s evolve.Search, e evolve.Priced, st evolve.State) func(n int) float64 {
	choices := shared.Choices(s.Problem, s.Problem.Everything())
	return shared.Linear(st, shared.PricesOf(e.TrainMACs, choices).Expected(shared.Uniform(choices)))
}

// step takes a weight update on a path that is drawn uniformly.
func step(s evolve.Search, st evolve.State) (evolve.State, error) {
	a := make(evolve.Arch, len(s.Problem.Normal))
	for l, paths := range shared.Choices(s.Problem, st.Space.Subset()) {
		a[l] = paths[random.New(s.Seed, "path", st.Round, st.Step, l).IntN(len(paths))]
	}
	return s.TrainOn(st, a)
}

// next is the generation that follows those that were scored.
func (m Method) next(s evolve.Search, st evolve.State) (archs []evolve.Arch, wanted int, err error) {
	c := m.Config
	scored := slices.DeleteFunc(slices.Clone(st.Trials), func(t evolve.Trial) bool { return t.Gone })
	wanted = min(c.Population, c.Population*c.Generations-len(scored))
	g := generation{
		random:  random.New(s.Seed, "generation", st.Round, len(st.Trials), 0),
		prior:   prior.New(s, st.Space.Subset()),
		choices: shared.Choices(s.Problem, st.Space.Subset()),
		seen:    map[string]bool{},
	}
	for _, t := range st.Trials {
		g.seen[t.Arch.Key()] = true
	}
	if parents := best(scored, c.Parents); len(parents) > 0 {
		g.breed(min(c.Mutation, wanted), func() evolve.Arch {
			return mutate(g.random, g.parent(parents), g.choices, c.Probability)
		})
		g.breed(min(c.Crossover, wanted-len(g.archs)), func() evolve.Arch {
			return cross(g.random, g.parent(parents), g.parent(parents))
		})
	}
	g.fill(wanted)
	return g.archs, wanted, nil
}

// best lists the n architectures of the highest accuracies, the best first. Of equal ones the older comes first.
func best(scored []evolve.Trial, n int) (archs []evolve.Arch) {
	slices.SortStableFunc(scored, func(a, b evolve.Trial) int { return cmp.Compare(b.Accuracy, a.Accuracy) })
	for _, t := range scored[:min(n, len(scored))] {
		archs = append(archs, t.Arch)
	}
	return archs
}

// cross takes every layer from one of two parents.
func cross(r *rand.Rand, a, b evolve.Arch) evolve.Arch {
	child := slices.Clone(a)
	for l := range child {
		if r.IntN(2) == 1 {
			child[l] = b[l]
		}
	}
	return child
}

// mutate draws every layer anew with a probability, uniformly from its choices.
func mutate(r *rand.Rand, a evolve.Arch, choices [][]evolve.Path, probability float64) evolve.Arch {
	child := slices.Clone(a)
	for l, paths := range choices {
		if r.Float64() < probability {
			child[l] = paths[r.IntN(len(paths))]
		}
	}
	return child
}

// generation is one that is being put together.
type generation struct {
	random  *rand.Rand
	prior   *prior.Sampler
	choices [][]evolve.Path
	seen    map[string]bool // keys of what was scored or is in the generation
	archs   []evolve.Arch
}

func (g *generation) parent(parents []evolve.Arch) evolve.Arch {
	return parents[g.random.IntN(len(parents))]
}

// attempts is the number of children that are made for each that is wanted.
const attempts = 10

// breed adds up to n children, by up to ten times as many attempts.
func (g *generation) breed(n int, child func() evolve.Arch) {
	full := len(g.archs) + n
	for range n * attempts {
		if len(g.archs) == full {
			return
		}
		if a := child(); g.prior.Meets(a) && !g.seen[a.Key()] {
			g.add(a)
		}
	}
}

// fill adds random architectures until there are n.
func (g *generation) fill(n int) {
	for len(g.archs) < n {
		a, found := g.prior.Within(g.random, g.seen)
		if !found {
			return
		}
		g.add(a)
	}
}

func (g *generation) add(a evolve.Arch) {
	g.seen[a.Key()] = true
	g.archs = append(g.archs, a)
}
