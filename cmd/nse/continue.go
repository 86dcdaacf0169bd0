package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/nse-dev/nse"
)

// continuation is the command line of continue.
type continuation struct {
	runFlags
	pool      string
	maxRounds int
}

func continueVerb() *cobra.Command {
	var x continuation
	c := &cobra.Command{
		Use:   "continue RUN --pool FILE",
		Short: "Go on with a second pool of operations",
		Long: `Go on with a search that has a front, finished or stopped, in a second space of operations. Every layer
keeps what the front uses and is filled up from a new shuffle of the second pool; the front is scored again from the
first new round on. With keep_weights = true in [train] of the run's configuration the weights are inherited too.
max_rounds counts anew. The operations of before keep their numbers and names, and need their plugins only if they run
in them and the front uses them. If this is interrupted, nse resume goes on.`,
		Example: `  nse continue runs/001 --pool pools/second45.toml
  nse continue runs/001 --pool second.toml --max-rounds 2`,
		Args:    usage(cobra.ExactArgs(1)),
		PreRunE: checked(x.check),
		RunE: func(c *cobra.Command, args []string) error {
			return search(c, x.options(), func(ctx context.Context, o nse.Options) (*nse.Run, error) {
				return nse.Continue(ctx, filepath.Clean(args[0]), nse.Pool{File: x.pool}, x.maxRounds, o)
			})
		},
	}
	c.Flags().StringVar(&x.pool, "pool", "", "pool file to go on with (required)")
	c.Flags().IntVar(&x.maxRounds, "max-rounds", 0, "end after that many rounds with this pool (default: as before)")
	x.add(c)
	return c
}

func (x *continuation) check(*cobra.Command) error {
	switch {
	case x.pool == "":
		return errors.New("--pool is missing: the second one that ships is pools/second45.toml")
	case x.maxRounds < 0:
		return fmt.Errorf("--max-rounds %d: want 1 or more, or 0 for as before", x.maxRounds)
	}
	return nil
}
