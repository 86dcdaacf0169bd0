package truth

import (
	"context"
	"path/filepath"

	"github.com/nse-dev/nse/internal/catalog"
	"github.com/nse-dev/nse/registry"
	"github.com/nse-dev/nse/supernet"
)

// PoolOpener opens the pool file at path. An empty path is the pool that ships.
type PoolOpener func(ctx context.Context, path string) (*registry.Pool, error)

// OpenAt is Open for the recipe at path. spec is the data set as in ReadRecipe. workers is the number of cores to use,
// and 0 is all of them.
func OpenAt(ctx context.Context, path, spec string, workers int, open PoolOpener) (*Table, error) {
	r, c, err := ReadRecipe(path, spec)
	if err != nil {
		return nil, err
	}
	c.Workers = workers
	pool, err := open(ctx, r.Pool)
	if err != nil {
		return nil, err
	}
	defer pool.Close()
	source := supernet.Source{Augment: c.Augment}
	if source.Set, err = c.Open(ctx, nil); err != nil {
		return nil, err
	}
	if source.Train, source.Held, err = c.Split(source.Set); err != nil {
		return nil, err
	}
	input := supernet.InputOf(source.Set)
	skeleton, err := c.Macro.Skeleton(input)
	if err != nil {
		return nil, err
	}
	x, err := catalog.LayOut(ctx, pool.Ops, skeleton, catalog.PricingOf(c, input))
	if err != nil {
		return nil, err
	}
	return Open(filepath.Dir(path), r, c, x, source)
}

// ReadAt is Read for the recipe at path.
func ReadAt(ctx context.Context, path string, open PoolOpener) (*Table, error) {
	r, c, err := ReadRecipe(path, "")
	if err != nil {
		return nil, err
	}
	pool, err := open(ctx, r.Pool)
	if err != nil {
		return nil, err
	}
	defer pool.Close()
	return Read(ctx, filepath.Dir(path), r, c, pool.Ops)
}
