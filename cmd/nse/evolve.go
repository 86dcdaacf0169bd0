package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/nse-dev/nse"
	"github.com/nse-dev/nse/internal/progress"
)

// start is the command line of evolve.
type start struct {
	pool, out string
	relock    func() error
	given
	sources
}

func evolveVerb() *cobra.Command {
	var s start
	c := &cobra.Command{
		Use:   "evolve --pool FILE",
		Short: "Start a search",
		Long: `Start a search of a pool's operations and write it to a run folder. By itself it is a small search on
generated images that ends in minutes, by the method guided (docs/methods.md). --config and --set change single
settings of it, and --preset begins with others. nse config prints what a search would use. Ctrl-C stops at a
checkpoint; nse resume goes on from it.`,
		Example: `  nse evolve --pool ops.toml
  nse evolve --pool ops.toml --data fashion-mnist:DIR --config examples/fashion-mnist.toml
  nse evolve --pool my-ops.toml --data folder:photos --size 64 --set search.constraint.tau=auto
  nse evolve --pool my-ops.toml --data folder:photos --out runs/photos --seed 7 --max-rounds 2`,
		Args: usage(cobra.NoArgs),
		PreRunE: checked(func(c *cobra.Command) error {
			if s.pool == "" {
				return errNoPool
			}
			return s.given.check(c)
		}),
		RunE: func(c *cobra.Command, _ []string) error { return s.run(c) },
	}
	c.Flags().StringVar(&s.pool, "pool", "", "pool file (required)")
	s.relock = relocked(c, &s.pool)
	s.given.add(c)
	c.Flags().StringVar(&s.out, "out", "", "run folder (default: a new one under runs/)")
	s.sources.add(c)
	return c
}

func (s *start) run(c *cobra.Command) error {
	from, err := s.source()
	if err != nil {
		return err
	}
	settings, err := from.Settings()
	if err != nil {
		return err
	}
	if err := s.relock(); err != nil {
		return err
	}
	return search(c, s.sources.options(), func(ctx context.Context, o nse.Options) (*nse.Run, error) {
		o.Observe = progress.Beginning(from.Basis(), o.Observe)
		r, err := nse.Start(ctx, s.out, nse.Pool{File: s.pool}, settings, o)
		return r, from.Locate(err)
	})
}

// search runs a search with what it says on standard error, up to its front.
func search(c *cobra.Command, o nse.Options, run func(context.Context, nse.Options) (*nse.Run, error)) error {
	var r *nse.Run
	err := observed(c, o, func(ctx context.Context, o nse.Options) (err error) {
		r, err = run(ctx, o)
		return err
	})
	if err != nil {
		return err
	}
	return finish(c, r)
}
