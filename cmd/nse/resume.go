package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/internal/runs"
	"github.com/nse-dev/nse/supernet"
	"github.com/nse-dev/nse/supernet/config"
)

func resumeVerb() *cobra.Command {
	var f runFlags
	c := &cobra.Command{
		Use:   "resume RUN",
		Short: "Go on with a search from its last checkpoint",
		Long: `Go on with a search that was stopped or killed, from its last checkpoint. It ends with the same result, to the bit, as
one that was never stopped. On a finished run it makes files anew that are missing and prints the front. Plugins are
needed for operations that run in them only, and are executed from the copies in the user's cache.`,
		Example: `  nse resume runs/001`,
		Args:    usage(cobra.ExactArgs(1)),
		RunE:    func(c *cobra.Command, args []string) error { return resume(c, filepath.Clean(args[0]), f) },
	}
	f.add(c)
	return c
}

func resume(c *cobra.Command, dir string, f runFlags) error {
	r, err := runs.Open(dir, time.Now)
	if err != nil {
		return err
	}
	defer r.Close()
	settings, err := settingsOf(r)
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
	if err := admit(f.plugins); err != nil {
		return err
	}
	interrupts := watchInterrupts(c.Context())
	defer interrupts.stop()
	search, opened, err := reopen(interrupts.ctx, r, settings, last, state, nil)
	defer opened.Close()
	if err != nil {
		return interrupts.early(err)
	}
	defer search.engine.Close()
	search.state = state
	if search.watch, err = watchAgain(r, f.sources, warning(c)); err != nil {
		return err
	}
	return search.follow(interrupts.ctx, c, r)
}

// reopen prepares the search of a run from what the run keeps, with its engine as at the last checkpoint. It starts the
// plugins of operations that run in them and that used still uses; grow, if there is one, adds operations to those known.
// Close the plugins after use, also after an error.
func reopen(ctx context.Context, r *runs.Run, settings config.Config, last runs.Checkpoint, used evolve.State,
	grow func(n *network, known runs.Ops) error) (s *search, opened pools, err error) {
	s, err = prepare(settings, func(k supernet.Skeleton, p pricing) (n *network, err error) {
		known, err := r.Ops()
		if err != nil {
			return nil, err
		}
		if n, err = recalled(r, known, k, p); err != nil {
			return nil, err
		}
		if opened, err = n.attach(ctx, r, known, used); err == nil && grow != nil {
			err = grow(n, known)
		}
		return n, err
	})
	if err != nil {
		return nil, opened, err
	}
	if err = s.restore(r, last, settings); err != nil {
		s.engine.Close()
	}
	return s, opened, err
}

// restore puts the engine into the condition of a run's last checkpoint.
func (s *search) restore(r *runs.Run, last runs.Checkpoint, settings config.Config) error {
	if s.image != r.Info.Image {
		return fmt.Errorf("%s: the data set %s has changed since the run was started", r.Dir, settings.Data.Spec)
	}
	if last.Weights == "" {
		return nil
	}
	return s.engine.Restore(filepath.Join(r.Dir, last.Weights))
}

// settingsOf is a run's configuration as it is now: a pool that the run was continued with may have another number of rounds.
func settingsOf(r *runs.Run) (config.Config, error) {
	c, err := configOf(r)
	if err != nil {
		return c, err
	}
	list, err := r.Pools()
	for _, p := range list {
		if p.MaxRounds > 0 {
			c.Search.MaxRounds = p.MaxRounds
		}
	}
	return c, err
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

// configOf reads a run's configuration as it was used.
func configOf(r *runs.Run) (config.Config, error) {
	path := filepath.Join(r.Dir, runs.ConfigFile)
	text, err := readText(path)
	if err != nil {
		return config.Config{}, err
	}
	return config.Parse(path, bytes.TrimSpace(text), config.Override{})
}
