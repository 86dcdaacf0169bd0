package main

import (
	"cmp"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/nse-dev/nse/internal/scaffold"
	"github.com/nse-dev/nse/plugins"
	"github.com/nse-dev/nse/sdk/serve"
	"github.com/nse-dev/nse/sdk/wire"
)

func pluginVerb() *cobra.Command {
	return group(&cobra.Command{
		Use:   "plugin",
		Short: "Write plugins",
		Example: `  nse plugin new fused
  nse plugin proto > wire.proto`,
	}, pluginNewVerb(), pluginProtoVerb(), pluginServeVerb())
}

func pluginNewVerb() *cobra.Command {
	var p scaffold.Plugin
	c := &cobra.Command{
		Use:   "new NAME",
		Short: "Write a plugin with one operation to begin with, its test, and what publishes it",
		Long: `Write a Go module with a plugin that offers one family of operations, NAME, with its test, or with
--python a plugin in Python. It builds and passes as it is: change its Build to the operation that you want to try. A
workflow of GitHub checks every change and makes releases; README.md says every step.`,
		Example: `  nse plugin new fused
  nse plugin new fused --dir plugins/fused --sdk ../nse
  nse plugin new ghost --python`,
		Args: usage(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			p.Name = args[0]
			p.Dir = filepath.Clean(cmp.Or(p.Dir, p.Name))
			if err := p.Write(); err != nil {
				return err
			}
			_, err := fmt.Fprintln(c.OutOrStdout(), p.Next())
			return err
		},
	}
	c.Flags().StringVar(&p.Dir, "dir", "", "folder to write (default: NAME)")
	c.Flags().StringVar(&p.SDK, "sdk", "",
		"checkout of nse to build with (default: the released version of this program)")
	c.Flags().BoolVar(&p.Python, "python", false, "in Python, which needs python3-grpcio and python3-protobuf")
	return c
}

func pluginProtoVerb() *cobra.Command {
	return &cobra.Command{
		Use:   "proto",
		Short: "Print the messages of the plugin protocol, for plugins in other languages than Go",
		Long: `Print the protobuf file of the plugin protocol. docs/plugins.md describes the protocol, and
examples/plugin-python is a plugin that needs no more.`,
		Example: `  nse plugin proto > wire.proto`,
		Args:    usage(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			_, err := fmt.Fprint(c.OutOrStdout(), wire.Proto)
			return err
		},
	}
}

// pluginServeVerb serves an operation that ships, as a plugin process of another nse.
func pluginServeVerb() *cobra.Command {
	return &cobra.Command{
		Use:    "serve NAME",
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
