package evaluation

import (
	"context"
	"fmt"
	"slices"

	"github.com/nse-dev/nse/internal/catalog"
	"github.com/nse-dev/nse/internal/modelfile"
	"github.com/nse-dev/nse/registry"
	"github.com/nse-dev/nse/supernet"
)

// Model is a trained model that can run. Its methods are for one goroutine. Close it after use.
type Model struct {
	*modelfile.Model
	Dir string // its folder
	Net *supernet.Net

	pool *registry.Pool // nil: no operation runs in a plugin
}

// OpenModel reads the model in a folder and builds it on all cores, with parallel branches merged. Operations that run
// in plugins are taken from the pool file at poolFile. open opens that file, and is called only for a model that needs
// it.
func OpenModel(
	ctx context.Context, dir, poolFile string, open func(ctx context.Context, path string) (*registry.Pool, error),
) (m *Model, err error) {
	m = &Model{Dir: dir}
	if m.Model, err = modelfile.Read(dir); err != nil {
		return nil, err
	}
	if err = m.attach(ctx, dir, poolFile, open); err == nil {
		m.Net, err = m.Inference(dir, 0)
	}
	if err != nil {
		m.Close()
		return nil, err
	}
	return m, nil
}

// Close stops the network and its plugins.
func (m *Model) Close() {
	if m.Net != nil {
		m.Net.Close()
	}
	if m.pool != nil {
		_ = m.pool.Close()
	}
}

// attach takes the graphs of operations that run in plugins from a pool.
func (m *Model) attach(
	ctx context.Context, dir, poolFile string, open func(ctx context.Context, path string) (*registry.Pool, error),
) (err error) {
	for l, path := range m.Layers {
		for i, b := range path {
			if !catalog.RunsInPlugin(m.Graphs()[l][i]) {
				continue
			}
			if poolFile == "" {
				return fmt.Errorf("%s: %s runs in its plugin: name a pool file that lists it with --pool", dir, b.Op)
			}
			if m.pool == nil {
				if m.pool, err = open(ctx, poolFile); err != nil {
					return err
				}
			}
			at := slices.IndexFunc(m.pool.Ops, func(op registry.Op) bool { return op.Name == b.Op })
			if at < 0 {
				return fmt.Errorf("%s has no operation %s, which %s needs", poolFile, b.Op, dir)
			}
			g, err := m.pool.Ops[at].Graph(ctx, m.Skeleton().Layers[l])
			if err == nil {
				err = m.Attach(l, i, g)
			}
			if err != nil {
				return fmt.Errorf("%s: %w", dir, err)
			}
		}
	}
	return nil
}
