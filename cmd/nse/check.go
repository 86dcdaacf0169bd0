package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/nse-dev/nse/internal/architecture"
	"github.com/nse-dev/nse/internal/catalog"
	"github.com/nse-dev/nse/internal/room"
	"github.com/nse-dev/nse/registry"
	"github.com/nse-dev/nse/supernet"
)

// opsCheck is the command line of ops check.
type opsCheck struct {
	architecture.Place
	given
	search, peak, json, relock bool
}

func opsCheckVerb() *cobra.Command {
	var k opsCheck
	c := &cobra.Command{
		Use:   "check [PLUGIN]",
		Short: "Build every operation at every layer and check its gradients",
		Long: `Start every plugin of a pool, build each operation at every layer of a macro-architecture, count it,
and compare its gradients with central differences on a small image. Of PLUGIN, a file which is accepted by that, each
family is taken once with the defaults of its attributes.

With --config, --preset or --set the network and the budget are those of that search, on the images of its data. The
table then has a row for each operation at each kind of layer: the cost of the cheapest network with it, that of one
with the median operation in every other layer, and whether these fit the budget. Operations that fit nowhere are named
with what they would need.`,
		Example: `  nse ops check --pool my-ops.toml
  nse ops check ./nse-fused
  nse ops check --pool my-ops.toml --config examples/fashion-mnist.toml --json
  nse ops check --macro latency`,
		Args:    usage(cobra.MaximumNArgs(1)),
		PreRunE: checked(func(c *cobra.Command) error { return k.check(c) }),
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) > 0 && k.Pool != "" {
				return usageError{c.CommandPath(), errors.New("both --pool and a plugin are given: name one")}
			}
			k.Plugin = strings.Join(args, "")
			if err := relock(c, k.relock, k.Pool); err != nil {
				return err
			}
			if k.search {
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
	k.add(c)
	return c
}

func (k *opsCheck) add(c *cobra.Command) {
	f := c.Flags()
	k.given.files(c)
	f.BoolVar(&k.peak, "peak", false, "with a configuration: how near passes come to the machine's arithmetic")
	relockFlag(c, &k.relock)
	jsonFlag(c, &k.json)
}

// check refuses flags that do not go together.
func (k *opsCheck) check(c *cobra.Command) error {
	changed := c.Flags().Changed
	k.search = changed("config") || changed("preset") || changed("set") || changed("data")
	k.override.Size = said(c, "size", &k.Size)
	switch {
	case k.search && changed("macro"):
		return errors.New("a configuration says what --macro would: want --set macro.layers=... or one of them")
	case !k.search && (k.peak || k.json):
		return errors.New("--json and --peak are of a search: want --config, --preset or --set too")
	}
	return k.override.Validate()
}

// room says where the operations fit the budget of a search, and checks their gradients.
func (k *opsCheck) room(c *cobra.Command) error {
	from, err := k.source()
	if err != nil {
		return err
	}
	settings, err := from.Settings()
	if err != nil {
		return err
	}
	set, err := settings.Open(c.Context(), nil)
	if err != nil {
		return from.Locate(err)
	}
	pool, err := opener().Placed(c.Context(), k.Place)
	if err != nil {
		return err
	}
	defer pool.Close()
	x, err := room.Of(c.Context(), pool.Ops, settings, supernet.InputOf(set))
	if err != nil {
		return from.Locate(err)
	}
	if k.peak {
		if err := x.Time(c.Context(), time.Now); err != nil {
			return err
		}
	}
	if err := show(c, k.json, x, x.Rows()); err != nil {
		return err
	}
	fmt.Fprint(c.ErrOrStderr(), x.Text())
	return gradients(c.Context(), pool.Ops, c.ErrOrStderr())
}

// gradients checks those of operations.
func gradients(ctx context.Context, ops []registry.Op, w io.Writer) error {
	worst, err := catalog.CheckGradients(ctx, ops)
	if err == nil {
		_, err = fmt.Fprintf(w, "gradients within %.1g of central differences\n", worst)
	}
	return err
}
