package main

import (
	"cmp"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/nse-dev/nse/internal/scaffold"
	"github.com/nse-dev/nse/internal/text"
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
		Short: "Write a Go plugin with one operation to begin with, and its test",
		Long: `Write a Go module with a plugin that offers one family of operations, NAME, with its test. It builds
and passes as it is: change its Build to the operation that you want to try.`,
		Example: `  nse plugin new fused
  nse plugin new fused --dir plugins/fused --sdk ../nse`,
		Args: usage(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			p.Name = args[0]
			p.Dir = filepath.Clean(cmp.Or(p.Dir, p.Name))
			if err := p.Write(); err != nil {
				return err
			}
			_, err := fmt.Fprintf(c.OutOrStdout(), "cd %s && go mod tidy && go test ./... && go build\n",
				text.Shell(p.Dir))
			return err
		},
	}
	c.Flags().StringVar(&p.Dir, "dir", "", "folder to write (default: NAME)")
	c.Flags().StringVar(&p.SDK, "sdk", "",
		"checkout of nse to build with (default: the released version of this program)")
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
