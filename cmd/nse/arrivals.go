package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/internal/file"
	"github.com/nse-dev/nse/internal/runs"
	"github.com/nse-dev/nse/registry"
)

// arrivals finds operations while a search runs. What comes is checked beside the search as soon as it is complete, and
// taken by the search at its next replenishment.
type arrivals struct {
	run     *runs.Run
	network *network
	plugins registry.Options
	watch   watch
	round   func() int // the next one
	say     func(format string, args ...any)

	mu      sync.Mutex // a look or a taking
	ready   []arrival  // in the order in which they came
	refused map[string]bool
	opened  pools    // of what was taken
	kept    []string // files of the inbox that were taken, or never will be
}

// arrival is a pool file that was checked, with the operations that the search does not know.
type arrival struct {
	runs.Pool
	laid
	plugins *registry.Pool
	inbox   string // file that has it until the run keeps it
}

// take is evolve.Search.Arrivals.
func (a *arrivals) take(ctx context.Context, wait bool) ([]evolve.Candidate, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.tidy()
	from := len(a.network.names)
	for said := false; ; {
		for found := true; found && ctx.Err() == nil; { // looking takes a while too
			found, _ = a.look(ctx, true)
		}
		if err := a.admit(); err != nil {
			return nil, err
		}
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
		case <-time.After(settle / 2):
		}
	}
}

// look checks what has come since the last look, and says once what cannot be taken. With patience it waits for files
// that may be complete soon. It reports whether it found any, and whether some were not complete.
func (a *arrivals) look(ctx context.Context, patience bool) (found, unsettled bool) {
	fresh, unsettled := a.watch.fresh(patience)
	for _, path := range fresh {
		if ctx.Err() != nil {
			break
		}
		err := a.check(ctx, path)
		if err == nil || ctx.Err() != nil {
			continue
		}
		if said := fmt.Sprintf("%s is not taken: %s", printable(path), oneLine(err)); !a.refused[said] {
			a.refused[said] = true
			a.say("warning: %s", said)
		}
	}
	return len(fresh) > 0, unsettled
}

// check makes an arrival of a file: what nse ops add has left, a pool file or a plugin.
func (a *arrivals) check(ctx context.Context, path string) (err error) {
	if filepath.Dir(path) != a.watch.inbox {
		x := arrival{Pool: runs.Pool{Dir: filepath.Dir(path), Source: path}}
		x.Text, err = described(path, func(path string) ([]byte, error) { return registry.Describe(ctx, path, a.plugins) })
		if err == nil {
			x.Lock, err = lockOf(path)
		}
		if err != nil {
			return err
		}
		o := a.plugins
		if slices.Contains(a.watch.dirs, x.Dir) {
			o.Watched = x.Dir
		}
		return a.prepare(ctx, x, o)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if !strings.HasSuffix(path, "-"+file.Sum(text)+".json") {
		return errors.New("it is not what nse wrote: remove it, and add its operations again")
	}
	x := arrival{inbox: path}
	if err := json.Unmarshal(text, &x.Pool); err != nil {
		return err
	}
	recalled := a.plugins
	recalled.Cached = true
	return a.prepare(ctx, x, recalled)
}

// prepare starts the plugins of an arrival and asks for the operations that the search does not know.
func (a *arrivals) prepare(ctx context.Context, x arrival, o registry.Options) (err error) {
	o.Lock = x.Lock
	if x.plugins, err = registry.Parse(ctx, x.Source, x.Text, x.Dir, o); err != nil {
		return err
	}
	x.laid, err = a.network.lay(ctx, a.unknown(x.plugins.Ops))
	if err != nil || len(x.ops) == 0 {
		if err == nil && x.inbox != "" { // the run keeps it already
			err = os.Remove(x.inbox)
		}
		return errors.Join(err, x.plugins.Close())
	}
	if x.inbox == "" { // a search that is stopped before its next replenishment finds it there
		if x.inbox, err = leave(a.watch.inbox, x.Pool); err != nil {
			return errors.Join(err, x.plugins.Close())
		}
		a.watch.seen[x.inbox] = condition(x.inbox)
	}
	a.ready = append(a.ready, x)
	a.say("%s is complete: %s the pending lists at the next replenishment", printable(x.Source), joining(len(x.ops)))
	return nil
}

// unknown lists the operations that are new to the search.
func (a *arrivals) unknown(ops []registry.Op) []registry.Op {
	known := func(op registry.Op) bool { return slices.Contains(a.network.names, op.Name) }
	return slices.DeleteFunc(slices.Clone(ops), known)
}

// admit adds what is ready to the run and to its network. Of two arrivals with an operation of the same name the first
// counts.
func (a *arrivals) admit() error {
	for ; len(a.ready) > 0; a.ready = a.ready[1:] {
		x := a.ready[0]
		a.kept = append(a.kept, x.inbox)
		if len(a.unknown(x.ops)) < len(x.ops) {
			a.say("warning: %s is not taken: it has operations of the same names as another arrival", printable(x.Source))
			_ = x.plugins.Close()
			continue
		}
		if err := a.keep(x); err != nil {
			return err
		}
		a.opened = append(a.opened, x.plugins)
		for _, op := range x.ops {
			a.say("%s came from %s", op.Name, printable(x.Source))
		}
	}
	return nil
}

// keep adds an arrival to the run. On error the network is as it was.
func (a *arrivals) keep(x arrival) error {
	x.Number, x.Kind, x.Round = a.run.NextPool(), runs.Arrived, a.round()
	before := len(a.network.names)
	a.network.append(x.laid)
	ops, err := a.network.stored(x.ops, x.Number)
	if err == nil {
		err = a.run.AddPool(x.Pool, ops)
	}
	if err != nil {
		a.network.truncate(before)
	}
	return err
}

// tidy removes the files of the inbox whose operations are in a checkpoint by now.
func (a *arrivals) tidy() {
	for _, path := range a.kept {
		_ = os.Remove(path) // a file that stays is found to be known already
	}
	a.kept = nil
}

// close ends all plugins that have come.
func (a *arrivals) close() {
	a.opened.Close()
	for _, x := range a.ready {
		_ = x.plugins.Close()
	}
}
