package main

import (
	"context"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/nse-dev/nse"
	"github.com/nse-dev/nse/registry"
)

func resumeVerb() *cobra.Command {
	var f runFlags
	c := &cobra.Command{
		Use:   "resume RUN",
		Short: "Go on with a search from its last checkpoint",
		Long: `Go on with a search that was stopped or killed, from its last checkpoint. It ends with the same result,
to the bit, as one that was never stopped. On a finished run it makes files anew that are missing and prints the
front. Plugins are needed for operations that run in them only, and are executed from the copies in the user's cache.`,
		Example: `  nse resume runs/001`,
		Args:    usage(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			return search(c, f.options(), func(ctx context.Context, o nse.Options) (*nse.Run, error) {
				return nse.Resume(ctx, filepath.Clean(args[0]), o)
			})
		},
	}
	f.add(c)
	return c
}

// runFlags are the flags of verbs that go on with a run.
type runFlags struct {
	plugins []string
	sources
}

func (f *runFlags) options() nse.Options {
	o := f.sources.options()
	o.Accept = f.plugins
	return o
}

func (f *runFlags) add(c *cobra.Command) {
	pluginFlag(c, &f.plugins)
	f.sources.add(c)
}

// pluginFlag adds --plugin.
func pluginFlag(c *cobra.Command, plugins *[]string) {
	c.Flags().StringArrayVar(plugins, "plugin", nil,
		"plugin file that the run needs and that was never used on this machine (may be repeated)")
}

// sources say where operations may come from during a search.
type sources struct {
	watch  []string
	follow bool
	host   registry.Options // how plugins are run; the zero value is pluginOptions
}

func (s *sources) add(c *cobra.Command) {
	c.Flags().StringArrayVar(&s.watch, "watch", nil,
		"folder in which plugins and pool files may come up (may be repeated)")
	c.Flags().BoolVar(&s.follow, "follow", false,
		"wait for operations to come when no more are pending, instead of ending")
}

// options are those of a search. Operations that ship run in processes of this program.
func (s sources) options() nse.Options {
	o := hosted(nil)
	if s.host.Self != nil {
		o.Host = s.host
	}
	o.Watch, o.Follow = s.watch, s.follow
	return o
}
