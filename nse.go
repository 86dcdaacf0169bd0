// Package nse holds the operation pools that ship, so that the command has them wherever it is run.
package nse

import "embed"

// Pools holds ops.toml, the 27 operations of the first search space, and the pools of the other two in pools/.
//
//go:embed ops.toml pools/*.toml
var Pools embed.FS
