package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/nse-dev/nse"
	"github.com/nse-dev/nse/internal/provenance"
)

func versionVerb() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Long: `Print the version of nse, of the plugin protocol and of Go, the platform, and the commit that nse was
built from, where the build tells. "+dirty" and "with changes" say that files differed from the commit.`,
		Example: `  nse version
  nse version --json`,
		Args: usage(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			b := provenance.Here(nse.Version())
			if asJSON {
				return printJSON(c.OutOrStdout(), b)
			}
			_, err := fmt.Fprint(c.OutOrStdout(), b.Text())
			return err
		},
	}
	jsonFlag(c, &asJSON)
	return c
}
