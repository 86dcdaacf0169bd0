package main

import (
	"fmt"
	"math"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/internal/runs"
	"github.com/nse-dev/nse/registry"
	"github.com/nse-dev/nse/supernet"
	"github.com/nse-dev/nse/supernet/config"
)

// start is the command line of evolve.
type start struct {
	pool, config, out string
	sources
	override config.Override
	plugins  registry.Options
}

func evolveVerb() *cobra.Command {
	s := start{plugins: pluginOptions()}
	var seed uint64
	c := &cobra.Command{
		Use:   "evolve --pool FILE",
		Short: "Start a search",
		Long: `Start a search of a pool's operations and write it to a run folder. Without --config it is a small search on
generated images that ends in minutes. Ctrl-C stops at a checkpoint; nse resume goes on from it.`,
		Example: `  nse evolve --pool ops.toml
  nse evolve --pool ops.toml --data fashion-mnist:DIR --config examples/fashion-mnist.toml
  nse evolve --pool my-ops.toml --data folder:photos --out runs/photos --seed 7 --max-rounds 2`,
		Args: usage(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			if c.Flags().Changed("seed") {
				s.override.Seed = &seed
			}
			return s.run(c)
		},
	}
	f := c.Flags()
	f.StringVar(&s.pool, "pool", "", "pool file (required)")
	f.StringVar(&s.config, "config", "", "configuration file (docs/configuration.md; default: a small search)")
	f.StringVar(&s.override.Data, "data", "", "data set: generated, generated:N, fashion-mnist:DIR, mnist:DIR, cifar10:DIR or folder:DIR")
	f.StringVar(&s.out, "out", "", "run folder (default: a new one under runs/)")
	f.Uint64Var(&seed, "seed", 1, "seed of everything random")
	f.StringVar(&s.override.Preset, "preset", "", "paper or official: the values of settings that the configuration leaves out")
	s.sources.add(c)
	f.IntVar(&s.override.MaxRounds, "max-rounds", 0, "end after that many rounds")
	return c
}

func (s start) run(c *cobra.Command) error {
	if err := s.check(); err != nil {
		return usageError{c.CommandPath(), err}
	}
	if s.out != "" {
		if err := runs.Free(s.out); err != nil {
			return err
		}
	}
	configName, configText, err := s.configuration()
	if err != nil {
		return err
	}
	settings, err := config.Parse(configName, configText, s.override)
	if err != nil {
		return err
	}
	interrupts := watchInterrupts(c.Context())
	defer interrupts.stop()
	pool, err := registry.Load(interrupts.ctx, s.pool, s.plugins)
	if err != nil {
		return interrupts.early(err)
	}
	defer pool.Close()
	search, err := prepare(settings, func(k supernet.Skeleton, p pricing) (*network, error) { return layOut(interrupts.ctx, pool.Ops, k, p) })
	if err != nil {
		if s.config == "" {
			configText = nil // nobody reads the lines of the embedded one
		}
		return interrupts.early(config.Locate(configName, configText, err))
	}
	defer search.engine.Close()
	search.plugins = s.plugins
	if err := search.introduce(c.ErrOrStderr()); err != nil {
		return err
	}
	dir, err := absoluteDir(s.pool)
	if err != nil {
		return err
	}
	first := runs.Pool{Kind: runs.Start, Round: 1, Dir: dir, Source: s.pool, Text: pool.Text, Lock: pool.Lock}
	if search.watch, err = watchFrom(first, pool.Watch, s.sources, warning(c)); err != nil {
		return err
	}
	r, err := s.create(search, settings, first, pool)
	if err != nil {
		return err
	}
	defer r.Close()
	return search.follow(interrupts.ctx, c, r)
}

// check refuses flags that the configuration's own checks would blame on the file.
func (s start) check() error {
	switch o := s.override; {
	case s.pool == "":
		return errNoPool
	case o.MaxRounds < 0:
		return fmt.Errorf("--max-rounds %d: want 1 or more, or 0 for no limit", o.MaxRounds)
	case o.Preset != "" && o.Preset != "paper" && o.Preset != "official":
		return fmt.Errorf("--preset %q: want paper or official", o.Preset)
	case o.Seed != nil && *o.Seed > math.MaxInt64:
		return fmt.Errorf("--seed %d: want 0 to %d", *o.Seed, math.MaxInt64)
	}
	return nil
}

// configuration reads the configuration's text and says what messages call it.
func (s start) configuration() (name string, text []byte, err error) {
	if s.config == "" {
		return "the default configuration", config.Quick, nil
	}
	text, err = readText(s.config)
	return s.config, text, err
}

// create makes the run folder.
func (s start) create(search *search, settings config.Config, first runs.Pool, pool *registry.Pool) (*runs.Run, error) {
	var err error
	if settings.Data.Spec, err = absolute(settings.Data.Spec); err != nil {
		return nil, err
	}
	constraint := &settings.Search.Constraint
	var latencies []byte
	if constraint.Kind == evolve.Latency {
		if latencies, err = readText(constraint.Table); err != nil {
			return nil, err
		}
		if constraint.Table, err = filepath.Abs(constraint.Table); err != nil {
			return nil, err
		}
	}
	text, err := settings.Encode()
	if err != nil {
		return nil, err
	}
	record, err := search.record(settings, text, first, pool.Ops)
	if err != nil {
		return nil, err
	}
	record.Table = latencies
	dir := s.out
	if dir == "" {
		if dir, err = runs.Next(runsRoot); err != nil {
			return nil, err
		}
	}
	return runs.Create(dir, record, time.Now)
}

// absoluteDir is the folder of a file.
func absoluteDir(path string) (string, error) { return filepath.Abs(filepath.Dir(path)) }
