package main

import (
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/nse-dev/nse"
	"github.com/nse-dev/nse/internal/arrivals"
	"github.com/nse-dev/nse/internal/text"
	"github.com/nse-dev/nse/registry"
)

func opsAddVerb() *cobra.Command {
	var first bool
	c := &cobra.Command{
		Use:   "add RUN FILE",
		Short: "Give a search more operations, also while it runs",
		Long: `Give a search more operations: FILE is a pool file, or a plugin, of which each family is taken once
with the defaults of its attributes. They are built at every layer of the run's network now, and wait at the end of
every layer's pending list from the next replenishment on, or with --first at its beginning. The search may be running
or stopped. One that has finished goes on with nse continue.`,
		Example: `  nse ops add runs/001 more.toml
  nse ops add runs/001 ./nse-fused`,
		Args: usage(cobra.ExactArgs(2)),
		RunE: func(c *cobra.Command, args []string) error {
			dir := filepath.Clean(args[0])
			names, err := nse.AddOps(c.Context(), dir, nse.Pool{File: args[1], First: first}, hosted(nil))
			if err != nil {
				return err
			}
			for _, name := range names {
				fmt.Fprintln(c.OutOrStdout(), name)
			}
			_, err = fmt.Fprintf(c.ErrOrStderr(), "%s the pending list of every layer of %s at "+
				"its next replenishment\n", arrivals.Joining(len(names)), text.Printable(dir))
			return err
		},
	}
	c.Flags().BoolVar(&first, "first", false, "have them come in before the operations that wait")
	return c
}

func opsDescribeVerb() *cobra.Command {
	return &cobra.Command{
		Use:   "describe PLUGIN",
		Short: "Write the part of a pool file that lists a plugin",
		Long: `Start a plugin and write an ops.toml for it: its path and checksum, and each of its families once with
the defaults of its attributes, to be edited.`,
		Example: `  nse ops describe ./nse-fused >> ops.toml`,
		Args:    usage(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			described, err := registry.Describe(c.Context(), args[0], pluginOptions())
			if err == nil {
				_, err = c.OutOrStdout().Write(described)
			}
			return err
		},
	}
}
