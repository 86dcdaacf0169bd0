package evolve

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/nse-dev/nse/evolve/fitness"
	"github.com/nse-dev/nse/internal/random"
)

// Judge is a Method that searches nothing. It measures given architectures alike, so that the fronts of several rounds
// can be compared: with the shared weights of one fresh supernet over all their operations, or each trained alone.
//
// The finished state's Front has all of them in their order, with their accuracies. It is no Pareto front.
type Judge struct {
	Archs []Arch // distinct
	// Solo trains each of them alone, for so many epochs. A nil Solo trains a supernet by the search's Engine.
	Solo   Solo
	Epochs int
}

// Trials are those of a state to begin with. Accuracies that are known may be set in it, with Done: they are not
// measured again.
func (j Judge) Trials(p Problem) []Trial {
	trials := make([]Trial, len(j.Archs))
	for i, a := range j.Archs {
		trials[i].Member = Member{Arch: a, Cost: p.Cost(a), Round: 1, Epochs: j.Epochs}
	}
	return trials
}

// Validate implements Method. It refuses a state of other architectures.
func (j Judge) Validate(s Search, st State) error {
	if len(j.Archs) == 0 {
		return fmt.Errorf("there is nothing to judge")
	}
	for _, a := range j.Archs {
		if err := s.Problem.CheckArch(a); err != nil {
			return err
		}
	}
	for l, ops := range j.union(s.Problem) {
		if j.Solo == nil && len(ops) > fitness.MaxBranches {
			return fmt.Errorf("the fronts use %d operations in layer %d: a supernet has at most %d there, train alone",
				len(ops), l, fitness.MaxBranches)
		}
	}
	same := func(a Arch, t Trial) bool { return a.Key() == t.Arch.Key() }
	if len(st.Trials) > 0 && !slices.EqualFunc(j.Archs, st.Trials, same) {
		return fmt.Errorf("checkpoint: it is of other architectures")
	}
	return nil
}

// union lists the operations that the architectures use, by layer.
func (j Judge) union(p Problem) []Path {
	members := make([]Member, len(j.Archs))
	for i, a := range j.Archs {
		members[i].Arch = a
	}
	return Aggregate(members, len(p.Normal))
}

// Advance implements Method.
func (j Judge) Advance(ctx context.Context, s *Search, st State) (State, error) {
	switch st.Phase {
	case PhaseBegin:
		return j.begin(ctx, *s, st)
	case PhaseTrain:
		return j.train(ctx, *s, st)
	case PhaseScore:
		if j.Solo != nil {
			return j.trainAlone(ctx, *s, st)
		}
		return s.Score(ctx, st)
	}
	next := st
	next.Front = nil
	for _, t := range st.Trials {
		next.Front = append(next.Front, t.Member)
	}
	return s.Finish(ctx, next, "all architectures are measured")
}

// begin makes a supernet over the union, where there is to be one.
func (j Judge) begin(ctx context.Context, s Search, st State) (State, error) {
	next, trials := st, st.Trials
	if len(trials) == 0 {
		trials = j.Trials(s.Problem)
	}
	if j.Solo != nil {
		next.Round, next.Phase = 1, PhaseScore
	} else {
		union := j.union(s.Problem)
		var err error
		if next, err = s.Begin(st, union); err != nil {
			return st, err
		}
		next.Fitness = fitness.New(union)
	}
	next.Trials = trials
	return next, s.Boundary(ctx, next)
}

// train takes the weight updates of one round, on paths as wide as a round's: where the union has n operations in a
// layer, more than K, each is on with the probability K/2n instead of 1/2.
func (j Judge) train(ctx context.Context, s Search, st State) (State, error) {
	for st.Step < s.Config.TrainSteps {
		a := make(Arch, len(st.Fitness))
		for l, layer := range st.Fitness {
			on := min(0.5, float64(s.Config.K)/float64(2*max(1, len(layer.Ops))))
			theta := slices.Repeat([]float64{math.Log(on / (1 - on))}, len(layer.Ops))
			d := fitness.NewDistribution(layer.Ops, theta, 0, s.Problem.Normal[l], s.Config.SingleBranch)
			a[l] = d.Path(d.Draw(random.New(s.Seed, "path", st.Round, st.Step, l)))
		}
		next, err := s.TrainOn(st, a)
		if err != nil {
			return st, err
		}
		st = next
		if err := s.Boundary(ctx, st); err != nil {
			return st, err
		}
	}
	st.Phase = PhaseScore
	return st, nil
}

// trainAlone trains what is not done, several at a time where the engine can, with a boundary after each.
func (j Judge) trainAlone(ctx context.Context, s Search, st State) (State, error) {
	if ahead, able := j.Solo.(Ahead); able {
		ctx, cancel := context.WithCancel(ctx)
		defer ahead.Settle()
		defer cancel()
		left := slices.DeleteFunc(slices.Clone(st.Trials), func(t Trial) bool { return t.Done })
		if ahead.Lanes(len(left)) > 1 {
			for _, t := range left {
				ahead.Ahead(ctx, t.Arch, []int{j.Epochs})
			}
		}
	}
	for i, t := range st.Trials {
		if t.Done {
			continue
		}
		accuracy, err := j.Solo.Alone(ctx, t.Arch, []int{j.Epochs})
		if err != nil {
			return st, err
		}
		next := st
		next.Trials = slices.Clone(st.Trials)
		if next, err = s.scored(next, []int{i}, 0, accuracy); err != nil {
			return st, err
		}
		st = next
		if err := s.Boundary(ctx, st); err != nil {
			return st, err
		}
	}
	st.Phase = PhaseRetrieve
	return st, nil
}

// Area is the hypervolume of architectures to the upper end of the constraint interval and accuracy 0, the corner of
// all rounds (section 5).
func (c ConstraintConfig) Area(members []Member) float64 { return hypervolume(members, c.High()) }
