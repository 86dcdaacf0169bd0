package main

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/nse-dev/nse/internal/file"
	"github.com/nse-dev/nse/internal/runs"
	"github.com/nse-dev/nse/registry"
)

// inbox is the folder in a run's folder for pool files that nse ops add leaves there.
const inbox = "inbox"

func opsAddVerb() *cobra.Command {
	return &cobra.Command{
		Use:   "add RUN FILE",
		Short: "Give a search more operations, also while it runs",
		Long: `Give a search more operations: FILE is a pool file, or a plugin, of which each family is taken once with the defaults of
its attributes. They are built at every layer of the run's network now, and wait at the end of every layer's pending list
from the next replenishment on. The search may be running or stopped. One that has finished goes on with nse continue.`,
		Example: `  nse ops add runs/001 more.toml
  nse ops add runs/001 ./nse-fused`,
		Args: usage(cobra.ExactArgs(2)),
		RunE: func(c *cobra.Command, args []string) error { return opsAdd(c, filepath.Clean(args[0]), args[1]) },
	}
}

func opsAdd(c *cobra.Command, dir, source string) error {
	r, err := runs.Read(dir)
	if err != nil {
		return err
	}
	defer r.Close()
	if last, err := r.Last(); err != nil {
		return err
	} else if last.Done {
		return fmt.Errorf("%s has finished: go on with nse continue %s --pool FILE", dir, dir)
	}
	text, err := described(source, func(path string) ([]byte, error) { return poolOf(c.Context(), path) })
	if err != nil {
		return fmt.Errorf("%s: %w", source, err)
	}
	p := runs.Pool{Source: source, Text: text}
	if p.Dir, err = absoluteDir(source); err == nil {
		p.Lock, err = lockOf(source)
	}
	if err != nil {
		return err
	}
	names, err := newOps(c, r, p)
	if err != nil {
		return err
	}
	if _, err := leave(filepath.Join(dir, inbox), p); err != nil {
		return err
	}
	for _, name := range names {
		fmt.Fprintln(c.OutOrStdout(), name)
	}
	_, err = fmt.Fprintf(c.ErrOrStderr(), "%s the pending list of every layer of %s at its next replenishment\n", joining(len(names)), dir)
	return err
}

// leave writes a pool file into an inbox, where the next replenishment of its search finds it, and returns the path.
func leave(inbox string, p runs.Pool) (path string, err error) {
	data, err := json.Marshal(p)
	if err != nil {
		return "", err
	}
	path = filepath.Join(inbox, inboxName(time.Now(), data))
	return path, file.Write(path, data)
}

// inboxName is the name of a file of the inbox. It has a checksum, so that a damaged file is not taken for another pool.
func inboxName(now time.Time, data []byte) string {
	return now.UTC().Format("20060102T150405.000000000") + "-" + file.Sum(data) + ".json"
}

// joining counts operations that join something.
func joining(n int) string {
	if n == 1 {
		return "1 operation joins"
	}
	return fmt.Sprintf("%d operations join", n)
}

// newOps builds the operations of a pool file at every layer of a run and lists those that it does not know.
func newOps(c *cobra.Command, r *runs.Run, p runs.Pool) (names []string, err error) {
	settings, err := configOf(r)
	if err != nil {
		return nil, err
	}
	s, err := settings.Macro.Skeleton(r.Info.Image)
	if err != nil {
		return nil, err
	}
	known, err := r.Ops()
	if err != nil {
		return nil, err
	}
	o := pluginOptions()
	o.Lock = p.Lock
	pool, err := registry.Parse(c.Context(), p.Source, p.Text, p.Dir, o)
	if err != nil {
		return nil, err
	}
	defer pool.Close()
	if _, err := layOut(c.Context(), pool.Ops, s, pricingOf(settings, r.Info.Image)); err != nil {
		return nil, err
	}
	for _, op := range pool.Ops {
		if !slices.ContainsFunc(known, func(k runs.Op) bool { return k.Name == op.Name }) {
			names = append(names, op.Name)
		}
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("%s: the run knows all operations of %s already", r.Dir, p.Source)
	}
	return names, nil
}

// poolOf is the pool file of a plugin, which can be read from any folder.
func poolOf(ctx context.Context, path string) ([]byte, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	return registry.Describe(ctx, path, pluginOptions())
}

func opsDescribeVerb() *cobra.Command {
	return &cobra.Command{
		Use:   "describe PLUGIN",
		Short: "Write the part of a pool file that lists a plugin",
		Long: `Start a plugin and write an ops.toml for it: its path and checksum, and each of its families once with the defaults of
its attributes, to be edited.`,
		Example: `  nse ops describe ./nse-fused >> ops.toml`,
		Args:    usage(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			text, err := registry.Describe(c.Context(), args[0], pluginOptions())
			if err == nil {
				_, err = c.OutOrStdout().Write(text)
			}
			return err
		},
	}
}
