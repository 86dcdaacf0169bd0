package main

import (
	"fmt"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/nse-dev/nse"
	"github.com/nse-dev/nse/sdk/wire"
)

func versionVerb() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  usage(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			v := struct {
				Version  string `json:"version"`
				Protocol int    `json:"protocol"` // of plugins
				Go       string `json:"go"`
			}{nse.Version(), wire.ProtocolVersion, runtime.Version()}
			if asJSON {
				return printJSON(c.OutOrStdout(), v)
			}
			_, err := fmt.Fprintf(c.OutOrStdout(), "nse %s (plugin protocol %d, %s)\n", v.Version, v.Protocol, v.Go)
			return err
		},
	}
	jsonFlag(c, &asJSON)
	return c
}
