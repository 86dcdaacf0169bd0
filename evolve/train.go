package evolve

import (
	"context"
	"fmt"
	"math"

	"github.com/nse-dev/nse/evolve/fitness"
	"github.com/nse-dev/nse/internal/random"
)

// begin starts a round: fresh weights and fitness on the space's subset. The first round draws the space.
func (s Search) begin(ctx context.Context, st State) (State, error) {
	next, redrawn := st, 0
	if next.Round == 0 {
		next.Round = 1
		next.Pool = len(s.Problem.Pool)
		var err error
		if next.Space, redrawn, err = s.firstSpace(ctx); err != nil {
			return st, err
		}
	}
	subset := next.Space.Subset()
	if err := s.Engine.Begin(next.Round, subset); err != nil {
		return st, fmt.Errorf("begin: %w", err)
	}
	next.Phase, next.Step, next.Trials, next.Fitness = PhaseTrain, 0, nil, fitness.New(subset)
	next.Opening = st.Spent
	size := s.Problem.SubsetSize(subset, s.Config.Branches()).String()
	if err := s.Emit(&next, RoundStarted{subset, next.Space.Inherited(), size, redrawn}); err != nil {
		return st, err
	}
	return next, s.Boundary(ctx, next)
}

// spaceSeed is the seed of the shuffles of operations.
func (s Search) spaceSeed() uint64 {
	if s.Config.SpaceSeed != 0 {
		return s.Config.SpaceSeed
	}
	return s.Seed
}

// train alternates weight updates with fitness updates, which simplify the space as they go (3.2, 3.3.1). A step
// boundary follows each weight update and its fitness update. When the time is over the phase stays at training.
func (s Search) train(ctx context.Context, st State) (State, error) {
	for st.Step < s.Config.TrainSteps {
		next, err := s.updateWeights(st)
		if err != nil {
			return st, err
		}
		st = next // also if the fitness cannot be updated: the weights have been
		if st.Step%s.Config.Fitness.Every == 0 {
			if next, err = s.updateFitness(st); err != nil {
				return st, err
			}
			st = next
		}
		if err := s.Boundary(ctx, st); err != nil || s.OverTime() {
			return st, err
		}
	}
	st.Phase = PhaseSample
	return st, nil
}

// updateWeights takes one SGD step of the shared weights towards the least loss over architectures that are sampled
// uniformly (3.2.2, eq. 2).
func (s Search) updateWeights(st State) (State, error) { return s.TrainOn(st, s.drawUniform(st)) }

// drawUniform draws the architecture of the next weight update (3.2.2).
func (s Search) drawUniform(st State) Arch {
	a := make(Arch, len(st.Fitness))
	for l, ops := range st.Fitness.Remaining() {
		d := fitness.Uniform(ops, s.Problem.Normal[l], s.Config.SingleBranch)
		a[l] = d.Path(d.Draw(random.New(s.Seed, "path", st.Round, st.Step, l)))
	}
	return a
}

// updateFitness takes one step of θ towards the least expected loss over what θ itself samples (3.3.1, eq. 3). The
// engine measures two configurations of each layer on a held-out batch. Operations that are then below the threshold
// are dropped.
func (s Search) updateFitness(st State) (State, error) {
	step := Step{st.Round, st.Step/s.Config.Fitness.Every - 1, s.Config.TrainSteps / s.Config.Fitness.Every}
	a, b := s.drawPairs(st, step)
	measured, err := s.Measure(step, a, b)
	if err != nil {
		return st, err
	}
	gradient := s.loss().Gradient(st.Fitness, a, b, measured.A, measured.B)
	st.Fitness = s.Config.Fitness.adam(step.Total).Step(st.Fitness, gradient.Sum())
	update := FitnessUpdated{step.Index, measured.Loss, gradient.Cost, gradient.ResourceTerm, nil}
	if step.Snapshot() {
		update.Theta = st.Fitness.Thetas()
	}
	if err := s.Emit(&st, update); err != nil {
		return st, err
	}
	return s.simplify(st, step)
}

// loss is what fitness updates minimise (eq. 5).
func (s Search) loss() fitness.Loss {
	return fitness.Loss{Problem: s.Problem, Smoothing: s.Config.Fitness.Smoothing,
		Resource: s.Config.Constraint.resource()}
}

// distributions is what a fitness makes of the configurations of every layer (eq. 4).
func (s Search) distributions(f fitness.Fitness) []fitness.Distribution {
	return f.Distributions(s.Problem.Normal, s.Config.Fitness.Smoothing, s.Config.SingleBranch)
}

// drawPairs draws two distinct configurations for every layer, from Bernoulli(p) (3.3.1). Those of a layer with no
// freedom are equal.
func (s Search) drawPairs(st State, step Step) (a, b Arch) {
	a, b = make(Arch, len(st.Fitness)), make(Arch, len(st.Fitness))
	for l, d := range s.distributions(st.Fitness) {
		ca, cb := d.DrawPair(random.New(s.Seed, "pair", step.Round, step.Index, l))
		a[l], b[l] = d.Path(ca), d.Path(cb)
	}
	return a, b
}

// simplify drops operations of low fitness for the rest of the round (3.3.1). Lock: those that were inherited stay.
func (s Search) simplify(st State, step Step) (State, error) {
	locked := make([]Path, len(st.Fitness))
	if s.Config.LockAndRehearse {
		locked = st.Space.Inherited()
	}
	var dropped []fitness.Dropped
	st.Fitness, dropped = st.Fitness.Drop(s.Config.Fitness.Threshold, s.Problem.Normal, locked)
	for _, d := range dropped {
		if err := s.Emit(&st, Dropped{step.Index, d.Layer, d.Op, d.Theta}); err != nil {
			return st, err
		}
	}
	return st, nil
}

// snapshots is the number of fitness steps of a round, evenly spread, whose events carry θ.
const snapshots = 64

// Snapshot reports whether the event of a fitness step carries θ. That of a round's last step always does.
func (s Step) Snapshot() bool { return (s.Index+1)*snapshots/s.Total != s.Index*snapshots/s.Total }

// finite returns err if there is one, else an error if a number that an engine measured is not finite.
func finite(err error, values ...float64) error {
	if err != nil {
		return err
	}
	for _, v := range values {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("the engine measured %v: training diverged, start again with a lower learning rate", v)
		}
	}
	return nil
}
