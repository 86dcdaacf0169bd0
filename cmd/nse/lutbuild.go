package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/nse-dev/nse"
	"github.com/nse-dev/nse/internal/lut"
	"github.com/nse-dev/nse/internal/progress"
)

// lutBuild is the command line of lut build.
type lutBuild struct {
	lut.Options
	out  string
	json bool
}

func lutBuildVerb() *cobra.Command {
	var b lutBuild
	c := &cobra.Command{
		Use:   "build --config FILE",
		Short: "Measure a pool's operations at every layer into a table",
		Long: `Measure every operation of a pool at every layer of a network, and its stem, its head and the mean of
branches, with fixed BN statistics as in scoring, and write the median and the quartiles to a table. Groups as large
as networks take turns, --repeats times after ` + fmt.Sprint(lut.WarmUp) + ` turns to warm up; in each turn a group
runs twice and the second time counts, so that the caches are as in a network that runs again and again. Equal graphs
are measured once. A reference network runs after each group: it tells lut check whether the machine's speed has
changed. Leave the machine alone meanwhile: the spread tells whether it was.

The network is that of a configuration, on the images of its data, or a built-in macro-architecture. If the table is
there already, only the operations are measured that it lacks, which has to be on the same machine with the same nse;
their times are divided by how much longer the reference network takes than it took for the table.`,
		Example: `  nse lut build --pool pools/latency19.toml --config examples/latency.toml --out latency.json
  nse lut build --pool pools/latency19.toml --macro latency --threads 2 --batch 8 --out latency.json
  nse lut build --pool more.toml --config examples/latency.toml --out latency.json`,
		Args:    usage(cobra.NoArgs),
		PreRunE: checked(func(c *cobra.Command) error { return b.Validate(c.Flags().Changed) }),
		RunE:    func(c *cobra.Command, _ []string) error { return b.run(c) },
	}
	placeFlags(c, &b.Place)
	f := c.Flags()
	f.StringVar(&b.Config, "config", "",
		"configuration of the search that the table is for, in place of --macro and --size")
	f.StringVar(&b.Data, "data", "", "data set, if it is another than in the configuration")
	f.IntVar(&b.Threads, "threads", 1, "number of cores to use")
	f.IntVar(&b.Batch, "batch", 1, "images at a time: times are for all of them together")
	repeatsFlag(c, &b.Repeats)
	f.StringVar(&b.out, "out", "latency.json", "the table")
	jsonFlag(c, &b.json)
	return c
}

func (b *lutBuild) run(c *cobra.Command) error {
	p := progress.New(c.ErrOrStderr(), 0)
	s, err := b.Build(c.Context(), b.out, opener(), nse.Version(),
		func(done, total int) { p.At("measure", done, total, "all operations in turn") })
	p.Close()
	if err != nil {
		return err
	}
	if err := show(c, b.json, s, s.Rows()); err != nil {
		return err
	}
	if !b.json {
		fmt.Fprint(c.ErrOrStderr(), s.Text())
	}
	_, err = fmt.Fprint(c.ErrOrStderr(), s.Warning())
	return err
}
