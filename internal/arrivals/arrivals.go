// Package arrivals finds operations while a search runs: in watched folders, in a changed pool file, and in the run's
// inbox. What comes is checked beside the search as soon as it is complete, and taken by the search at its next
// replenishment.
package arrivals

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/fsnotify/fsnotify"
	"github.com/sourcegraph/conc"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/internal/catalog"
	"github.com/nse-dev/nse/internal/runs"
	"github.com/nse-dev/nse/internal/text"
	"github.com/nse-dev/nse/registry"
)

// Arrivals takes operations into a run and its catalog. Take is for the goroutine of the search. What Begin starts runs
// beside it.
type Arrivals struct {
	run     *runs.Run
	catalog *catalog.Catalog
	options registry.Options
	watch   Watch
	round   func() int // the next one
	say     func(warning bool, line string)

	mu      sync.Mutex // a look or a taking
	ready   []arrival  // in the order in which they came
	refused map[string]bool
	opened  catalog.Pools // of what was taken
	kept    []string      // files of the inbox that were taken, or never will be
}

// arrival is a pool file that was checked, with the operations that the search does not know.
type arrival struct {
	runs.Pool
	catalog.Laid
	plugins *registry.Pool
	inbox   string // file that has it until the run keeps it
}

// New makes the arrivals of a run's search. round says which round comes next. say gets lines for the user, from any
// goroutine. Close the result after the search: plugins that came run until then.
func New(
	r *runs.Run, c *catalog.Catalog, o registry.Options, w Watch, round func() int, say func(warning bool, line string),
) *Arrivals {
	w.inbox = filepath.Join(r.Dir, inboxFolder)
	return &Arrivals{run: r, catalog: c, options: o, watch: w, round: round, say: say, refused: map[string]bool{}}
}

// Close ends all plugins that have come.
func (a *Arrivals) Close() {
	a.opened.Close()
	for _, x := range a.ready {
		_ = x.plugins.Close()
	}
}

// Take is evolve.Search.Arrivals: it lists the operations that have come since the last call, and adds them to the run
// and the catalog. With wait, and a watch that waits, it blocks until there are some or the context ends.
func (a *Arrivals) Take(ctx context.Context, wait bool) ([]evolve.Candidate, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.tidy()
	from := len(a.catalog.Names)
	for said := false; ; {
		for found := true; found && ctx.Err() == nil; { // looking takes a while too
			found, _ = a.look(ctx, true)
		}
		first, err := a.admit()
		if err != nil {
			return nil, err
		}
		// What the run was given comes before the context's error: both go into the same checkpoint.
		if came := a.catalog.Candidates(from); len(came) > 0 || !wait || !a.watch.Wait {
			for i := range came {
				came[i].First = slices.Contains(first, came[i].Name)
			}
			return came, nil
		}
		if !said {
			a.say(false,
				fmt.Sprintf("no operation is pending: waiting for more (nse ops add %s FILE; Ctrl-C stops)",
					text.Shell(a.run.Dir)))
			said = true
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-a.watch.clock.after(settle / 2):
		}
	}
}

// look checks what has come since the last look, and says once what cannot be taken. With patience it waits for files
// that may be complete soon. It reports whether it found any, and whether some were not complete.
func (a *Arrivals) look(ctx context.Context, patience bool) (found, unsettled bool) {
	fresh, unsettled := a.watch.fresh(patience)
	for _, path := range fresh {
		if ctx.Err() != nil {
			break
		}
		err := a.check(ctx, path)
		if err == nil || ctx.Err() != nil {
			continue
		}
		if said := fmt.Sprintf("%s is not taken: %s", text.Printable(path), text.OneLine(err)); !a.refused[said] {
			a.refused[said] = true
			a.say(true, said)
		}
	}
	return len(fresh) > 0, unsettled
}

// check makes an arrival of a file: what Leave has put into the inbox, a pool file or a plugin.
func (a *Arrivals) check(ctx context.Context, path string) error {
	o := a.options
	if filepath.Dir(path) == a.watch.inbox {
		p, err := readInbox(path)
		if err != nil {
			return err
		}
		o.Cached = true
		return a.prepare(ctx, arrival{Pool: p, inbox: path}, o)
	}
	p, err := Describe(ctx, path, o)
	if err != nil {
		return err
	}
	if slices.Contains(a.watch.dirs, p.Dir) {
		o.Watched = p.Dir
	}
	return a.prepare(ctx, arrival{Pool: p}, o)
}

