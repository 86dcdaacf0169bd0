package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/nse-dev/nse/internal/catalog"
	"github.com/nse-dev/nse/registry"
	"github.com/nse-dev/nse/supernet"
)

func opsVerb() *cobra.Command {
	return group(&cobra.Command{
		Use:   "ops",
		Short: "Look at the operations of a pool",
		Example: `  nse ops list
  nse ops show ssc-k5-e2 --layer 4
  nse ops check --pool my-ops.toml --macro small
  nse ops history runs/001`,
	}, opsListVerb(), opsShowVerb(), opsCheckVerb(), opsLockVerb(), opsDescribeVerb(), opsAddVerb(), opsHistoryVerb())
}

// place is where operations are looked at: a pool on a built-in macro-architecture.
type place struct {
	pool   string
	plugin string // file to take instead of a pool
	macro  string
	size   int
}

func (p *place) flags(c *cobra.Command) {
	poolFlag(c, &p.pool)
	c.Flags().StringVar(&p.macro, "macro", "flops", "macro-architecture: small, flops or latency")
	c.Flags().IntVar(&p.size, "size", 0, "image size in pixels (default: 32 for small, otherwise 224)")
}

// built is the macro-architecture and its images.
func (p place) built() (supernet.Macro, supernet.Input, error) {
	if p.size == 0 && p.macro == "small" {
		p.size = 32
	} else if p.size == 0 {
		p.size = 224
	}
	m, err := supernet.Built(p.macro)
	return m, supernet.Input{Height: p.size, Width: p.size, Channels: 3, Classes: 1000}, err
}

// open starts the pool and lays the macro-architecture out. Close the pool after use.
func (p place) open(ctx context.Context) (*registry.Pool, supernet.Skeleton, error) {
	m, image, err := p.built()
	if err != nil {
		return nil, supernet.Skeleton{}, err
	}
	s, err := m.Skeleton(image)
	if err != nil {
		return nil, s, err
	}
	open, path := opener().Pool, p.pool
	if p.plugin != "" {
		open, path = opener().Plugin, p.plugin
	}
	pool, err := open(ctx, path)
	return pool, s, err
}

// layOut starts the pool and builds its operations at every layer. Close the pool after use.
func (p place) layOut(ctx context.Context) (*registry.Pool, *catalog.Catalog, error) {
	pool, s, err := p.open(ctx)
	if err != nil {
		return nil, nil, err
	}
	c, err := catalog.LayOut(ctx, pool.Ops, s, catalog.Pricing{})
	if err != nil {
		pool.Close()
		return nil, nil, err
	}
	return pool, c, nil
}
