package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/nse-dev/nse"
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
		Args:    usage(cobra.RangeArgs(1, 2)),
		PreRunE: checked(k.check),
		RunE:    func(c *cobra.Command, args []string) error { return k.run(c, args) },
	}
	poolFlag(c, &k.pool)
	c.Flags().IntVar(&k.archs, "random", 30, "number of random architectures")
	c.Flags().Uint64Var(&k.seed, "seed", 1, "seed of the random architectures")
	repeatsFlag(c, &k.repeats)
	jsonFlag(c, &k.json)
	return c
}

func (k *lutCheck) check(*cobra.Command) error {
	if k.archs < 1 || k.archs > 1000 {
		return fmt.Errorf("--random %d: want 1 to 1000", k.archs)
	}
	return checkRepeats(k.repeats)
}

func (k *lutCheck) run(c *cobra.Command, args []string) error {
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
	if err := show(c, k.json, o, o.Rows()); err != nil {
		return err
	}
	if !k.json {
		fmt.Fprint(c.OutOrStdout(), o.Text())
	}
	_, err = fmt.Fprint(c.ErrOrStderr(), o.Warning())
	return err
}

// sample is the architectures of a source, or random ones of the pool without one. Close the pools after use.
func (k *lutCheck) sample(
	ctx context.Context, t latency.Table, source []string,
) (s lut.Sample, opened catalog.Pools, err error) {
	if len(source) > 0 {
		return lut.SampleAt(ctx, t, opener(), source[0])
	}
	pool, err := opener().Pool(ctx, k.pool)
	if err != nil {
		return s, nil, err
	}
	if s, err = lut.RandomSample(ctx, t, pool.Ops, k.archs, k.seed); err != nil {
		pool.Close()
	}
	return s, catalog.Pools{pool}, err
}
