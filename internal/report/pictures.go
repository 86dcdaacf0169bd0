package report

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/nse-dev/nse/internal/history"
	"github.com/nse-dev/nse/internal/plot"
	"github.com/nse-dev/nse/internal/text"
)

// Draw makes the pictures of a report. Those that there is nothing to draw for stay nil.
func (g *Gathered) Draw() error {
	p := &g.Report.Pictures
	var errs []error
	picture := func(to *[]byte, c plot.Chart) {
		c.Series = slices.DeleteFunc(c.Series, func(s plot.Series) bool { return len(s.Marks) == 0 })
		if len(c.Series) > 0 {
			var err error
			*to, err = c.SVG()
			errs = append(errs, err)
		}
	}
	picture(&p.Fronts, g.fronts())
	picture(&p.Hypervolume, g.hypervolume())
	picture(&p.Size, g.size())
	picture(&p.Distribution, g.distribution())
	picture(&p.Ranking, g.ranking())
	picture(&p.Retrained, g.retrained())
	drawn, err := g.architectures()
	p.Architectures = drawn
	errs = append(errs, err)
	if len(g.rounds) > 0 {
		p.History, err = history.Drawing(g.rounds, g.histories).SVG()
		errs = append(errs, err)
	}
	for _, x := range g.rounds {
		svg, err := fitnessSVG(g.run, x, g.config.Search.Fitness.Threshold)
		errs = append(errs, err)
		p.Fitness = append(p.Fitness, RoundPicture{Round: x.Round, SVG: svg})
	}
	return errors.Join(errs...)
}

func (g *Gathered) fronts() plot.Chart {
	c := plot.Chart{X: "cost (" + g.Report.Unit + ")", Y: "accuracy on held-out images (%)", Ordered: true}
	for _, x := range g.Report.Rounds {
		s := plot.Series{Name: roundName(x.Round), Line: plot.Stairs}
		for _, a := range x.Front {
			title := fmt.Sprintf("round %d, %s: %.2f %%, %.4g %s, %s parameters\n%s", x.Round, a.Name, 100*a.Accuracy,
				a.Cost, g.Report.Unit, text.Thousands(a.Params), opsLines(a.Ops))
			s.Marks = append(s.Marks, plot.Mark{X: a.Cost, Y: 100 * a.Accuracy, Title: title, Link: "#" + a.ID})
		}
		c.Series = append(c.Series, s)
	}
	return c
}

func roundName(round int) string { return fmt.Sprintf("round %d", round) }

func (g *Gathered) hypervolume() plot.Chart {
	own := plot.Series{Name: "the round's front", Line: plot.Straight}
	again := plot.Series{Name: "the last front, scored again", Boxes: true}
	if g.Report.Alone() {
		again.Name = "the last front"
	}
	for _, x := range g.Report.Rounds {
		if !x.Done {
			continue
		}
		own.Marks = append(own.Marks, plot.Mark{X: float64(x.Round), Y: x.Hypervolume,
			Title: fmt.Sprintf("round %d: %.4g", x.Round, x.Hypervolume)})
		if v := x.Rehearsed; v != nil {
			again.Marks = append(again.Marks, plot.Mark{X: float64(x.Round), Y: *v,
				Title: fmt.Sprintf("round %d, the last front again: %.4g", x.Round, *v)})
		}
	}
	return plot.Chart{X: "round", Y: "hypervolume (" + g.Report.Unit + " × accuracy)", Whole: true,
		Series: []plot.Series{own, again}}
}

func (g *Gathered) size() plot.Chart {
	s := plot.Series{Name: "subset", Line: plot.Straight}
	for _, x := range g.Report.Rounds {
		s.Marks = append(s.Marks, plot.Mark{X: float64(x.Round), Y: x.Log10,
			Title: fmt.Sprintf("round %d: %s architectures", x.Round, x.Size)})
	}
	return plot.Chart{X: "round", Y: "architectures (decimal logarithm)", Whole: true, Series: []plot.Series{s}}
}

// distribution is the empirical distribution function of each round's accuracies.
func (g *Gathered) distribution() plot.Chart {
	c := plot.Chart{X: "accuracy on held-out images (%)", Y: "part of the architectures sampled (%)", Ordered: true}
	for _, x := range g.Report.Rounds {
		s := plot.Series{Name: fmt.Sprintf("%s (%d)", roundName(x.Round), len(x.Sampled)), Line: plot.Stairs,
			Bare: true}
		for i, accuracy := range x.Sampled {
			if i == 0 {
				s.Marks = append(s.Marks, plot.Mark{X: 100 * accuracy})
			}
			if i+1 == len(x.Sampled) || accuracy < x.Sampled[i+1] {
				s.Marks = append(s.Marks, plot.Mark{X: 100 * accuracy, Y: 100 * float64(i+1) / float64(len(x.Sampled))})
			}
		}
		c.Series = append(c.Series, s)
	}
	return c
}

// ranking sets the accuracies of each stage against those of the models.
func (g *Gathered) ranking() plot.Chart {
	c := plot.Chart{X: "accuracy on held-out images in the supernet (%)", Y: "accuracy on test images, retrained (%)",
		Ordered: true}
	if g.Report.Alone() {
		c.X = "accuracy on held-out images in the search (%)"
	}
	for _, at := range g.stages() {
		s := plot.Series{Name: at.name()}
		for _, m := range g.Report.Models {
			for _, score := range m.Scores {
				if score.stage() == at {
					s.Marks = append(s.Marks,
						plot.Mark{X: 100 * score.Accuracy, Y: 100 * m.Accuracy, Title: modelTitle(m)})
				}
			}
		}
		c.Series = append(c.Series, s)
	}
	return c
}

// retrained sets the cost of models against their accuracy (the paper's Figure 5).
func (g *Gathered) retrained() plot.Chart {
	c := plot.Chart{X: "million MACs", Y: "accuracy on test images, retrained (%)", Ordered: true}
	for _, x := range append([]Round{{}}, g.Report.Rounds...) {
		s := plot.Series{Name: roundName(x.Round)}
		if x.Round == 0 {
			s.Name = "of no round"
		}
		for _, m := range g.Report.Models {
			if m.Round() == x.Round {
				s.Marks = append(s.Marks,
					plot.Mark{X: text.Millions(m.MACs), Y: 100 * m.Accuracy, Title: modelTitle(m)})
			}
		}
		slices.SortFunc(s.Marks, func(a, b plot.Mark) int { return cmp.Compare(a.X, b.X) })
		c.Series = append(c.Series, s)
	}
	return c
}

func modelTitle(m Model) string {
	return fmt.Sprintf("%s: %.2f %% of test images, %.4g million MACs, %s parameters\n%s", m.Folder, 100*m.Accuracy,
		text.Millions(m.MACs), text.Thousands(m.Params), m.Training)
}
