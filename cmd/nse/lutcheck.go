package main

import (
	"fmt"
	"io"
	"math"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/nse-dev/nse/internal/latency"
	"github.com/nse-dev/nse/supernet"
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
		Long: `Measure whole networks in turn, each twice, of which the second time counts, and compare the median with what the table
predicts: the stem, the head, and for each branch its operation and its part of the mean. The error is the difference as a part
of what was measured. The table's reference network runs after each of them: if it takes longer than it took for the table, so
does everything, and the error at the table's speed is that of predictions times as much. Without architectures, random ones
of the pool are measured: at each layer, each of 5 random operations with probability 0.5.

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

// checked compares a prediction with a measurement, both in ms.
type checked struct {
	Name      string       `json:"name"`
	Predicted float64      `json:"predicted_ms"`
	Measured  latency.Time `json:"measured"`
	Error     float64      `json:"error"`                          // (predicted − measured) / measured
	AtSpeed   *float64     `json:"error_at_table_speed,omitempty"` // of the prediction times the slowdown, if that is known
}

func (k lutCheck) run(c *cobra.Command, args []string) error {
	t, err := readTable(args[0])
	if err != nil {
		return err
	}
	if here := latency.Here(version()); t.Machine != here {
		fmt.Fprintf(c.ErrOrStderr(), "warning: %s was measured on %v, this is %v\n", args[0], t.Machine, here)
	}
	var sample sample
	if len(args) == 2 {
		sample, err = namedSample(c.Context(), t, args[1])
	} else {
		sample, err = k.randomSample(c.Context(), t)
	}
	if err != nil {
		return err
	}
	defer sample.Close()
	list, err := sample.predict(t)
	if err != nil {
		return fmt.Errorf("%s: %w", args[0], err)
	}
	d, err := k.measure(c, t, sample, list)
	if err != nil {
		return err
	}
	defer d.warn(c.ErrOrStderr())
	return k.print(c.OutOrStdout(), d, list)
}

// measure completes a list.
func (k lutCheck) measure(c *cobra.Command, t latency.Table, s sample, list []checked) (*drift, error) {
	reference, err := newReference(t.Setup, s.Skeleton)
	if err != nil {
		return nil, err
	}
	defer reference.net.Close()
	net, err := supernet.NewNet(s.Skeleton, s.build, 1, t.Threads)
	if err != nil {
		return nil, err
	}
	defer net.Close()
	if err := net.Fill(s.subset()); err != nil {
		return nil, err
	}
	p := newProgress(c.ErrOrStderr(), 0)
	defer p.close()
	m := latency.Meter{Now: time.Now, WarmUp: warmUp, Repeats: k.repeats, Reference: reference.run, Each: func(done, total int) {
		p.at("measure", done, total, "all architectures in turn")
	}}
	times, now, err := m.Networks(c.Context(), net, s.Stem.In, t.Batch, s.archs)
	if err != nil {
		return nil, err
	}
	reference.Time = now
	d := driftOf(t.Reference, reference.Reference)
	for i, measured := range times {
		list[i].Measured = measured
		list[i].Error = list[i].Predicted/measured.Median - 1
		if d != nil {
			e := list[i].Predicted*d.Slowdown/measured.Median - 1
			list[i].AtSpeed = &e
		}
	}
	return d, nil
}

// summary is the median and the largest of errors without their signs.
type summary struct {
	Median float64 `json:"median_error"`
	Worst  float64 `json:"worst_error"`
}

func summaryOf(list []checked, errorOf func(checked) float64) summary {
	errors := make([]float64, len(list))
	for i, x := range list {
		errors[i] = math.Abs(errorOf(x))
	}
	slices.Sort(errors)
	return summary{latency.Quantile(errors, 0.5), errors[len(errors)-1]}
}

func (s summary) String() string {
	return fmt.Sprintf("median %.1f %%, worst %.1f %%", 100*s.Median, 100*s.Worst)
}

// outcome is what a check comes to. What needs the drift is nil if that is not known.
type outcome struct {
	summary
	AtSpeed *summary  `json:"at_table_speed,omitempty"`
	Drift   *drift    `json:"reference,omitempty"`
	Archs   []checked `json:"architectures"`
}

func (k lutCheck) print(w io.Writer, d *drift, list []checked) error {
	o := outcome{summary: summaryOf(list, func(x checked) float64 { return x.Error }), Drift: d, Archs: list}
	if d != nil {
		atSpeed := summaryOf(list, func(x checked) float64 { return *x.AtSpeed })
		o.AtSpeed = &atSpeed
	}
	if k.json {
		return printJSON(w, o)
	}
	heading := "architecture\tpredicted ms\tmeasured ms\tquartiles\terror"
	if d != nil {
		heading += "\tat the table's speed"
	}
	rows := []string{heading}
	for _, x := range list {
		row := fmt.Sprintf("%s\t%.4g\t%.4g\t%.4g–%.4g\t%+.1f %%", x.Name, x.Predicted, x.Measured.Median, x.Measured.Q1, x.Measured.Q3, 100*x.Error)
		if d != nil {
			row += fmt.Sprintf("\t%+.1f %%", 100**x.AtSpeed)
		}
		rows = append(rows, row)
	}
	if err := table(w, rows); err != nil {
		return err
	}
	text := fmt.Sprintf("\nerror of %d architectures: %v\n", len(list), o.summary)
	if d != nil {
		text += fmt.Sprintf("at the table's speed: %v\nreference network: %.4g ms for the table, %.4g ms now: this machine takes %.2f times what it took for the table\n",
			o.AtSpeed, d.Table.Median, d.Now.Median, d.Slowdown)
	}
	_, err := fmt.Fprint(w, text)
	return err
}
