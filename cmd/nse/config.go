package main

import (
	"github.com/spf13/cobra"

	"github.com/nse-dev/nse"
)

func configVerb() *cobra.Command {
	var g given
	var pool string
	c := &cobra.Command{
		Use:   "config",
		Short: "Print the settings that a search would use, and where they come from",
		Long: `Print the settings that nse evolve would use with the same flags, as a complete configuration file.
A line that is not as in the small search, or that was given, ends with a comment that says where it comes from: a flag,
a line of the file, a preset. With --pool the search is prepared as nse evolve does it, so that what follows from
the pool and the data is there, and what it would refuse is refused. Nothing is trained, and no folder is made.`,
		Example: `  nse config --config my.toml --set search.k=4
  nse config --pool ops.toml --data folder:photos --set search.constraint.tau=auto > photos.toml`,
		Args:    usage(cobra.NoArgs),
		PreRunE: checked(func(c *cobra.Command) error { return g.check(c) }),
		RunE:    func(c *cobra.Command, _ []string) error { return g.explain(c, pool) },
	}
	c.Flags().StringVar(&pool, "pool", "", "pool file that would be searched")
	g.add(c)
	return c
}

// explain prints the settings, as they become for a pool if there is one.
func (g *given) explain(c *cobra.Command, pool string) error {
	from, err := g.source()
	if err != nil {
		return err
	}
	settings, err := from.Settings()
	if err == nil && pool != "" {
		settings, err = nse.Plan(c.Context(), nse.Pool{File: pool}, settings, hosted(nil))
		err = from.Locate(err)
	}
	if err != nil {
		return err
	}
	text, err := from.Explain(settings)
	if err != nil {
		return err
	}
	_, err = c.OutOrStdout().Write(text)
	return err
}
