package main

import (
	"github.com/spf13/cobra"

	"github.com/nse-dev/nse/plugins"
	"github.com/nse-dev/nse/sdk/serve"
)

// pluginVerb serves an operation that ships, as a plugin process of another nse.
func pluginVerb() *cobra.Command {
	return &cobra.Command{
		Use:    "plugin NAME",
		Short:  "Serve a built-in plugin (nse starts this by itself)",
		Hidden: true,
		Args:   usage(cobra.ExactArgs(1)),
		RunE: func(_ *cobra.Command, args []string) error {
			op, err := plugins.Builtin(args[0])
			if err != nil {
				return err
			}
			serve.Main(op)
			return nil
		},
	}
}
