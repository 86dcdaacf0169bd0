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
			changes, err := lock(c, pool, registry.Lock)
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

// lock accepts the plugins of a pool by registry.Lock or Relock, and says so before it starts them.
func lock(c *cobra.Command, pool string, by registry.Locker) ([]registry.Change, error) {
	return by(c.Context(), pool, pluginOptions(), func(plugins []registry.Pin, folders []string) {
		fmt.Fprint(c.ErrOrStderr(), catalog.AcceptedText(plugins, folders))
	})
}

// relocked gives a command that searches or checks a pool the flag --relock. The result does as the flag says.
func relocked(c *cobra.Command, pool *string) func() error {
	asked := c.Flags().Bool("relock", false, "first do as nse ops lock does, if the files are your own")
	return func() (err error) {
		if *asked {
			_, err = lock(c, *pool, registry.Relock)
		}
		return err
	}
}
