package main

import (
	"fmt"
	"io"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/nse-dev/nse"
	"github.com/nse-dev/nse/sdk/wire"
)

// build is what the program knows of how it was built.
type build struct {
	Version  string `json:"version"`
	Protocol int    `json:"protocol"` // of plugins
	Go       string `json:"go"`
	Platform string `json:"platform"`           // system/processor
	Revision string `json:"revision,omitempty"` // the commit; empty where the build does not tell, as are the next two
	Time     string `json:"time,omitempty"`     // of the commit, RFC 3339
	Modified *bool  `json:"modified,omitempty"` // whether files differed from the commit
}

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
			if asJSON {
				return printJSON(c.OutOrStdout(), thisBuild())
			}
			return printBuild(c.OutOrStdout(), thisBuild())
		},
	}
	jsonFlag(c, &asJSON)
	return c
}

// thisBuild is that of the running program.
func thisBuild() build {
	b := build{Version: nse.Version(), Protocol: wire.ProtocolVersion, Go: runtime.Version(),
		Platform: runtime.GOOS + "/" + runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Revision = s.Value
		case "vcs.time":
			b.Time = s.Value
		case "vcs.modified":
			modified := s.Value == "true"
			b.Modified = &modified
		}
	}
	return b
}

func printBuild(w io.Writer, b build) error {
	_, err := fmt.Fprintf(w, "nse %s (plugin protocol %d, %s, %s)\n", b.Version, b.Protocol, b.Go, b.Platform)
	if err != nil || b.Revision == "" {
		return err
	}
	changes := ""
	if b.Modified != nil && *b.Modified {
		changes = ", with changes"
	}
	_, err = fmt.Fprintf(w, "commit %s of %s%s\n", b.Revision, b.Time, changes)
	return err
}
