package main

import (
	"github.com/spf13/cobra"

	"github.com/nse-dev/nse/internal/architecture"
)

func opsVerb() *cobra.Command {
	return group(&cobra.Command{
		Use:   "ops",
		Short: "Look at the operations of a pool",
		Example: `  nse ops list
  nse ops show ssc-k5-e2 --layer 4
  nse ops check --pool my-ops.toml --macro small
  nse ops history runs/001
  nse ops search attention`,
	}, opsListVerb(), opsShowVerb(), opsCheckVerb(), opsLockVerb(), opsDescribeVerb(), opsAddVerb(), opsHistoryVerb(),
		opsGetVerb(), opsSearchVerb(), opsWorthVerb())
}

// placeFlags adds the flags that say where operations are looked at.
func placeFlags(c *cobra.Command, p *architecture.Place) {
	poolFlag(c, &p.Pool)
	c.Flags().StringVar(&p.Macro, "macro", "flops", "macro-architecture: small, flops or latency")
	c.Flags().IntVar(&p.Size, "size", 0, "image size in pixels (default: 32 for small, otherwise 224)")
}
