package auto

import (
	"slices"
	"strings"
	"time"

	"github.com/nse-dev/nse"
	"github.com/nse-dev/nse/supernet"
)

// settings are those of the search, and of the last training, that a plan means.
func (f Facts) settings(base nse.Settings, p Plan, m supernet.Macro) nse.Settings {
	s := base
	s.Macro = m
	s.Retrain.Epochs = p.Epochs
	s.Budget.MACs, s.Budget.Time = p.Spend, (2 * p.search(f)).Round(time.Second)
	s.Search.Constraint.Tau = float64(p.Searched) / 1e6
	s.Search.Constraint.Width = 0.1
	s.Search.MaxRounds = 0
	s.Search.Alone.Evaluations = 100_000 // the budget ends the search
	g := &s.Search.Guided
	g.Candidates, g.Ends, g.Eta = 16, f.ends(), 4
	if p.Looks < f.round() {
		g.Candidates, g.Ends, g.Eta = 8, []int{g.Ends[0] / 2, g.Ends[0]}, 2
	}
	s.Final.Candidates = 0 // the rungs choose, at the budget
	return s
}

// recipe completes settings with how networks are trained on data of this kind.
func (f Facts) recipe(s *nse.Settings, epochs int) {
	r := &s.Retrain
	r.Batch, r.EpochSteps, r.LR, r.WarmupEpochs, r.WeightDecay = f.batch(), epochSteps, 0.1, 0.5, 5e-4
	if r.Batch < 128 {
		r.LR = 0.05
	}
	side := min(f.Input.Height, f.Input.Width)
	r.Augment.CropPadding, r.Augment.Flip = side/8, !f.Written
	r.EMA, r.LabelSmoothing, r.Augment.Cutout = 0.999, 0, 0
	if epochs >= 40 { // fewer are too few for what makes learning harder
		r.LabelSmoothing, r.Augment.Cutout = 0.1, side/4
	}
	s.Data.HeldOut = 0.1
	if f.Images < 5000 {
		s.Data.HeldOut = 0.2
	}
	s.Score.Images, s.Score.Batch = 2000, 200
}

// written reports whether a data set shows characters, by its spec.
func written(spec string) bool {
	name, _, _ := strings.Cut(spec, ":")
	return slices.Contains([]string{"mnist", "kmnist", "k49"}, name) || strings.HasPrefix(name, "emnist-")
}
