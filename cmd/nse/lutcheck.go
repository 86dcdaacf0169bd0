package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/nse-dev/nse"
	"github.com/nse-dev/nse/internal/architecture"
	"github.com/nse-dev/nse/internal/catalog"
	"github.com/nse-dev/nse/internal/latency"
	"github.com/nse-dev/nse/internal/lut"
	"github.com/nse-dev/nse/internal/progress"
)

// lutCheck is the command line of lut check.
type lutCheck struct {
	pool           string
	archs, repeats int
	seed           uint64
	json           bool
}

func lutCheckVerb() *cobra.Command {
	var k lutCheck
	c := &cobra.Command{
		Use:   "check LUT [FILE|RUN|NAME]",
		Short: "Compare what a table predicts with measured networks",
		Long: `Measure whole networks in turn, each twice, of which the second time counts, and compare the median
with what the table predicts: the stem, the head, and for each branch its operation and its part of the mean. The
error is the difference as a part of what was measured. The table's reference network runs after each of them: if it
takes longer than it took for the table, so does everything, and the error at the table's speed is that of predictions
times as much. Without architectures, random ones of the pool are measured: at each layer, each of 5 random operations
with probability 0.5.

` + modelsHelp,
		Example: `  nse lut check latency.json --pool pools/latency19.toml
  nse lut check latency.json runs/001`,
		Args: usage(cobra.RangeArgs(1, 2)),
		RunE: func(c *cobra.Command, args []string) error {
			if err := k.check(); err != nil {
				return usageError{c.CommandPath(), err}
			}
			return k.run(c, args)
		},
	}
	poolFlag(c, &k.pool)
	c.Flags().IntVar(&k.archs, "random", 30, "number of random architectures")
	c.Flags().Uint64Var(&k.seed, "seed", 1, "seed of the random architectures")
	repeatsFlag(c, &k.repeats)
	jsonFlag(c, &k.json)
	return c
}

func (k lutCheck) check() error {
	if k.archs < 1 || k.archs > 1000 {
		return fmt.Errorf("--random %d: want 1 to 1000", k.archs)
	}
	return checkRepeats(k.repeats)
}

func (k lutCheck) run(c *cobra.Command, args []string) error {
	t, err := latency.Read(args[0])
	if err != nil {
		return err
	}
	if here := latency.Here(nse.Version()); t.Machine != here {
		fmt.Fprintf(c.ErrOrStderr(), "warning: %s was measured on %v, this is %v\n", args[0], t.Machine, here)
	}
	sample, opened, err := k.sample(c.Context(), t, args[1:])
	if err != nil {
		return err
	}
	defer opened.Close()
	list, err := sample.Predict(t)
	if err != nil {
		return fmt.Errorf("%s: %w", args[0], err)
	}
	p := progress.New(c.ErrOrStderr(), 0)
	o, err := sample.Check(c.Context(), t, list, k.repeats,
		func(done, total int) { p.At("measure", done, total, "all architectures in turn") })
	p.Close()
	if err != nil {
		return err
	}
	defer warnOfDrift(c.ErrOrStderr(), o.Drift)
	return k.print(c.OutOrStdout(), o)
}

// sample is the architectures of a source, or random ones of the pool without one. Close the pools after use.
func (k lutCheck) sample(
	ctx context.Context, t latency.Table, source []string,
) (s lut.Sample, opened catalog.Pools, err error) {
	if len(source) == 0 {
		pool, err := openPool(ctx, k.pool)
		if err != nil {
			return s, nil, err
		}
		if s, err = lut.RandomSample(ctx, t, pool.Ops, k.archs, k.seed); err != nil {
			pool.Close()
		}
		return s, catalog.Pools{pool}, err
	}
	m, err := opener().Open(ctx, architecture.Source{Path: source[0]}, architecture.Variant{})
	if err != nil {
		return s, nil, err
	}
	if s, err = lut.SampleOf(t, m.Plans); err != nil {
		m.Close()
		return s, nil, fmt.Errorf("%s: %w", source[0], err)
	}
	return s, m.Pools, nil
}

func (k lutCheck) print(w io.Writer, o lut.Outcome) error {
	if k.json {
		return printJSON(w, o)
	}
	heading := "architecture\tpredicted ms\tmeasured ms\tquartiles\terror"
	if o.Drift != nil {
		heading += "\tat the table's speed"
	}
	rows := []string{heading}
	for _, x := range o.Archs {
		row := fmt.Sprintf("%s\t%.4g\t%.4g\t%.4g–%.4g\t%+.1f %%", x.Name, x.Predicted, x.Measured.Median, x.Measured.Q1,
			x.Measured.Q3, 100*x.Error)
		if o.Drift != nil {
			row += fmt.Sprintf("\t%+.1f %%", 100**x.AtSpeed)
		}
		rows = append(rows, row)
	}
	if err := table(w, rows); err != nil {
		return err
	}
	summary := fmt.Sprintf("\nerror of %d architectures: %v\n", len(o.Archs), o.Errors)
	if d := o.Drift; d != nil {
		summary += fmt.Sprintf("at the table's speed: %v\nreference network: %.4g ms for the table, %.4g ms now: "+
			"this machine takes %.2f times what it took for the table\n", o.AtSpeed, d.Table.Median, d.Now.Median,
			d.Slowdown)
	}
	_, err := fmt.Fprint(w, summary)
	return err
}

// warnOfDrift says what may be wrong with a comparison. A nil drift is not known.
func warnOfDrift(w io.Writer, d *lut.Drift) {
	if d == nil {
		fmt.Fprintln(w, "warning: the table has another reference network than this nse: whether the machine's speed "+
			"has changed is not known")
	} else if lut.Drifted(d.Slowdown) {
		fmt.Fprintln(w, "warning: the machine's speed has changed since the table was measured: measure a fresh table")
	}
}
