package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/nse-dev/nse/internal/fetch"
)

func opsGetVerb() *cobra.Command {
	var a fetch.Ask
	var asJSON bool
	c := &cobra.Command{
		Use:   "get MODULE[@VERSION]|oci://REGISTRY/REPOSITORY:TAG|https://…",
		Short: "Get a plugin from elsewhere, without starting or accepting it",
		Long: `Get a plugin from elsewhere: build a Go module's main package with your Go, under your GOPROXY, checksum
database and GOFLAGS, or load a built one for this system and processor from a registry of OCI or from a URL. Archives
(.tar.gz, .zip) with one program are unpacked. The plugin goes into the folder plugins beside the pool.

Nothing of it is started, and it is not accepted: nse ops lock does that, once the lines that are printed stand in a
pool file. --pool puts them there. docs/getting.md has more.`,
		Example: `  nse ops get example.org/you/nse-fused@v1.2.0 --pool my-ops.toml
  nse ops get oci://registry.example.org/you/nse-fused:1.2.0 --out plugins
  nse ops get https://example.org/nse-fused_linux_amd64 --sha256 HEX --family fused`,
		Args: usage(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			a.Source = args[0]
			return get(c, a, asJSON)
		},
	}
	f := c.Flags()
	f.StringVar(&a.SHA256, "sha256", "", "SHA-256 of the file at a URL (required for https://…)")
	f.StringVar(&a.Out, "out", "", "folder for the plugin (default: plugins beside the pool, or here)")
	f.StringVar(&a.Pool, "pool", "", "pool file that is to list the plugin (default: the lines are printed)")
	f.StringArrayVar(&a.Families, "family", nil,
		"family that the pool lists (may be repeated; default: the one that the plugin's name says)")
	jsonFlag(c, &asJSON)
	return c
}

// get gets a plugin and prints what is next.
func get(c *cobra.Command, a fetch.Ask, asJSON bool) error {
	ctx, stop := interruptible(c.Context())
	defer stop()
	p, err := fetch.Get(ctx, a)
	switch {
	case err != nil && ctx.Err() != nil:
		return errInterrupted
	case err != nil:
		return err
	case asJSON:
		return printJSON(c.OutOrStdout(), p)
	}
	if p.Pool == "" {
		fmt.Fprint(c.OutOrStdout(), p.Lines)
	}
	_, err = fmt.Fprint(c.ErrOrStderr(), p.Text())
	return err
}

func opsSearchVerb() *cobra.Command {
	var index string
	var asJSON bool
	c := &cobra.Command{
		Use:   "search [WORD]...",
		Short: "Search an index of plugins that can be got",
		Long: `List the plugins of an index that have all the words, with the commands that get them. The index is a
TOML file or a URL of https: that of --index, or of the variable ` + fetch.IndexVariable + `, or the sample that ships.
docs/getting.md describes it.`,
		Example: `  nse ops search attention --index https://example.org/plugins.toml
  nse ops search --json`,
		RunE: func(c *cobra.Command, words []string) error {
			hits, err := fetch.Search(c.Context(), index, words)
			if err != nil {
				return err
			}
			if asJSON {
				return printJSON(c.OutOrStdout(), hits)
			}
			_, err = fmt.Fprint(c.OutOrStdout(), fetch.HitsText(hits))
			return err
		},
	}
	c.Flags().StringVar(&index, "index", "",
		"file or URL of the index (default: $"+fetch.IndexVariable+", or the sample)")
	jsonFlag(c, &asJSON)
	return c
}
