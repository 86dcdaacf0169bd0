package study

import (
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/nse-dev/nse/internal/statistics"
	"github.com/nse-dev/nse/internal/text"
)

// Table is a table of a report.
type Table struct {
	Title string
	Note  string // what the columns are
	Head  []string
	Rows  [][]string // the first cell names the row
}

// Tables are those of a cell. A table that would be empty is left out.
func (r *Report) Tables(c Cell) (list []Table) {
	for _, t := range []Table{r.accuracies(c), r.ranks(c), r.distributions(c), r.agreements(c), r.volumes(c),
		r.steps(c)} {
		if len(t.Rows) > 0 {
			list = append(list, t)
		}
	}
	return list
}

// Title names a cell.
func (c Cell) Title() string {
	if c.Budget == 0 {
		return c.Data
	}
	return fmt.Sprintf("%s, %s", c.Data, tera(c.Budget))
}

func (r *Report) accuracies(c Cell) Table {
	t := Table{Title: "Accuracy after training alone",
		Note: fmt.Sprintf("Test images; a seed counts by the mean of its finalists. Differences to %s are in points, "+
			"paired by seed, with 95 %% intervals. The verdict asks both of them. Cost is that of the search and of "+
			"training the finalists.", r.Reference),
		Head: []string{"method", "seeds", "mean", "95 % interval", "best", "difference", "paired t", "bootstrap-t",
			"verdict", "cost", "to reference", "M MACs"}}
	for _, s := range c.Methods {
		seeds := fmt.Sprint(s.Seeds)
		if s.Without > 0 {
			seeds += fmt.Sprintf(" (%d without a result)", s.Without)
		}
		row := []string{s.Method, seeds, "–", "–", "–", "–", "–", "–", "reference", tera(s.Spent), "–", "–"}
		if s.Seeds > 0 {
			row[2], row[3], row[4] = text.Percent(s.Mean), between(s.Interval, 100, 2), text.Percent(s.Best)
			row[11] = fmt.Sprintf("%.3g", s.MACs/1e6)
		}
		if d := s.Difference; d != nil {
			row[5], row[6], row[7] = signed(100*d.Mean, 2), between(d.Student, 100, 2), between(d.Bootstrap, 100, 2)
			row[8], row[10] = string(d.Verdict), signed(100*d.Spent, 1)+" %"
		} else if s.Method != r.Reference {
			row[8] = "no common seed"
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

func (r *Report) ranks(c Cell) (t Table) {
	k := c.Ranking
	if k == nil {
		return t
	}
	t = Table{Title: "Ranks", Head: []string{"method", "mean rank"},
		Note: fmt.Sprintf("Over the %d seeds at which all have a result; 1 is best. Friedman's χ² = %.2f, p = %.3g. "+
			"Methods whose mean ranks differ by more than %.2f are told apart at 95 %% (Nemenyi).", k.Seeds, k.Friedman,
			k.P, k.Difference)}
	for m, label := range k.Methods {
		t.Rows = append(t.Rows, []string{label, fmt.Sprintf("%.2f", k.Ranks[m])})
	}
	return t
}

func (r *Report) distributions(c Cell) Table {
	t := Table{Title: "Distributions",
		Note: fmt.Sprintf("Of all finalists' accuracies: the greatest distance to %s, and the distance that chance "+
			"exceeds in 5 %% of cases. Band is the half-width of the 95 %% band about the method's own.", r.Reference),
		Head: []string{"method", "finalists", "band", "distance", "critical", "verdict"}}
	for _, s := range c.Methods {
		if s.Apart == nil || len(s.points) == 0 {
			continue
		}
		v := Untold
		if s.Apart.Distance > s.Apart.Critical {
			v = "differs"
		}
		t.Rows = append(t.Rows, []string{s.Method, fmt.Sprint(len(s.points)),
			fmt.Sprintf("%.2f", statistics.Band(len(s.points))), fmt.Sprintf("%.2f", s.Apart.Distance),
			fmt.Sprintf("%.2f", s.Apart.Critical), string(v)})
	}
	return t
}

func (r *Report) agreements(c Cell) Table {
	t := Table{Title: "Does the search rank as training alone does?",
		Note: "Between the accuracy by which a search ranked its candidates and the one that each really has: " +
			"Kendall's τ-b, τ-b over pairs of about equal MACs, and the partial correlation given the MACs. Means " +
			"over seeds with 95 % intervals.",
		Head: []string{"method", "seeds", "τ", "95 % interval", "τ at equal cost", "95 % interval", "r given MACs",
			"95 % interval"}}
	for _, s := range c.Methods {
		if s.Tau == nil {
			continue
		}
		row := []string{s.Method, fmt.Sprint(s.Tau.Seeds)}
		for _, m := range []*Mean{s.Tau, s.AtEqual, s.Partial} {
			if m == nil {
				row = append(row, "–", "–")
			} else {
				row = append(row, fmt.Sprintf("%.2f", m.Mean), between(m.Interval, 1, 2))
			}
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

func (r *Report) volumes(c Cell) Table {
	t := Table{Title: "Fronts of trained finalists", Note: "Hypervolume in M MACs × accuracy, mean over seeds.",
		Head: []string{"method", "seeds", "hypervolume", "95 % interval"}}
	for _, s := range c.Methods {
		if h := s.Hypervolume; h != nil {
			t.Rows = append(t.Rows, []string{s.Method, fmt.Sprint(h.Seeds), fmt.Sprintf("%.4g", h.Mean),
				between(h.Interval, 1, 4)})
		}
	}
	return t
}

func (r *Report) steps(c Cell) Table {
	t := Table{Title: "From round to round",
		Note: "Each part less the one before it, paired by seed: accuracy in points, hypervolume in M MACs × " +
			"accuracy, with 95 % intervals by the paired t. Verdicts ask the bootstrap-t too. Grew counts seeds.",
		Head: []string{"from", "to", "seeds", "accuracy", "95 % interval", "verdict", "hypervolume", "95 % interval",
			"grew", "verdict"}}
	for _, s := range c.Steps {
		a := s.Accuracy
		row := []string{s.From, s.To, fmt.Sprint(a.Seeds), signed(100*a.Mean, 2), between(a.Student, 100, 2),
			string(a.Verdict), "–", "–", "–", "–"}
		if h := s.Hypervolume; h != nil {
			row[6], row[7] = signed(h.Mean, 4), between(h.Student, 1, 4)
			row[8], row[9] = fmt.Sprintf("%d of %d", s.Grew, h.Seeds), string(h.Verdict)
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// signed has a sign, and a true minus.
func signed(v float64, digits int) string {
	return strings.Replace(fmt.Sprintf("%+.*f", digits, v), "-", "−", 1)
}

// between is an interval times a factor, or a dash for none.
func between(i *statistics.Interval, factor float64, digits int) string {
	if i == nil {
		return "–"
	}
	return strings.ReplaceAll(fmt.Sprintf("%.*f to %.*f", digits, factor*i.Low, digits, factor*i.High), "-", "−")
}

// tera is a number of MACs in the unit that suits it.
func tera(macs float64) string {
	for _, u := range []struct {
		unit float64
		name string
	}{{1e12, "TMAC"}, {1e9, "GMAC"}} {
		if math.Abs(macs) >= u.unit {
			return fmt.Sprintf("%.3g %s", macs/u.unit, u.name)
		}
	}
	return fmt.Sprintf("%.3g MMAC", macs/1e6)
}

// Write writes the tables of all cells for a terminal.
func (r *Report) Write(w io.Writer) error {
	for _, cell := range r.Cells {
		fmt.Fprintln(w, cell.Title())
		for _, t := range r.Tables(cell) {
			rows := []string{strings.Join(t.Head, "\t")}
			for _, row := range t.Rows {
				rows = append(rows, strings.Join(row, "\t"))
			}
			fmt.Fprintln(w)
			if err := text.Table(w, rows); err != nil {
				return err
			}
		}
	}
	return nil
}

// Markdown is the report for a page such as docs/results.md.
func (r *Report) Markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "## %s\n\n%s\n", r.Name, r.lead())
	for _, c := range r.Cells {
		fmt.Fprintf(&b, "\n### %s\n", c.Title())
		for _, t := range r.Tables(c) {
			fmt.Fprintf(&b, "\n%s. %s\n\n%s", strings.TrimSuffix(t.Title, "?"), t.Note, t.markdown())
		}
	}
	return b.String()
}

func (t Table) markdown() string {
	var b strings.Builder
	line := func(cells []string) {
		fmt.Fprintf(&b, "| %s |\n", strings.ReplaceAll(strings.Join(cells, " | "), "\n", " "))
	}
	line(t.Head)
	b.WriteString(strings.Repeat("|---", len(t.Head)) + "|\n")
	for _, row := range t.Rows {
		line(row)
	}
	return b.String()
}

// lead says what the study is, and how far.
func (r *Report) lead() string {
	lead := fmt.Sprintf("%d of %d items have ended", r.Ended, r.Items)
	if r.MACs > 0 {
		lead += fmt.Sprintf("; finalists are scaled to %.4g M MACs ± %g %%", float64(r.MACs)/1e6, 100*r.Tolerance)
	}
	if len(r.Versions) > 1 {
		lead += "; versions of nse: " + strings.Join(r.Versions, ", ")
	}
	return lead + "."
}
