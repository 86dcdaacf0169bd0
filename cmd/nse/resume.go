package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/internal/config"
	"github.com/nse-dev/nse/internal/runs"
	"github.com/nse-dev/nse/registry"
)

func resumeVerb() *cobra.Command {
	return &cobra.Command{
		Use:   "resume RUN",
		Short: "Continue a search from its last checkpoint",
		Long: `Continue a search that was stopped or killed, from its last checkpoint. It ends with the same result, to the bit, as
one that was never stopped. On a finished run it makes files anew that are missing and prints the front.`,
		Example: `  nse resume runs/001`,
		Args:    usage(cobra.ExactArgs(1)),
		RunE:    func(c *cobra.Command, args []string) error { return resume(c, filepath.Clean(args[0])) },
	}
}

func resume(c *cobra.Command, dir string) error {
	r, err := runs.Open(dir, time.Now)
	if err != nil {
		return err
	}
	defer r.Close()
	settings, err := configOf(r)
	if err != nil {
		return err
	}
	last, state, err := lastState(r)
	if err != nil {
		return err
	}
	if last.Done {
		return finish(c, r, state)
	}
	if err := sameConfig(r); err != nil {
		return err
	}
	interrupts := watchInterrupts(c.Context())
	defer interrupts.stop()
	pool, err := poolOf(interrupts.ctx, r)
	if err != nil {
		return interrupts.early(err)
	}
	defer pool.Close()
	if err := samePool(r, pool); err != nil {
		return err
	}
	search, err := prepare(interrupts.ctx, settings, pool)
	if err != nil {
		return interrupts.early(err)
	}
	defer search.engine.Close()
	if search.image != r.Info.Image {
		return fmt.Errorf("%s: the data set %s has changed since the run was started", dir, settings.Data.Spec)
	}
	if last.Weights != "" {
		if err := search.engine.Restore(filepath.Join(dir, last.Weights)); err != nil {
			return err
		}
	}
	search.state = state
	return search.follow(interrupts.ctx, c, r)
}

// lastState decodes the state of the last checkpoint; the zero State if there was none.
func lastState(r *runs.Run) (last runs.Checkpoint, state evolve.State, err error) {
	if last, err = r.Last(); err != nil || last.State == nil {
		return last, state, err
	}
	if err = json.Unmarshal(last.State, &state); err != nil {
		err = fmt.Errorf("%s: the checkpoint is damaged: %w", r.Dir, err)
	}
	return last, state, err
}

// sameConfig refuses a configuration that is not the one of the start: the steps before and after would not fit.
func sameConfig(r *runs.Run) error {
	path := filepath.Join(r.Dir, runs.ConfigFile)
	text, err := os.ReadFile(path)
	if err == nil && hash(text) != r.Info.ConfigHash {
		err = fmt.Errorf("%s has changed since the run was started: put it back, or start a new run with it", path)
	}
	return err
}

// samePool refuses plugins that name other operations than they did at the start.
func samePool(r *runs.Run, pool *registry.Pool) error {
	ops, err := r.Ops()
	if err == nil && !slices.Equal(ops, poolOps(pool)) {
		err = fmt.Errorf("%s: the pool's plugins have changed since the run was started", r.Dir)
	}
	return err
}

func poolOps(pool *registry.Pool) (ops []runs.Op) {
	for _, op := range pool.Ops {
		ops = append(ops, runs.Op{ID: op.ID, Name: op.Name, Plugin: op.Family, Checksum: op.SHA256})
	}
	return ops
}

// configOf reads a run's configuration as it was used.
func configOf(r *runs.Run) (config.Config, error) {
	path := filepath.Join(r.Dir, runs.ConfigFile)
	text, err := readText(path)
	if err != nil {
		return config.Config{}, err
	}
	return config.Parse(path, bytes.TrimSpace(text), config.Override{})
}
