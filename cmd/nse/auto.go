package main

import (
	"fmt"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/nse-dev/nse"
	"github.com/nse-dev/nse/internal/architecture"
	"github.com/nse-dev/nse/internal/auto"
	"github.com/nse-dev/nse/internal/progress"
	"github.com/nse-dev/nse/internal/text"
)

// automatic is the command line of auto.
type automatic struct {
	auto.Ask
	budget, out string
	asJSON      bool
}

func autoVerb() *cobra.Command {
	var a automatic
	c := &cobra.Command{
		Use:   "auto SPEC",
		Short: "Go from images to a tested and exported network in a given time",
		Long: `Go from images to a tested and exported network in a given time. The data and this machine are looked at
for half a minute, and a plan is printed: how large images are, what is searched for how long, and how long the best
architecture is trained. The last step tests it once, and exports it for ONNX and PyTorch. docs/auto.md has the rules.

Without --within the plan takes the time that the data need, and without --budget the largest network that can be
trained in the time. The same command with --out goes on with what was stopped or killed.`,
		Example: `  nse auto folder:photos --within 1h
  nse auto cifar10:DIR --budget 20M --within 3h --out runs/cifar10
  nse auto folder:photos --latency 5ms`,
		Args: usage(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error { a.Spec = args[0]; return a.run(c) },
	}
	f := c.Flags()
	f.StringVar(&a.budget, "budget", "", "MACs for one image at most, such as 20M (default: by the time)")
	f.DurationVar(&a.Latency, "latency", 0, "time for one image on this machine at most, such as 5ms")
	f.DurationVar(&a.Within, "within", 0, "time for everything, such as 2h (default: what the data need)")
	f.StringVar(&a.out, "out", "", "run folder (default: a new one under runs/)")
	f.IntVar(&a.Size, "size", 0, "images are resized to so many pixels square (default: by the files and the budget)")
	f.Uint64Var(&a.Seed, "seed", 1, "seed of everything random")
	poolFlag(c, &a.Pool)
	skipFlag(c, &a.SkipUnreadable)
	jsonFlag(c, &a.asJSON)
	return c
}

func (a *automatic) run(c *cobra.Command) (err error) {
	if a.MACs, err = architecture.ParseMACs(a.budget); err != nil {
		return usageError{c.CommandPath(), fmt.Errorf("--budget %w", err)}
	}
	if a.Within < 0 || a.Latency < 0 || c.Flags().Changed("within") && a.Within < time.Second {
		return usageError{c.CommandPath(), fmt.Errorf("--within %v, --latency %v: want times such as 2h and 5ms",
			a.Within, a.Latency)}
	}
	ctx, stop := interruptible(c.Context())
	defer stop()
	p := progress.NewPrinter(c.ErrOrStderr())
	dir := a.out
	if dir != "" {
		dir = filepath.Clean(dir)
	}
	x, err := auto.Run(ctx, a.Ask, dir, nse.Options{Observe: p.Observe, Host: pluginOptions()})
	if err = ended(ctx, c, p, err); err != nil {
		return err
	}
	if err := show(c, a.asJSON, x, x.Rows()); err != nil {
		return err
	}
	_, err = fmt.Fprintf(c.ErrOrStderr(), "%stook %s\n", x.Files(), text.Seconds(x.Seconds))
	return err
}
