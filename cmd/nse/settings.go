package main

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/nse-dev/nse/evolve/methods"
	"github.com/nse-dev/nse/internal/workshop"
	"github.com/nse-dev/nse/supernet/config"
)

// given is what a command line says about the settings of a search.
type given struct {
	file     string
	size     int
	seed     uint64
	rounds   int
	override config.Override
}

// add gives a command the flags.
func (g *given) add(c *cobra.Command) {
	f := c.Flags()
	g.files(c)
	f.IntVar(&g.size, "size", 0, "images are resized to so many pixels square (0: as they are)")
	f.Uint64Var(&g.seed, "seed", 1, "seed of everything random")
	f.StringVar(&g.override.Method, "method", "",
		"way to search: "+strings.Join(methods.Names(), ", ")+" (default: search.method)")
	f.IntVar(&g.rounds, "max-rounds", 0, "end after that many rounds, or 0 for no limit (default: the settings')")
	skipFlag(c, &g.override.SkipUnreadable)
}

// files gives a command the flags that name files and settings.
func (g *given) files(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&g.file, "config", "",
		"configuration file (docs/configuration.md), laid over the preset (default: none)")
	f.StringVar(&g.override.Preset, "preset", "", strings.Join(config.Presets, ", ")+
		": what settings begin with (default: the file's, or quick, a small search)")
	f.StringArrayVar(&g.override.Set, "set", nil,
		"a setting over those of the file, such as search.k=4 (may be repeated)")
	f.StringVar(&g.override.Data, "data", "",
		"data set, such as generated, folder:DIR, mnist:DIR or cifar10:DIR (docs/data.md has all)")
}

// check takes what was given, and refuses what makes no sense.
func (g *given) check(c *cobra.Command) error {
	o := &g.override
	o.Seed, o.MaxRounds, o.Size = said(c, "seed", &g.seed), said(c, "max-rounds", &g.rounds), said(c, "size", &g.size)
	return o.Validate()
}

// said is the value of a flag that the command line has. Otherwise it is nil.
func said[T any](c *cobra.Command, flag string, value *T) *T {
	if c.Flags().Changed(flag) {
		return value
	}
	return nil
}

// source is where the settings come from.
func (g *given) source() (config.Source, error) { return workshop.Search(g.file, g.override) }
