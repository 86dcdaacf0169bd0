// Package provenance tells what a program was built from.
package provenance

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/nse-dev/nse/sdk/wire"
)

// Build is what a program knows of how it was built. The tags are the format of nse version --json.
type Build struct {
	Version  string `json:"version"`
	Protocol int    `json:"protocol"` // of plugins
	Go       string `json:"go"`
	Platform string `json:"platform"`           // system/processor
	Revision string `json:"revision,omitempty"` // the commit; empty where the build does not tell, as are the next two
	Time     string `json:"time,omitempty"`     // of the commit, RFC 3339
	Modified *bool  `json:"modified,omitempty"` // whether files differed from the commit
}

// Here is that of the running program, whose version is given.
func Here(version string) Build {
	b := Build{Version: version, Protocol: wire.ProtocolVersion, Go: runtime.Version(),
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

// Text is a line about the program, and one about the commit if there is one.
func (b Build) Text() string {
	lines := fmt.Sprintf("nse %s (plugin protocol %d, %s, %s)\n", b.Version, b.Protocol, b.Go, b.Platform)
	if b.Revision == "" {
		return lines
	}
	changes := ""
	if b.Modified != nil && *b.Modified {
		changes = ", with changes"
	}
	return lines + fmt.Sprintf("commit %s of %s%s\n", b.Revision, b.Time, changes)
}

// PageDate is the date for manual pages: the time of the commit. It is nil where SOURCE_DATE_EPOCH says the date, or
// where no commit is known. Generators of pages then take SOURCE_DATE_EPOCH, or today.
func (b Build) PageDate() *time.Time {
	at, err := time.Parse(time.RFC3339, b.Time)
	if err != nil || os.Getenv("SOURCE_DATE_EPOCH") != "" {
		return nil
	}
	return &at
}
