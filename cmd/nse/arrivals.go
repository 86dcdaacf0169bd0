package main

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/internal/runs"
	"github.com/nse-dev/nse/registry"
)

// arrivals takes operations into a search that runs.
type arrivals struct {
	run     *runs.Run
	network *network
	watch   watch
	round   func() int // the next one
	say     func(format string, args ...any)
	opened  pools
	refused map[string]bool // messages that were given
}

// rescan is the time between two looks while a search waits for operations.
const rescan = 500 * time.Millisecond

// take is evolve.Search.Arrivals.
func (a *arrivals) take(ctx context.Context, wait bool) ([]evolve.Candidate, error) {
	from := len(a.network.names)
	for said := false; ; {
		a.look(ctx)
		// What the run was given comes before the context's error: both go into the same checkpoint.
		if came := a.network.candidates(from); len(came) > 0 || !wait || !a.watch.wait {
			return came, nil
		}
		if !said {
			a.say("no operation is pending: waiting for more (nse ops add %s FILE; Ctrl-C stops)", a.run.Dir)
			said = true
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(rescan):
		}
	}
}

// look takes what has come since the last look, and says once what cannot be taken.
func (a *arrivals) look(ctx context.Context) {
	added, _ := filepath.Glob(filepath.Join(a.run.Dir, inbox, "*.json"))
	for _, path := range added {
		if ctx.Err() == nil {
			a.refuse(ctx, path, a.takeAdded(ctx, path))
		}
	}
	for _, path := range a.watch.fresh() {
		if ctx.Err() == nil {
			a.refuse(ctx, path, a.takeFile(ctx, path))
		}
	}
}

// takeAdded takes what nse ops add has left. The file goes when the run is sure to keep what it says.
func (a *arrivals) takeAdded(ctx context.Context, path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var p runs.Pool
	if err := json.Unmarshal(text, &p); err != nil {
		return err
	}
	n, err := a.admit(ctx, p, registry.Options{Recall: func(string) bool { return true }})
	if err == nil && n == 0 {
		err = os.Remove(path)
	}
	return err
}

// takeFile takes a plugin or a pool file that has come or changed.
func (a *arrivals) takeFile(ctx context.Context, path string) error {
	text, err := described(path, func(path string) ([]byte, error) { return registry.Describe(ctx, path, registry.Options{}) })
	if err == nil {
		_, err = a.admit(ctx, runs.Pool{Dir: filepath.Dir(path), Source: path, Text: text}, registry.Options{})
	}
	return err
}

// refuse says once why a file is not taken.
func (a *arrivals) refuse(ctx context.Context, path string, err error) {
	if err == nil || ctx.Err() != nil || a.refused[err.Error()] {
		return
	}
	if a.refused == nil {
		a.refused = map[string]bool{}
	}
	a.refused[err.Error()] = true
	a.say("warning: %s is not taken: %s", path, oneLine(err))
}

// admit adds the operations of a pool file that the search does not know, and says how many they are.
func (a *arrivals) admit(ctx context.Context, p runs.Pool, o registry.Options) (int, error) {
	pool, err := registry.Parse(ctx, p.Source, p.Text, p.Dir, o)
	if err != nil {
		return 0, err
	}
	fresh := slices.DeleteFunc(slices.Clone(pool.Ops), func(op registry.Op) bool { return slices.Contains(a.network.names, op.Name) })
	if len(fresh) > 0 {
		err = a.keep(ctx, p, fresh)
	}
	if err != nil || len(fresh) == 0 {
		return 0, errors.Join(err, pool.Close())
	}
	a.opened = append(a.opened, pool)
	for _, op := range fresh {
		a.say("%s came from %s", op.Name, p.Source)
	}
	return len(fresh), nil
}

// keep lays operations out and adds them to the run.
func (a *arrivals) keep(ctx context.Context, p runs.Pool, ops []registry.Op) error {
	p.Number, p.Kind, p.Round = a.run.NextPool(), runs.Arrived, a.round()
	before := len(a.network.names)
	if err := a.network.add(ctx, ops); err != nil {
		return err
	}
	kept, err := a.network.stored(ops, p.Number)
	if err == nil {
		err = a.run.AddPool(p, kept)
	}
	if err != nil {
		a.network.truncate(before)
	}
	return err
}

func (a *arrivals) close() { a.opened.Close() }
