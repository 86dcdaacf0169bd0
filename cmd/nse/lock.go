package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/nse-dev/nse/internal/catalog"
	"github.com/nse-dev/nse/registry"
)

func opsLockVerb() *cobra.Command {
	var pool string
	var asJSON bool
	c := &cobra.Command{
		Use:   "lock --pool FILE",
		Short: "Accept the plugins of a pool, and pin them in nse.lock",
		Long: `Accept the plugins that a pool file names by path: each is named, started on its own to ask for its
version, and pinned in nse.lock beside the pool file with version, protocol and SHA-256 for this platform. nse
executes a plugin only if it is the pinned one and was accepted on this machine: here, as a file that the command line
names (nse ops check FILE, nse ops add RUN FILE, --plugin FILE), or in a folder that is watched. Folders that the pool
watches are accepted too. Run it again after a plugin has changed; pins of other plugins and platforms stay.`,
		Example: `  nse ops lock --pool my-ops.toml
  nse ops lock --pool my-ops.toml --json`,
		Args: usage(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			if pool == "" {
				return usageError{c.CommandPath(), errNoPool}
			}
			changes, err := lock(c, pool)
			if err != nil {
				return err
			}
			return show(c, asJSON, append([]registry.Change{}, changes...), catalog.PinRows(changes))
		},
	}
	c.Flags().StringVar(&pool, "pool", "", "pool file (required)")
	jsonFlag(c, &asJSON)
	return c
}

// lock accepts the plugins of a pool, and says so before it starts them.
func lock(c *cobra.Command, pool string) ([]registry.Change, error) {
	return registry.Lock(c.Context(), pool, pluginOptions(), func(plugins []registry.Pin, folders []string) {
		fmt.Fprint(c.ErrOrStderr(), catalog.AcceptedText(plugins, folders))
	})
}

func relockFlag(c *cobra.Command, relock *bool) {
	c.Flags().BoolVar(relock, "relock", false,
		"first accept the pool's plugins as they are now, as nse ops lock does, if they are your own files")
}

// relock accepts the plugins of a pool again if that is asked for, and if they are the user's own.
func relock(c *cobra.Command, asked bool, pool string) error {
	if !asked {
		return nil
	}
	if pool == "" {
		return usageError{c.CommandPath(), errNoPool}
	}
	if err := registry.Own(pool); err != nil {
		return err
	}
	_, err := lock(c, pool)
	return err
}
