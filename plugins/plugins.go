// Package plugins lists the operations that ship with nse. Each is a family in a package of its own, with a program
// that serves it alone.
package plugins

import (
	"fmt"
	"slices"
	"strings"

	"github.com/nse-dev/nse/plugins/conv"
	"github.com/nse-dev/nse/plugins/dualconv"
	"github.com/nse-dev/nse/plugins/mbconv"
	"github.com/nse-dev/nse/plugins/shuffle"
	"github.com/nse-dev/nse/plugins/ssc"
	"github.com/nse-dev/nse/sdk"
)

// All returns the built-in operations, by name. Each is a plugin of its own: `builtin = "mbconv"` in ops.toml. The
// slice is the caller's.
func All() []sdk.Op {
	return []sdk.Op{conv.Op(), dualconv.Op(), mbconv.Op(), shuffle.Op(), ssc.Op()}
}

// Builtin returns the built-in operation of a name, for sdk/serve.Main. The error lists the names that there are.
func Builtin(name string) (sdk.Op, error) {
	ops := All()
	if i := slices.IndexFunc(ops, func(op sdk.Op) bool { return op.Name == name }); i >= 0 {
		return ops[i], nil
	}
	names := make([]string, len(ops))
	for i, op := range ops {
		names[i] = op.Name
	}
	return sdk.Op{}, fmt.Errorf("there is no built-in plugin %q, only %s", name, strings.Join(names, ", "))
}
