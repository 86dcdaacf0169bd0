package truth

import (
	"cmp"
	"fmt"
	"slices"

	"gonum.org/v1/gonum/stat"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/evolve/methods/predictor"
	"github.com/nse-dev/nse/internal/random"
)

// Worth is how well a predictor ranks architectures that it was not fitted on, by their true accuracies.
type Worth struct {
	Plan  string  `json:"plan"`  // how the architectures that it was fitted on were trained
	N     int     `json:"n"`     // how many of them
	Cost  float64 `json:"cost"`  // in trainings for the last of the recipe's ends
	Test  int     `json:"test"`  // architectures that are ranked in one draw, at least
	Draws int     `json:"draws"` // over which the following are means
	Tau   float64 `json:"tau"`
	R     float64 `json:"r"`       // given MACs
	RMSE  float64 `json:"rmse"`    // of the predicted accuracies, without their mean
	Low   float64 `json:"tau_low"` // the least τ of a draw
	High  float64 `json:"tau_high"`
}

// plan says to how many epochs architectures are trained: some to the first of the recipe's ends, one of every eta of
// these to the second, and so on.
type plan struct {
	name string
	ends []int
	eta  int
}

// plans lists the ways in which a table can be used.
func (t *Table) plans() []plan {
	ends := t.Recipe.Ends
	var list []plan
	for i, e := range ends {
		list = append(list, plan{fmt.Sprintf("epochs: %d", e), ends[i : i+1], 1})
	}
	if len(ends) > 1 {
		list = append(list, plan{fmt.Sprintf("the best third goes on, epochs: %s", job{ends: ends}.text()), ends, 3})
	}
	return list
}

// Predict fits package evolve/methods/predictor to held-out accuracies of n architectures, trained by several plans,
// and has it rank the others that the table knows. Numbers that leave fewer than ten to be ranked are left out. Every
// number is drawn so many times, by a seed.
func (t *Table) Predict(numbers []int, draws int, seed uint64) (list []Worth, err error) {
	truth := t.truth()
	archs := common(truth, truth)
	for _, p := range t.plans() {
		for _, n := range numbers {
			if n < 3 || len(archs)-n < leastRanked {
				continue
			}
			w := Worth{Plan: p.name, N: n, Test: len(archs) - n, Draws: draws, Low: 1, High: -1}
			for draw := range draws {
				order := random.New(seed, "predictor on a table", n, draw, 0).Perm(len(archs))
				for i, j := range order {
					order[i] = archs[j]
				}
				if err := t.predict(&w, p, order[:n], order[n:]); err != nil {
					return nil, err
				}
			}
			w.Tau, w.R, w.RMSE = w.Tau/float64(draws), w.R/float64(draws), w.RMSE/float64(draws)
			list = append(list, w)
		}
	}
	return list, nil
}

// leastRanked is the number of architectures below which a τ says nothing.
const leastRanked = 10

// predict adds a draw: the predictor is fitted to some architectures and ranks others.
func (t *Table) predict(w *Worth, p plan, fitted, ranked []int) error {
	trials, epochs := t.trials(p, fitted)
	w.Cost = float64(epochs) / float64(t.last())
	model, err := predictor.Fit(t.problem, trials)
	if err != nil {
		return err
	}
	truth := t.truth()
	var x, y, macs []float64
	for _, a := range ranked {
		accuracy, _ := model.At(t.Archs[a])
		x, y, macs = append(x, accuracy), append(y, truth[a]), append(macs, t.macs(t.Archs[a]))
	}
	r, ok := ranking("", x, y, macs)
	if !ok || r.Partial == nil {
		return nil
	}
	w.Tau, w.R, w.RMSE = w.Tau+r.Correlation.Tau, w.R+r.Partial.R, w.RMSE+apart(x, y)
	w.Low, w.High = min(w.Low, r.Correlation.Tau), max(w.High, r.Correlation.Tau)
	return nil
}

// apart is the standard deviation of the differences of x and y.
func apart(x, y []float64) float64 {
	d := make([]float64, len(x))
	for i := range x {
		d[i] = x[i] - y[i]
	}
	return stat.StdDev(d, nil)
}

// trials trains architectures by a plan, from the rows of the table, and counts the epochs.
func (t *Table) trials(p plan, archs []int) (trials []evolve.Trial, epochs int) {
	left, done := archs, 0
	for _, e := range p.ends {
		column := t.column(1, job{ends: t.Recipe.Ends}.text(), e, held)
		for _, a := range left {
			trials = append(trials, evolve.Trial{Done: true,
				Member: evolve.Member{Arch: t.Archs[a], Epochs: e, Accuracy: column[a]}})
		}
		epochs, done = epochs+len(left)*(e-done), e
		left = slices.SortedStableFunc(slices.Values(left), func(a, b int) int {
			return cmp.Compare(column[b], column[a])
		})
		left = left[:max(1, len(left)/p.eta)]
	}
	return trials, epochs
}
