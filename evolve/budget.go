package evolve

import (
	"fmt"
	"math"
	"time"

	"github.com/nse-dev/nse/evolve/fitness"
	"github.com/nse-dev/nse/evolve/space"
	"github.com/nse-dev/nse/internal/setting"
)

// BudgetConfig bounds what a search spends with each of its pools. A search ends before a round that does not fit any
// more, as far as the round before tells.
type BudgetConfig struct {
	// TrainImages is the number of images of all weight updates, repetitions counted. 0 is no bound.
	TrainImages int64 `toml:"train_images" json:"train_images"`
	// MACs is the number of multiply-accumulates of all that networks compute, such as 1.4e13. 0 is no bound.
	MACs float64 `toml:"macs" json:"macs"`
	// Time is how long the search runs, such as "2h" or "1h30m". It stops training then, and the front of the round
	// before stands. "0s" is no bound.
	Time time.Duration `toml:"time" json:"time"`
}

// Validate refuses budgets that are negative or not finite, by *setting.Error.
func (c BudgetConfig) Validate() error {
	switch {
	case c.TrainImages < 0:
		return setting.Errorf("train_images", c.TrainImages, "want 0 (no bound) or more")
	case !(c.MACs >= 0) || math.IsInf(c.MACs, 0):
		return setting.Errorf("macs", c.MACs, "want 0 (no bound) or more")
	case c.Time < 0:
		return setting.Errorf("time", c.Time.String(), "want 0s (no bound) or more")
	}
	return nil
}

// Batched is an engine whose weight updates all take the same number of images.
type Batched interface {
	Batch() int
}

// Left is the number of MACs that a state leaves of the budget. It is negative after too dear a round, and +Inf without
// a budget.
func (s Search) Left(st State) float64 {
	if s.Budget.MACs == 0 {
		return math.Inf(1)
	}
	return s.Budget.MACs - st.Spent.Minus(st.Carried).MACs()
}

// ImagesLeft is the number of training images that a state leaves of the budget. It is +Inf without a budget.
func (s Search) ImagesLeft(st State) float64 {
	if s.Budget.TrainImages == 0 {
		return math.Inf(1)
	}
	return float64(s.Budget.TrainImages - st.Spent.Minus(st.Carried).TrainImages)
}

// OverTime reports whether the time of the budget is over. A method looks at it at its boundaries, and ends with the
// best that it has.
func (s Search) OverTime() bool {
	return s.Budget.Time > 0 && s.Elapsed != nil && s.Elapsed() >= s.Budget.Time
}

// outOfTime is the reason of a search that ends by its time.
func (c BudgetConfig) outOfTime() string {
	return fmt.Sprintf("the time of %v is over (budget.time)", c.Time)
}

// unaffordable says why no round fits any more that spends as much as the present one. It is empty if one does.
func (s Search) unaffordable(st State) string {
	round := st.Spent.Minus(st.Opening)
	left, images := s.Left(st), s.ImagesLeft(st)
	switch {
	case s.OverTime():
		return s.Budget.outOfTime()
	case left < round.MACs():
		return fmt.Sprintf("%.3g MACs are left of %.3g (budget.macs), and round %d took %.3g",
			max(left, 0), s.Budget.MACs, st.Round, round.MACs())
	case images < float64(round.TrainImages):
		return fmt.Sprintf("%.0f training images are left of %d (budget.train_images), and round %d took %d",
			max(images, 0), s.Budget.TrainImages, st.Round, round.TrainImages)
	}
	return ""
}

// checkBudget refuses a budget that the engine does not count.
func (s Search) checkBudget() error {
	_, metered := s.Engine.(Metered)
	for _, b := range []struct {
		key   string
		value any
		bound bool
	}{{"macs", s.Budget.MACs, s.Budget.MACs > 0}, {"train_images", s.Budget.TrainImages, s.Budget.TrainImages > 0}} {
		if b.bound && !metered {
			return setting.Errorf("budget."+b.key, b.value, "the engine does not count what it spends: want no bound")
		}
	}
	return nil
}

// checkFirstRound refuses a budget into which the first round is not expected to fit.
func (s Search) checkFirstRound() error {
	if p, priced := s.Engine.(Priced); priced && s.Budget.MACs > 0 {
		if least := s.firstRound(p); least > s.Budget.MACs {
			return setting.Errorf("budget.macs", s.Budget.MACs, "the first round is expected to spend %.3g: want at "+
				"least that", roundUp(least))
		}
	}
	if b, batched := s.Engine.(Batched); batched && s.Budget.TrainImages > 0 {
		if least := int64(s.Config.TrainSteps) * int64(b.Batch()); least > s.Budget.TrainImages {
			return setting.Errorf("budget.train_images", s.Budget.TrainImages, "a round takes %d: want at least that",
				least)
		}
	}
	return nil
}

// priced is the number of steps, and of scored architectures, whose prices stand for all of a round.
const priced = 64

// firstRound is the number of MACs that the first round is expected to spend: by the prices of its first steps, and of
// architectures that its subset makes within the constraint interval.
func (s Search) firstRound(p Priced) float64 {
	subset := space.New(len(s.Problem.Normal), len(s.Problem.Pool), s.Config.K, s.spaceSeed()).Subset()
	st := State{Round: 1, Fitness: fitness.New(subset)}
	updates := s.Config.TrainSteps / s.Config.Fitness.Every
	train, update, score := 0.0, 0.0, 0.0
	n := min(s.Config.TrainSteps, priced)
	for st.Step = 0; st.Step < n; st.Step++ {
		train += p.TrainMACs(s.drawUniform(st))
		a, b := s.drawPairs(st, Step{st.Round, st.Step, updates})
		update += p.FitnessMACs(a, b)
	}
	d := s.newDrawing(st, nil)
	for range 100 * priced {
		if len(d.inside) < min(priced, s.Config.Front.Samples) {
			d.draw()
		}
	}
	for _, t := range d.inside {
		score += p.ScoreMACs(t.Arch)
	}
	mean := func(sum float64, of, times int) float64 { return sum / float64(max(of, 1)) * float64(times) }
	return mean(train, n, s.Config.TrainSteps) + mean(update, n, updates) +
		mean(score, len(d.inside), s.Config.Front.Samples+s.Config.Front.Extras)
}

// roundUp is a positive number with three digits, not below v.
func roundUp(v float64) float64 {
	unit := math.Pow(10, math.Floor(math.Log10(v))-2)
	return math.Ceil(v/unit) * unit
}
