package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/nse-dev/nse/internal/text"
	"github.com/nse-dev/nse/registry"
	"github.com/nse-dev/nse/registry/poolfile"
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
			changes, err := registry.Lock(c.Context(), pool, pluginOptions(),
				func(plugins []registry.Pin, folders []string) {
					announce(c.ErrOrStderr(), plugins, folders)
				})
			if err != nil {
				return err
			}
			return show(c, asJSON, append([]registry.Change{}, changes...), lockRows(changes))
		},
	}
	c.Flags().StringVar(&pool, "pool", "", "pool file (required)")
	jsonFlag(c, &asJSON)
	return c
}

// changed is a field of a plugin's pin, before and after where they differ.
func changed(x registry.Change, field func(registry.Pin) string) string {
	switch after := field(x.Pin); {
	case x.Before == nil:
		return "new → " + after
	case field(*x.Before) != after:
		return field(*x.Before) + " → " + after
	default:
		return after
	}
}

// announce says what will be accepted.
func announce(w io.Writer, plugins []registry.Pin, folders []string) {
	for _, p := range plugins {
		fmt.Fprintf(w, "accepts %s, which is started: sha256 %s\n", text.Printable(p.Name), p.SHA256)
	}
	for _, dir := range folders {
		fmt.Fprintf(w, "accepts what comes into %s\n", text.Printable(dir))
	}
}

func lockRows(changes []registry.Change) []string {
	rows := []string{"plugin\tversion\tsha256"}
	for _, x := range changes {
		rows = append(rows, fmt.Sprintf("%s\t%s\t%s", text.Printable(x.Name),
			changed(x, func(p registry.Pin) string { return poolfile.VersionText(p.Version) }),
			changed(x, func(p registry.Pin) string { return p.SHA256[:12] })))
	}
	return rows
}
