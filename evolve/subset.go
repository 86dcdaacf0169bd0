package evolve

import (
	"context"
	"fmt"

	"github.com/nse-dev/nse/evolve/fitness"
	"github.com/nse-dev/nse/evolve/space"
	"github.com/nse-dev/nse/internal/random"
)

const (
	maxSubsets = 100  // drawn at random before one is led towards the budget
	trialDraws = 2000 // of architectures, for each way to draw them, to see whether a subset meets the budget
)

// firstSpace draws the space of the first round. A subset that yields no architecture within the constraint interval
// is not worth a round of training: it is passed over, and the next one is drawn. redrawn counts those. After
// maxSubsets the first one is led towards the budget. An error says that this one yields none either, or is that of a
// cancelled context.
func (s Search) firstSpace(ctx context.Context) (drawn space.Space, redrawn int, err error) {
	layers, pool := len(s.Problem.Normal), len(s.Problem.Pool)
	for ; redrawn < maxSubsets; redrawn++ {
		drawn = space.Draw(layers, pool, s.Config.K, s.spaceSeed(), redrawn)
		if meets, err := s.meetsBudget(ctx, drawn.Subset(), trialDraws); meets || err != nil {
			return drawn, redrawn, err
		}
	}
	c := s.Config.Constraint
	drawn = space.New(layers, pool, s.Config.K, s.spaceSeed()).Lead(s.Problem, s.Config.Branches(), c.Low(), c.High())
	meets, err := s.meetsBudget(ctx, drawn.Subset(), maxSubsets*trialDraws)
	if !meets && err == nil {
		err = fmt.Errorf("no subset of k = %d operations a layer that was drawn makes architectures of %.10g to "+
			"%.10g: want a larger search.k, another search.constraint, or a pool with more operations of such a cost",
			s.Config.K, c.Low(), c.High())
	}
	return drawn, redrawn, err
}

// meetsBudget reports whether sampling over a subset finds an architecture within the constraint interval, in so many
// draws for each way to draw. It has random numbers of its own. A cancelled context is its error.
func (s Search) meetsBudget(ctx context.Context, subset []Path, draws int) (meets bool, err error) {
	if c := s.Config.Constraint; !s.Problem.Meets(subset, s.Config.Branches(), c.Low(), c.High()) {
		return false, ctx.Err()
	}
	st := State{Fitness: fitness.New(subset)}
	d := s.newDrawing(st, nil)
	d.random = random.New(s.Seed, "reach", 0, 0, 0)
	d.front = FrontConfig{Samples: 1, Attempts: draws}
	err = d.fill(ctx, s.leanings(st))
	return len(d.inside) > 0, err
}
