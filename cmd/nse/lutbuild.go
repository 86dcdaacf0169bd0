package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/nse-dev/nse"
	"github.com/nse-dev/nse/internal/latency"
	"github.com/nse-dev/nse/internal/lut"
	"github.com/nse-dev/nse/internal/progress"
)

// lutBuild is the command line of lut build.
type lutBuild struct {
	place
	config, data            string
	threads, batch, repeats int
	out                     string
	json                    bool
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
		PreRunE: checked(b.check),
		RunE:    func(c *cobra.Command, _ []string) error { return b.run(c) },
	}
	b.place.flags(c)
	f := c.Flags()
	f.StringVar(&b.config, "config", "",
		"configuration of the search that the table is for, in place of --macro and --size")
	f.StringVar(&b.data, "data", "", "data set, if it is another than in the configuration")
	f.IntVar(&b.threads, "threads", 1, "number of cores to use")
	f.IntVar(&b.batch, "batch", 1, "images at a time: times are for all of them together")
	repeatsFlag(c, &b.repeats)
	f.StringVar(&b.out, "out", "latency.json", "the table")
	jsonFlag(c, &b.json)
	return c
}

func (b *lutBuild) check(c *cobra.Command) error {
	given := c.Flags().Changed
	switch {
	case b.config != "" && (given("macro") || given("size")):
		return errors.New("--config says what --macro and --size would")
	case b.config == "" && b.data != "":
		return errors.New("--data is of --config, which is missing")
	case b.threads < 1 || b.threads > 1024:
		return fmt.Errorf("--threads %d: want 1 to 1024", b.threads)
	case b.batch < 1 || b.batch > 4096:
		return fmt.Errorf("--batch %d: want 1 to 4096", b.batch)
	}
	return checkRepeats(b.repeats)
}

func (b *lutBuild) run(c *cobra.Command) error {
	setup, err := b.setup(c.Context())
	if err != nil {
		return err
	}
	builder, err := lut.NewBuilder(b.out, setup, latency.Here(nse.Version()))
	if err != nil {
		return err
	}
	defer builder.Close()
	pool, err := opener().Pool(c.Context(), b.pool)
	if err != nil {
		return err
	}
	defer pool.Close()
	p := progress.New(c.ErrOrStderr(), 0)
	s, err := builder.Measure(c.Context(), pool.Ops,
		func(done, total int) { p.At("measure", done, total, "all operations in turn") })
	p.Close()
	if err != nil {
		return err
	}
	return b.report(c, s)
}

// setup is what is to be measured.
func (b *lutBuild) setup(ctx context.Context) (s latency.Setup, err error) {
	if b.config != "" {
		s, err = lut.SetupOf(ctx, b.config, b.data)
	} else {
		macro, image, unknown := b.built()
		s, err = latency.SetupOf(macro, image), unknown
	}
	s.Batch, s.Threads, s.WarmUp, s.Repeats = b.batch, b.threads, lut.WarmUp, b.repeats
	return s, err
}

func (b *lutBuild) report(c *cobra.Command, s lut.Summary) error {
	if err := show(c, b.json, s, s.Rows()); err != nil {
		return err
	}
	if !b.json {
		fmt.Fprint(c.ErrOrStderr(), s.Text())
	}
	_, err := fmt.Fprint(c.ErrOrStderr(), s.Warning())
	return err
}
