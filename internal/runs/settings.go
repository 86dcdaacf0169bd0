package runs

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path/filepath"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/internal/file"
	"github.com/nse-dev/nse/supernet/config"
)

// Config is the configuration that the run was started with.
func (r *Run) Config() (config.Config, error) {
	path := filepath.Join(r.Dir, ConfigFile)
	text, err := file.Read(path)
	if err != nil {
		return config.Config{}, err
	}
	return config.Recorded(path, bytes.TrimSpace(text))
}

// ConfigOf is the configuration that the run in dir was started with. A folder without a run is ErrNoRun.
func ConfigOf(dir string) (config.Config, error) {
	r, err := Read(dir)
	if err != nil {
		return config.Config{}, err
	}
	defer r.Close()
	return r.Config()
}

// Settings is the configuration as it is now. A pool that the run was continued with may have another number of rounds.
func (r *Run) Settings() (config.Config, error) {
	c, err := r.Config()
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

// State is the last checkpoint with the search's state in it. Both are zero if there was none.
func (r *Run) State() (last Checkpoint, state evolve.State, err error) {
	if last, err = r.Last(); err != nil || last.State == nil {
		return last, state, err
	}
	if err = json.Unmarshal(last.State, &state); err != nil {
		err = fmt.Errorf("%s: the checkpoint is damaged: %w", r.Dir, err)
	}
	return last, state, err
}
