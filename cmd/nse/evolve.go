package main

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/nse-dev/nse"
	"github.com/nse-dev/nse/evolve/methods"
	"github.com/nse-dev/nse/internal/file"
	"github.com/nse-dev/nse/internal/progress"
	"github.com/nse-dev/nse/supernet/config"
)

// start is the command line of evolve.
type start struct {
	pool, config, out string
	sources
	override config.Override
}

func evolveVerb() *cobra.Command {
	var s start
	var seed uint64
	var rounds int
	c := &cobra.Command{
		Use:   "evolve --pool FILE",
		Short: "Start a search",
		Long: `Start a search of a pool's operations and write it to a run folder. Without --config it is a small
search on generated images that ends in minutes, by the method guided (docs/methods.md); with a preset it
is by nse. Ctrl-C stops at a checkpoint; nse resume goes on from it.`,
		Example: `  nse evolve --pool ops.toml
  nse evolve --pool ops.toml --data fashion-mnist:DIR --config examples/fashion-mnist.toml
  nse evolve --pool my-ops.toml --data folder:photos --out runs/photos --seed 7 --max-rounds 2`,
		Args: usage(cobra.NoArgs),
		PreRunE: checked(func(c *cobra.Command) error {
			if c.Flags().Changed("seed") {
				s.override.Seed = &seed
			}
			if c.Flags().Changed("max-rounds") {
				s.override.MaxRounds = &rounds
			}
			return s.check()
		}),
		RunE: func(c *cobra.Command, _ []string) error { return s.run(c) },
	}
	f := c.Flags()
	f.StringVar(&s.pool, "pool", "", "pool file (required)")
	f.StringVar(&s.config, "config", "", "configuration file (docs/configuration.md; default: a small search)")
	f.StringVar(&s.override.Data, "data", "",
		"data set: generated, generated:N, fashion-mnist:DIR, mnist:DIR, cifar10:DIR or folder:DIR")
	skipFlag(c, &s.override.SkipUnreadable)
	f.StringVar(&s.out, "out", "", "run folder (default: a new one under runs/)")
	f.Uint64Var(&seed, "seed", 1, "seed of everything random")
	f.StringVar(&s.override.Preset, "preset", "",
		"default, paper or official: the values of settings that the configuration leaves out")
	f.StringVar(&s.override.Method, "method", "",
		"way to search: "+strings.Join(methods.Names(), ", ")+
			" (default: search.method, which is nse with --config, guided without)")
	s.sources.add(c)
	f.IntVar(&rounds, "max-rounds", 0, "end after that many rounds, or 0 for no limit (default: the configuration's)")
	return c
}

func (s *start) run(c *cobra.Command) error {
	name, written, err := s.configuration()
	if err != nil {
		return err
	}
	settings, err := config.Parse(name, written, s.override)
	if err != nil {
		return err
	}
	if s.config == "" {
		written = nil // nobody reads the lines of the embedded one
	}
	return search(c, s.sources, func(ctx context.Context, o nse.Options) (*nse.Run, error) {
		r, err := nse.Start(ctx, s.out, nse.Pool{File: s.pool}, settings, o)
		if err != nil {
			err = config.Locate(name, written, err)
		}
		return r, err
	})
}

// search runs a search with what it says on standard error, up to its front.
func search(c *cobra.Command, from sources, run func(context.Context, nse.Options) (*nse.Run, error)) error {
	ctx, stop := interruptible(c.Context())
	defer stop()
	p := progress.NewPrinter(c.ErrOrStderr())
	r, err := run(ctx, from.options(p))
	if err = ended(ctx, c, p, err); err != nil {
		return err
	}
	return finish(c, r)
}

// check refuses flags that the configuration's own checks would blame on the file.
func (s *start) check() error {
	o := s.override
	_, unknown := nse.PresetSettings(o.Preset)
	switch {
	case s.pool == "":
		return errNoPool
	case o.MaxRounds != nil && *o.MaxRounds < 0:
		return fmt.Errorf("--max-rounds %d: want 1 or more, or 0 for no limit", *o.MaxRounds)
	case o.Preset != "" && unknown != nil:
		return fmt.Errorf("--%w", unknown)
	case o.Method != "" && !slices.Contains(methods.Names(), o.Method):
		return fmt.Errorf("--method %q: want %s", o.Method, strings.Join(methods.Names(), ", "))
	case o.Seed != nil && *o.Seed > math.MaxInt64:
		return fmt.Errorf("--seed %d: want 0 to %d", *o.Seed, math.MaxInt64)
	}
	return nil
}

// configuration reads the configuration's text and says what messages call it.
func (s *start) configuration() (name string, text []byte, err error) {
	if s.config == "" {
		if s.override.Preset != "" && s.override.Method == "" {
			s.override.Method = methods.NSE // presets are of its papers
		}
		return "the default configuration", config.Quick, nil
	}
	text, err = file.ReadText(s.config)
	return s.config, text, err
}
