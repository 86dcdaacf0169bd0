// Package plugins lists the operations that ship with nse. Each is a family in a package of its own, with a program
// that serves it alone.
package plugins

import (
	"fmt"
	"slices"
	"strings"

	"github.com/nse-dev/nse/internal/text"
	"github.com/nse-dev/nse/plugins/acb"
	"github.com/nse-dev/nse/plugins/bsconv"
	"github.com/nse-dev/nse/plugins/conv"
	"github.com/nse-dev/nse/plugins/convmixer"
	"github.com/nse-dev/nse/plugins/dualconv"
	"github.com/nse-dev/nse/plugins/eesp"
	"github.com/nse-dev/nse/plugins/elan"
	"github.com/nse-dev/nse/plugins/fusedmb"
	"github.com/nse-dev/nse/plugins/ghost"
	"github.com/nse-dev/nse/plugins/hg"
	"github.com/nse-dev/nse/plugins/inceptionnext"
	"github.com/nse-dev/nse/plugins/lcnet"
	"github.com/nse-dev/nse/plugins/mbconv"
	"github.com/nse-dev/nse/plugins/mixconv"
	"github.com/nse-dev/nse/plugins/mobileone"
	"github.com/nse-dev/nse/plugins/msca"
	"github.com/nse-dev/nse/plugins/osa"
	"github.com/nse-dev/nse/plugins/parnet"
	"github.com/nse-dev/nse/plugins/pconv"
	"github.com/nse-dev/nse/plugins/regnet"
	"github.com/nse-dev/nse/plugins/replk"
	"github.com/nse-dev/nse/plugins/repvgg"
	"github.com/nse-dev/nse/plugins/repvit"
	"github.com/nse-dev/nse/plugins/res2"
	"github.com/nse-dev/nse/plugins/sandglass"
	"github.com/nse-dev/nse/plugins/shuffle"
	"github.com/nse-dev/nse/plugins/ssc"
	"github.com/nse-dev/nse/plugins/star"
	"github.com/nse-dev/nse/plugins/uib"
	"github.com/nse-dev/nse/plugins/van"
	"github.com/nse-dev/nse/sdk"
)

// All returns the built-in operations, by name. Each is a plugin of its own: `builtin = "mbconv"` in ops.toml. The
// slice is the caller's.
func All() []sdk.Op {
	return []sdk.Op{
		acb.Op(),
		bsconv.Op(),
		conv.Op(),
		convmixer.Op(),
		dualconv.Op(),
		eesp.Op(),
		elan.Op(),
		fusedmb.Op(),
		ghost.Op(),
		hg.Op(),
		inceptionnext.Op(),
		lcnet.Op(),
		mbconv.Op(),
		mixconv.Op(),
		mobileone.Op(),
		msca.Op(),
		osa.Op(),
		parnet.Op(),
		pconv.Op(),
		regnet.Op(),
		replk.Op(),
		repvgg.Op(),
		repvit.Op(),
		res2.Op(),
		sandglass.Op(),
		shuffle.Op(),
		ssc.Op(),
		star.Op(),
		uib.Op(),
		van.Op(),
	}
}

// Builtin returns the built-in operation of a name, for sdk/serve.Main. The error has the nearest name, or all of them
// if none is near.
func Builtin(name string) (sdk.Op, error) {
	ops := All()
	if i := slices.IndexFunc(ops, func(op sdk.Op) bool { return op.Name == name }); i >= 0 {
		return ops[i], nil
	}
	names := make([]string, len(ops))
	for i, op := range ops {
		names[i] = op.Name
	}
	if near := text.Near(name, names); len(near) > 0 {
		return sdk.Op{}, fmt.Errorf("there is no built-in plugin %q: did you mean %q?", name, near[0])
	}
	return sdk.Op{}, fmt.Errorf("there is no built-in plugin %q, only %s", name, strings.Join(names, ", "))
}
