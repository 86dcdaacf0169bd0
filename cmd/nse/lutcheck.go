package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/nse-dev/nse"
	"github.com/nse-dev/nse/internal/latency"
	"github.com/nse-dev/nse/internal/lut"
	"github.com/nse-dev/nse/internal/progress"
)

// lutCheck is the command line of lut check.
type lutCheck struct {
	lut.CheckOptions
	json bool
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
		PreRunE: checked(func(*cobra.Command) error { return k.Validate() }),
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) > 1 {
				k.Source = &args[1]
			}
			return k.run(c, args[0])
		},
	}
	poolFlag(c, &k.Pool)
	c.Flags().IntVar(&k.Random, "random", 30, "number of random architectures")
	c.Flags().Uint64Var(&k.Seed, "seed", 1, "seed of the random architectures")
	repeatsFlag(c, &k.Repeats)
	jsonFlag(c, &k.json)
	return c
}

func (k *lutCheck) run(c *cobra.Command, path string) error {
	t, err := latency.Read(path)
	if err != nil {
		return err
	}
	fmt.Fprint(c.ErrOrStderr(), lut.Foreign(path, t, nse.Version()))
	p := progress.New(c.ErrOrStderr(), 0)
	o, err := k.Check(c.Context(), path, t, opener(),
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
