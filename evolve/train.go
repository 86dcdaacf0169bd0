package evolve

import (
	"context"
	"fmt"
	"math"

	"github.com/nse-dev/nse/internal/random"
)

// begin starts a round: fresh weights and fitness on the space's subset. The first round draws the space.
func (s Search) begin(ctx context.Context, st State) (State, error) {
	next := st
	if next.Round == 0 {
		next.Round = 1
		next.Pool = len(s.Problem.Pool)
		next.Space = NewSpace(len(s.Problem.Normal), next.Pool, s.Config.K, s.Seed)
	}
	subset := next.Space.Subset()
	if err := s.Engine.Begin(next.Round, subset); err != nil {
		return st, fmt.Errorf("begin: %w", err)
	}
	next.Phase, next.Step, next.Trials, next.Fitness = PhaseTrain, 0, nil, NewFitness(subset)
	next.Opening = st.Spent
	size := s.Problem.SubsetSize(subset, s.Config.Branches()).String()
	if err := s.Emit(&next, RoundStarted{subset, next.Space.Inherited(), size}); err != nil {
		return st, err
	}
	return next, s.Boundary(ctx, next)
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
		d := uniform(ops, s.Problem.Normal[l], s.Config.SingleBranch)
		a[l] = d.path(d.draw(random.New(s.Seed, "path", st.Round, st.Step, l)))
	}
	return a
}

// updateFitness takes one step of θ towards the least expected loss over what θ itself samples (3.3.1, eq. 3). The
// engine measures two configurations of each layer on a held-out batch. Operations that are then below the threshold
// are dropped.
func (s Search) updateFitness(st State) (State, error) {
	step := Step{st.Round, st.Step/s.Config.Fitness.Every - 1, s.Config.TrainSteps / s.Config.Fitness.Every}
	a, b := s.drawPairs(st, step)
	measured, err := s.Engine.Fitness(step, a, b)
	if err == nil && (len(measured.A) != len(a) || len(measured.B) != len(a)) {
		err = fmt.Errorf("gradient of %d and %d layers, the network has %d", len(measured.A), len(measured.B), len(a))
	}
	if err := finite(err, append(append([]float64{measured.Loss}, measured.A...), measured.B...)...); err != nil {
		return st, fmt.Errorf("fitness step %d: %w", step.Index, err)
	}
	gradient := st.Fitness.Gradient(s.Problem, s.Config, a, b, measured)
	st.Fitness = st.Fitness.Adam(s.Config.Fitness, gradient.Sum())
	update := FitnessUpdated{step.Index, measured.Loss, gradient.Cost, gradient.ResourceTerm, st.Fitness.snapshot(step)}
	if err := s.Emit(&st, update); err != nil {
		return st, err
	}
	return s.simplify(st, step)
}

// drawPairs draws two distinct configurations for every layer, from Bernoulli(p) (3.3.1). Those of a layer with no
// freedom are equal.
func (s Search) drawPairs(st State, step Step) (a, b Arch) {
	a, b = make(Arch, len(st.Fitness)), make(Arch, len(st.Fitness))
	for l, d := range st.Fitness.distributions(s.Problem, s.Config) {
		ma, mb := d.drawPair(random.New(s.Seed, "pair", step.Round, step.Index, l))
		a[l], b[l] = d.path(ma), d.path(mb)
	}
	return a, b
}

// simplify drops operations of low fitness for the rest of the round (3.3.1). Lock: those that were inherited stay.
func (s Search) simplify(st State, step Step) (State, error) {
	locked := make([]Path, len(st.Fitness))
	if s.Config.LockAndRehearse {
		locked = st.Space.Inherited()
	}
	fitness, dropped := st.Fitness.Drop(s.Config.Fitness.Threshold, s.Problem.Normal, locked)
	st.Fitness = fitness
	for _, d := range dropped {
		d.Step = step.Index
		if err := s.Emit(&st, d); err != nil {
			return st, err
		}
	}
	return st, nil
}

// snapshots is the number of fitness steps of a round, evenly spread, whose events carry θ.
const snapshots = 64

// snapshot is θ by layer on some of the steps, always on the last. It is nil on the others.
func (f Fitness) snapshot(s Step) [][]float64 {
	if (s.Index+1)*snapshots/s.Total == s.Index*snapshots/s.Total {
		return nil
	}
	theta := make([][]float64, len(f))
	for l, layer := range f {
		theta[l] = layer.Theta
	}
	return theta
}

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
