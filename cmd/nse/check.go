package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/nse-dev/nse/internal/room"
)

// opsCheck is the command line of ops check.
type opsCheck struct {
	room.Options
	given
	relock func() error
}

func opsCheckVerb() *cobra.Command {
	var k opsCheck
	c := &cobra.Command{
		Use:   "check [PLUGIN]",
		Short: "Build every operation at every layer and check its gradients",
		Long: `Start every plugin of a pool, build each operation at every layer of a macro-architecture, count it,
and compare its gradients with central differences on a small image. Of PLUGIN, a file which is accepted by that, each
family is taken once with the defaults of its attributes.

With --config, --preset or --set it says at which layers of that search, on its images, each operation fits the budget
beside others, and what one that fits nowhere would need (docs/operators.md).`,
		Example: `  nse ops check --pool my-ops.toml
  nse ops check ./nse-fused
  nse ops check --pool my-ops.toml --config examples/fashion-mnist.toml --json
  nse ops check --macro latency`,
		Args:    usage(cobra.MaximumNArgs(1)),
		PreRunE: checked(func(c *cobra.Command) error { return k.Validate(c.Flags().Changed) }),
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) > 0 && k.Pool != "" {
				return usageError{c.CommandPath(), errors.New("both --pool and a plugin are given: name one")}
			}
			k.Plugin = strings.Join(args, "")
			if err := k.relock(); err != nil {
				return err
			}
			if k.Searches() {
				return k.room(c)
			}
			pool, n, err := opener().LayOut(c.Context(), k.Place)
			if err != nil {
				return err
			}
			defer pool.Close()
			return n.Check(c.Context(), pool.Ops, c.OutOrStdout())
		},
	}
	placeFlags(c, &k.Place)
	k.files(c)
	c.Flags().BoolVar(&k.Peak, "peak", false, "with a configuration: time operations against the machine's arithmetic")
	k.relock = relocked(c, &k.Pool)
	jsonFlag(c, &k.JSON)
	return c
}

// room says where the operations fit the budget of a search, and checks their gradients.
func (k *opsCheck) room(c *cobra.Command) (err error) {
	k.override.Size = said(c, "size", &k.Size)
	if k.Source, err = k.source(); err != nil {
		return err
	}
	x, err := k.Report(c.Context(), opener(), time.Now)
	if err != nil {
		return err
	}
	fmt.Fprint(c.ErrOrStderr(), x.Text())
	return show(c, k.JSON, x, x.Rows())
}