// prepare starts the plugins of an arrival and asks for the operations that the search does not know.
func (a *Arrivals) prepare(ctx context.Context, x arrival, o registry.Options) (err error) {
	o.Lock = x.Lock
	if x.plugins, err = registry.Parse(ctx, x.Source, x.Text, x.Dir, o); err != nil {
		return err
	}
	x.Laid, err = a.catalog.Lay(ctx, a.catalog.Unknown(x.plugins.Ops))
	if err != nil || len(x.Ops) == 0 {
		if err == nil && x.inbox != "" { // the run keeps it already
			err = os.Remove(x.inbox)
		}
		return errors.Join(err, x.plugins.Close())
	}
	if x.inbox == "" { // a search that is stopped before its next replenishment finds it there
		if x.inbox, err = Leave(a.run.Dir, x.Pool); err != nil {
			return errors.Join(err, x.plugins.Close())
		}
		a.watch.seen[x.inbox] = condition(x.inbox)
	}
	a.ready = append(a.ready, x)
	a.say(false, fmt.Sprintf("%s is complete: %s the pending lists at the next replenishment", text.Printable(x.Source),
		Joining(len(x.Ops))))
	return nil
}

// admit adds what is ready to the run and to its catalog. Of two arrivals with an operation of the same name the first
// counts. The result names the operations that come in before those that wait.
func (a *Arrivals) admit() (first []string, err error) {
	for ; len(a.ready) > 0; a.ready = a.ready[1:] {
		x := a.ready[0]
		a.kept = append(a.kept, x.inbox)
		if len(a.catalog.Unknown(x.Ops)) < len(x.Ops) {
			a.say(true, fmt.Sprintf("%s is not taken: it has operations of the same names as another arrival",
				text.Printable(x.Source)))
			_ = x.plugins.Close()
			continue
		}
		if err := a.keep(x); err != nil {
			return nil, err
		}
		a.opened = append(a.opened, x.plugins)
		var names []string
		for _, op := range x.Ops {
			names = append(names, op.Name)
		}
		if x.First {
			first = append(first, names...)
		}
		a.say(false, fmt.Sprintf("%s came from %s", Few(names), text.Printable(x.Source)))
	}
	return first, nil
}

// Few names up to three operations, and counts the others.
func Few(names []string) string {
	const most = 3
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more operations", strings.Join(names[:most], ", "), len(names)-most)
}

// keep adds an arrival to the run. On error the catalog is as it was.
func (a *Arrivals) keep(x arrival) error {
	x.Number, x.Kind, x.Round = a.run.NextPool(), runs.Arrived, a.round()
	before := len(a.catalog.Names)
	a.catalog.Append(x.Laid)
	ops, err := a.catalog.Stored(x.Ops, x.Number)
	if err == nil {
		err = a.run.AddPool(x.Pool, ops)
	}
	if err != nil {
		a.catalog.Truncate(before)
	}
	return err
}

// tidy removes the files of the inbox whose operations are in a checkpoint by now.
func (a *Arrivals) tidy() {
	for _, path := range a.kept {
		_ = os.Remove(path) // a file that stays is found to be known already
	}
	a.kept = nil
}

// Begin looks for arrivals beside the search until the returned function is called: a while after the last notice of a
// change, and now and then without one.
func (a *Arrivals) Begin(ctx context.Context) (end func(), err error) {
	if err := os.MkdirAll(a.watch.inbox, 0o755); err != nil {
		return nil, err
	}
	var changes <-chan fsnotify.Event
	var lost <-chan error // such as too many at once
	notices, err := fsnotify.NewWatcher()
	if err == nil { // otherwise, such as where a user has too many, the rescan finds what comes
		changes, lost = notices.Events, notices.Errors
		for _, dir := range append([]string{a.watch.inbox}, a.watch.dirs...) {
			_ = notices.Add(dir)
		}
	}
	ctx, cancel := context.WithCancel(ctx)
	var looking conc.WaitGroup
	looking.Go(func() { a.lookOut(ctx, changes, lost) })
	return func() {
		cancel()
		looking.Wait()
		if notices != nil {
			_ = notices.Close()
		}
	}, nil
}

// lookOut looks until the context ends.
func (a *Arrivals) lookOut(ctx context.Context, changes <-chan fsnotify.Event, lost <-chan error) {
	next := a.watch.clock.after(rescan)
	for soon := false; ; {
		select {
		case <-ctx.Done():
			return
		case <-changes:
		case <-lost:
		case <-next:
			a.mu.Lock()
			_, soon = a.look(ctx, false)
			a.mu.Unlock()
			next = a.watch.clock.after(rescan)
			if soon {
				next = a.watch.clock.after(settle)
			}
			continue
		}
		if !soon {
			soon = true
			next = a.watch.clock.after(settle)
		}
	}
}

// Joining is the beginning of a sentence: "1 operation joins" or "3 operations join".
func Joining(n int) string {
	if n == 1 {
		return "1 operation joins"
	}
	return fmt.Sprintf("%d operations join", n)
}
