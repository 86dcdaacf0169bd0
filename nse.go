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
	"embed"
	"runtime/debug"
)

// Pools holds the pool files that ship. ops.toml has the 27 operations of the paper's first search space, and pools/
// has the other spaces.
//
//go:embed ops.toml pools/*.toml
var Pools embed.FS

const module = "github.com/nse-dev/nse"

// Version is the version of this module that the program was built with, such as "v1.2.0" or "(devel)". It is "unknown"
// where the build does not tell. Runs and models record it.
func Version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	version := info.Main.Version
	for _, d := range info.Deps {
		if d.Path == module {
			version = d.Version
		}
	}
	if version == "" {
		return "unknown"
	}
	return version
}
