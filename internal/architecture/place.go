package architecture

import (
	"context"

	"github.com/nse-dev/nse/internal/catalog"
	"github.com/nse-dev/nse/registry"
	"github.com/nse-dev/nse/supernet"
)

// Place is where operations are looked at: a pool on a built-in macro-architecture.
type Place struct {
	Pool   string // file, or empty for the operations that ship
	Plugin string // file to take instead of a pool
	Macro  string // "small", "flops" or "latency"
	Size   int    // of images in pixels; 0 is 32 for small, otherwise 224
}

// Built is the macro-architecture and its images.
func (p Place) Built() (supernet.Macro, supernet.Input, error) {
	if p.Size == 0 && p.Macro == "small" {
		p.Size = 32
	} else if p.Size == 0 {
		p.Size = 224
	}
	m, err := supernet.Built(p.Macro)
	return m, supernet.Input{Height: p.Size, Width: p.Size, Channels: 3, Classes: 1000}, err
}

// Place opens the pool of a place and lays the macro-architecture out. Close the pool after use.
func (o Opener) Place(ctx context.Context, p Place) (*registry.Pool, supernet.Skeleton, error) {
	m, image, err := p.Built()
	if err != nil {
		return nil, supernet.Skeleton{}, err
	}
	s, err := m.Skeleton(image)
	if err != nil {
		return nil, s, err
	}
	pool, err := o.Placed(ctx, p)
	return pool, s, err
}

// Placed opens the pool of a place alone, or its plugin. Close the pool after use.
func (o Opener) Placed(ctx context.Context, p Place) (*registry.Pool, error) {
	if p.Plugin != "" {
		return o.Plugin(ctx, p.Plugin)
	}
	return o.Pool(ctx, p.Pool)
}

// LayOut opens the pool of a place and builds its operations at every layer. Close the pool after use.
func (o Opener) LayOut(ctx context.Context, p Place) (*registry.Pool, *catalog.Catalog, error) {
	pool, s, err := o.Place(ctx, p)
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
