package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/nse-dev/nse"
	"github.com/nse-dev/nse/registry"
)

// defaultPool is the shipped pool of the 27 operations.
const defaultPool = "ops.toml"

// shipped opens a pool that is embedded in the program.
func shipped(ctx context.Context, name string) (*registry.Pool, error) {
	text, err := nse.Pools.ReadFile(name)
	if err != nil {
		return nil, err
	}
	return registry.Parse(ctx, name, text, ".", pluginOptions())
}

// poolFlag adds --pool; without it, the shipped pool of 27 operations is meant.
func poolFlag(c *cobra.Command, path *string) {
	c.Flags().StringVar(path, "pool", "", "pool file (default: the 27 operations that ship)")
}

// openPlugin opens a plugin that the user names, with each family once.
func openPlugin(ctx context.Context, path string) (*registry.Pool, error) {
	text, err := poolOf(ctx, path)
	if err != nil {
		return nil, err
	}
	return registry.Parse(ctx, path, text, ".", pluginOptions())
}

func openPool(ctx context.Context, path string) (*registry.Pool, error) {
	if path == "" {
		return shipped(ctx, defaultPool)
	}
	return registry.Load(ctx, path, pluginOptions())
}
