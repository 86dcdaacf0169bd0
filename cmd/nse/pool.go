package main

import (
	"os"

	"github.com/spf13/cobra"

	"github.com/nse-dev/nse"
	"github.com/nse-dev/nse/internal/architecture"
	"github.com/nse-dev/nse/registry"
)

// pluginOptions say how plugins are run. Operations that ship get processes of this program, which the verb plugin
// serve begins.
func pluginOptions() registry.Options {
	self, err := os.Executable()
	if err != nil {
		self = os.Args[0] // as it was called; the start of a plugin says if that is no program
	}
	return registry.Options{Self: []string{self, "plugin", "serve"}}
}

// hosted are options with plugins that are run so. Those of accept may be executed from now on.
func hosted(accept []string) nse.Options { return nse.Options{Host: pluginOptions(), Accept: accept} }

// opener opens pools, and architectures with the pools that ship.
func opener() architecture.Opener {
	return architecture.Opener{Shipped: nse.Pools, Plugins: pluginOptions()}
}

// poolFlag adds --pool. Without that flag the shipped pool of 27 operations is meant.
func poolFlag(c *cobra.Command, path *string) {
	c.Flags().StringVar(path, "pool", "", "pool file (default: the 27 operations that ship)")
}

// modelsHelp says what opener takes.
const modelsHelp = `FILE lists architectures: by the names of their operations, as a front.json does that was copied
or edited, or as published ones are, for 224×224 images (docs/files.md). RUN is a run folder, of which the last front
is meant: front-1 is its cheapest architecture. MODEL is the folder of a trained model. NAME is a published
architecture: nsenet-27, nsenet or nsenet-gpu.`

// runFlag adds --run.
func runFlag(c *cobra.Command, run *string) {
	c.Flags().StringVar(run, "run", "",
		"run whose macro-architecture and operations those of FILE are of (default: FILE says)")
}

// pickFlag adds --pick, whose default is all.
func pickFlag(c *cobra.Command, pick *string) {
	c.Flags().StringVar(pick, "pick", "all",
		"all, or architectures by name, such as front-1,front-4; of a run also round-2-17 (see nse runs show)")
}

// variantFlags change how architectures are built.
func variantFlags(c *cobra.Command, v *architecture.Variant) {
	c.Flags().BoolVar(&v.SqueezeExcite, "se", false, "add squeeze-and-excite to every operation that can have it")
	c.Flags().BoolVar(&v.Swish, "swish", false, "use swish in place of the activation")
}
