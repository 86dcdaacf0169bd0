package truth

import (
	"context"
	"fmt"
	"io"

	"github.com/nse-dev/nse/internal/statistics"
	"github.com/nse-dev/nse/internal/text"
)

// Shown is what a table comes to.
type Shown struct {
	Summary
	Predictor []Worth `json:"predictor"`
}

// Write writes one table after another. Empty ones are left out.
func (s Shown) Write(w io.Writer) error {
	for i, rows := range [][]string{s.parts(), s.accuracies(), s.spread(), s.rankings(), s.predictors()} {
		if len(rows) < 2 {
			continue
		}
		if i > 0 {
			fmt.Fprintln(w)
		}
		if err := text.Table(w, rows); err != nil {
			return err
		}
	}
	return nil
}

// parts counts the trainings by part. Parts without any are counted in one row.
func (s Shown) parts() []string {
	rows, none, missing := []string{"part\ttrainings\tmissing"}, 0, 0
	for _, p := range s.Parts {
		if p.Done == 0 {
			none, missing = none+1, missing+p.All
			continue
		}
		rows = append(rows, fmt.Sprintf("%d\t%d\t%d", p.Part, p.Done, p.All-p.Done))
	}
	if none > 0 {
		rows = append(rows, fmt.Sprintf("%d others\t0\t%d", none, missing))
	}
	return rows
}

func (s Shown) accuracies() []string {
	rows := []string{"test accuracy\tarchitectures\tmean\tdeviation\tbest"}
	add := func(name string, g Group) {
		if g.N > 0 {
			rows = append(rows, fmt.Sprintf("%s\t%d\t%s\t%.2f\t%s", name, g.N, text.Percent(g.Mean), 100*g.Deviation,
				text.Percent(g.Best)))
		}
	}
	for _, l := range s.Lengths {
		add(fmt.Sprintf("epochs: %d of %s", l.Epochs, l.Cycles), l.Group)
	}
	add("uniform stacks, all short cycles", s.Stacks)
	add("all others", s.Others)
	return rows
}

// spread compares seeds with architectures.
func (s Shown) spread() []string {
	if s.Seeds == nil {
		return nil
	}
	two := "–"
	if s.Seeds.Two != nil {
		two = correlated(*s.Seeds.Two)
	}
	return []string{"spread of seeds\tof architectures\trepeated\tτ of two seeds\tgreatest τ of any ranking",
		fmt.Sprintf("%.2f\t%.2f\t%d\t%s\t%.3f", 100*s.Seeds.Within, 100*s.Seeds.Between, s.Seeds.Architectures, two,
			s.Seeds.Ceiling)}
}

func correlated(c statistics.Correlation) string {
	return fmt.Sprintf("%.3f (%.3f to %.3f)", c.Tau, c.Low, c.High)
}

func (s Shown) rankings() []string {
	rows := []string{"ranked by\tarchitectures\tτ, 95 %\tr given MACs, 95 %"}
	for _, r := range s.Rankings {
		partial := "–"
		if p := r.Partial; p != nil {
			partial = fmt.Sprintf("%.3f (%.3f to %.3f)", p.R, p.Low, p.High)
		}
		rows = append(rows, fmt.Sprintf("%s\t%d\t%s\t%s", r.By, r.Correlation.N, correlated(r.Correlation), partial))
	}
	return rows
}

func (s Shown) predictors() []string {
	rows := []string{"predictor fitted to\tarchitectures\tcost\tranked\tτ\tr given MACs"}
	for _, w := range s.Predictor {
		rows = append(rows, fmt.Sprintf("%s\t%d\t%.1f\t%d\t%.3f (%.2f to %.2f)\t%.3f", w.Plan, w.N, w.Cost, w.Test,
			w.Tau, w.Low, w.High, w.R))
	}
	return rows
}

// Text says what a training has come to.
func (r Row) Text() string {
	return fmt.Sprintf("architecture %d: %.2f %% of held-out, %.2f %% of test images", r.Arch, 100*r.Held, 100*r.Test)
}

// CheckRows is Check with a table of the rows, for text.Table. differ counts those that do. A table without rows is
// an error.
func (t *Table) CheckRows(ctx context.Context, n int, seed uint64) (rows []string, differ int, err error) {
	if len(t.Rows) == 0 {
		return nil, 0, fmt.Errorf("%s has no table yet: make it with nse table run", t.dir)
	}
	rows = []string{"row\theld-out\ttest\tagain"}
	others, err := t.Check(ctx, n, seed, func(was, is Row) { rows = append(rows, was.beside(is)) })
	return rows, len(others), err
}

// beside sets a row of a table beside what a check has made of it.
func (r Row) beside(again Row) string {
	verdict := "equal"
	if r.String() != again.String() {
		verdict = again.String()
	}
	return fmt.Sprintf("%d, seed %d, %d of %s epochs\t%.4f\t%.4f\t%s", r.Arch, r.Seed, r.Epochs, r.Ends, r.Held, r.Test,
		verdict)
}
