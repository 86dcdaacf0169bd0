// Package nse searches convolutional architectures by Neural Search-space Evolution, trains what it finds, and writes
// it for other runtimes. It is what the command nse does, for Go programs.
//
// A search takes a pool of operations and Settings, and keeps a run in a folder:
//
//	settings, err := nse.QuickSettings()
//	run, err := nse.Start(ctx, "runs/001", nse.Pool{File: "ops.toml"}, settings, nse.Options{})
//	front, err := run.Front()
//
// Operations may be programs that a pool file names (plugins), those that ship, or Go values (Pool.Ops). The last two
// run in this process unless Options.Host says otherwise. The method is that of docs/algorithm.md, and
// docs/configuration.md describes the settings.
//
// A run outlives the process that made it:
//
//   - Resume goes on with a search that was cancelled or killed, and ends with the same bits.
//   - Continue takes a run to a second pool.
//   - AddOps gives operations to a search that may be running.
//   - Open reads a run, also while it is written.
//   - Retrain trains architectures of its front from scratch, and Export writes them as ONNX or PyTorch.
//
// Functions block until their work is done, and take a context that stops it. Errors are compared with errors.Is and
// errors.As: see ErrNoRun and its neighbours, SettingError and Stopped. One folder has one writer at a time, and
// searches in different folders may run at once.
//
// The package prints nothing, reads no flags, and ends no process. What happens goes to Options.Observe.
package nse

import (
	"cmp"
	"embed"
	"runtime/debug"
)

// Pools holds the pool files that ship. ops.toml has the 27 operations of the paper's first search space, and pools/
// has the other spaces.
//
//go:embed ops.toml pools/*.toml
var Pools embed.FS

const module = "github.com/nse-dev/nse"

// Version is the version of this module as the program was built with it: a release, a version made from the commit, or
// the commit of a checkout. That ends in +dirty if files had changed. Version is "unknown" where the build does not
// tell.
func Version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	return versionIn(info)
}

// versionIn is the version of this module in what a build tells.
func versionIn(info *debug.BuildInfo) string {
	if info.Main.Path != module {
		for _, d := range info.Deps {
			if d.Path == module {
				return d.Version
			}
		}
	}
	version := info.Main.Version
	if version == "" || version == "(devel)" {
		version = cmp.Or(commitIn(info), version, "unknown")
	}
	return version
}

// commitIn is the commit of the checkout that a program was built in. It is empty where the build does not tell.
func commitIn(info *debug.BuildInfo) string {
	var commit, dirty string
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			commit = s.Value[:min(12, len(s.Value))]
		case s.Key == "vcs.modified" && s.Value == "true":
			dirty = "+dirty"
		}
	}
	if commit == "" {
		return ""
	}
	return commit + dirty
}
