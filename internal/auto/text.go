package auto

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"github.com/nse-dev/nse/internal/text"
	"github.com/nse-dev/nse/supernet/config"
)

// lines say what a plan is, a sentence each.
func (r record) lines() []string {
	p, f := r.Plan, r.Facts
	took := func(seconds float64) time.Duration {
		return time.Duration(seconds * float64(time.Second)).Round(time.Second)
	}
	choice := p.after(0) - p.Epochs
	return []string{
		fmt.Sprintf("data: %d training images of %d×%d×%d, %d classes", f.Images, f.Input.Height, f.Input.Width,
			f.Input.Channels, f.Input.Classes),
		fmt.Sprintf("machine: %.3g GMAC/s searching, %.3g GMAC/s training at the budget", f.Search/1e9, f.Train/1e9),
		fmt.Sprintf("plan: within %v, a network of at most %.4g million MACs", p.Within, text.Millions(p.MACs)),
		fmt.Sprintf("  %v search: architectures of %.4g million MACs, %.0f epochs of them in all",
			p.search(f).Round(time.Second),
			text.Millions(p.Searched), p.Looks),
		fmt.Sprintf("  %v choice: the best %d at the budget for %s, the best %d of these for %s",
			took(float64(choice)*f.epoch(p.MACs)), p.Rungs[0].Candidates, plural(p.Rungs[0].Epochs, "epoch"),
			p.Rungs[1].Candidates, plural(p.Rungs[1].Epochs, "epoch")),
		fmt.Sprintf("  %v training: the best one on all training images for about %s, then the test",
			took(float64(p.Epochs)*f.epoch(p.MACs)), plural(p.Epochs, "epoch")),
	}
}

// Plan is the plan as a configuration file: what it is in comments, and every setting with where it comes from.
func (a *auto) explained() ([]byte, error) {
	source := config.Source{Name: "the plan", Override: config.Override{Base: config.Quick}}
	body, err := source.Explain(a.settings)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	for _, line := range a.record.lines() {
		fmt.Fprintf(&b, "# %s\n", line)
	}
	pool := a.ask.Pool
	if pool == "" {
		pool = "ops.toml"
	}
	fmt.Fprintf(&b, "# By hand it is nse evolve --pool %s --config FILE --out RUN, and then\n"+
		"# nse retrain RUN --budget %d --se --swish.\n\n", text.Shell(pool), a.record.Plan.MACs)
	b.Write(body)
	return b.Bytes(), nil
}

// show tells the plan.
func (a *auto) show() {
	for _, line := range a.record.lines() {
		a.say("%s", line)
	}
}

// Rows is the outcome as a table, for text.Table.
func (x Outcome) Rows() []string {
	return []string{"test accuracy\tM MACs\tparameters\tmodel",
		strings.Join([]string{text.Percent(x.Accuracy), fmt.Sprintf("%.4g", text.Millions(x.MACs)),
			text.Thousands(x.Params), text.Printable(x.Model)}, "\t")}
}

// Files lists where everything is, a line each.
func (x Outcome) Files() (lines string) {
	for _, f := range []struct{ what, path string }{{"model", x.Model}, {"ONNX", x.ONNX}, {"PyTorch", x.PyTorch},
		{"report", x.Report}, {"plan", x.Plan}} {
		if f.path != "" {
			lines += fmt.Sprintf("%s: %s\n", f.what, text.Printable(f.path))
		}
	}
	return lines
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
