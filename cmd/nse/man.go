package main

import (
	"os"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"

	"github.com/nse-dev/nse"
	"github.com/nse-dev/nse/internal/provenance"
)

// manVerb is for those who package nse; the help does not list it.
func manVerb() *cobra.Command {
	return &cobra.Command{
		Use:    "man DIR",
		Short:  "Write the manual pages into a folder",
		Hidden: true,
		Long: `Write a manual page for nse and for each of its commands into a folder, which is made if it is not there.
The pages say the same as --help. Their date is SOURCE_DATE_EPOCH (seconds since 1970) if that is set, otherwise
that of the commit that nse was built from, so that the same commit gives the same bytes. A build that tells no
commit takes today's.`,
		Example: `  nse man man1 && man -l man1/nse-evolve.1
  SOURCE_DATE_EPOCH=$(git log -1 --format=%ct) nse man /usr/local/share/man/man1`,
		Args: usage(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			if err := os.MkdirAll(args[0], 0o755); err != nil {
				return err
			}
			root := c.Root()
			root.DisableAutoGenTag = true // a line with the day on which the page was made
			date := provenance.Here(nse.Version()).PageDate()
			header := doc.GenManHeader{Source: "nse", Manual: "nse manual", Date: date}
			return doc.GenManTree(root, &header, args[0])
		},
	}
}
