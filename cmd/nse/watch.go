package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"
	"github.com/sourcegraph/conc"
	"github.com/spf13/cobra"

	"github.com/nse-dev/nse/internal/file"
	"github.com/nse-dev/nse/internal/runs"
	"github.com/nse-dev/nse/registry"
)

// watch is where operations may come from while a search runs. What was there at the start has not come: somebody else
// may have put it there.
type watch struct {
	inbox string            // folder in which nse ops add leaves pool files
	pool  string            // file that the present pool was read from; empty: it is not watched
	dirs  []string          // folders for plugins
	seen  map[string]string // what files were when they were last looked at, by path
	wait  bool              // for more, when the search would end without
}

// watchFrom begins to watch for a pool that the user has just named, and for the folders that the pool names where the
// user has named them too.
func watchFrom(p runs.Pool, named []string, from sources, warn func(format string, args ...any)) (watch, error) {
	path, err := filepath.Abs(p.Source)
	if err != nil {
		return watch{}, err
	}
	if err := registry.Trust(path); err != nil {
		warn("warning: after a resume changes of %s will not be looked at: %s", p.Source, oneLine(err))
	}
	dirs, err := from.folders(named, warn, "--watch %[1]s, or nse ops lock --pool "+p.Source)
	if err != nil {
		return watch{}, err
	}
	return newWatch(path, dirs, from.follow)
}

// folders are those that the user watches: what is on the command line, and of the folders that a pool names those that
// the user has named on this machine before. A pool from elsewhere could name any.
func (s sources) folders(named []string, warn func(format string, args ...any), how string) ([]string, error) {
	dirs, err := trusting(s.watch)
	if err != nil {
		return nil, err
	}
	for _, dir := range named {
		if dir, err = filepath.Abs(dir); err != nil {
			return nil, err
		}
		switch {
		case slices.Contains(dirs, dir):
		case registry.Trusted(dir):
			dirs = append(dirs, dir)
		default:
			warn("warning: %[1]s is not watched: it was never named on this machine ("+how+")", dir)
		}
	}
	return dirs, nil
}

// trusting makes folders that the user has named absolute, and remembers them.
func trusting(dirs []string) (list []string, err error) {
	for _, dir := range dirs {
		if dir, err = filepath.Abs(dir); err == nil {
			err = registry.Trust(dir)
		}
		if err != nil {
			return nil, err
		}
		list = append(list, dir)
	}
	return list, nil
}

// watchAgain begins to watch for a run's latest pool. A run from elsewhere could name any place: what the user has never
// named on this machine is not watched.
func watchAgain(r *runs.Run, from sources, warn func(format string, args ...any)) (watch, error) {
	list, err := r.Pools()
	if err != nil {
		return watch{}, err
	}
	p := list[0]
	for _, later := range list {
		if later.Kind != runs.Arrived {
			p = later
		}
	}
	path := filepath.Join(r.Dir, p.File())
	text, err := readText(path)
	if err != nil {
		return watch{}, err
	}
	named, err := registry.Watched(path, text, p.Dir)
	if err != nil {
		return watch{}, err
	}
	dirs, err := from.folders(named, warn, "nse resume "+r.Dir+" --watch %[1]s")
	if err != nil {
		return watch{}, err
	}
	pool := filepath.Join(p.Dir, filepath.Base(p.Source))
	if !registry.Trusted(pool) {
		pool = ""
	}
	return newWatch(pool, dirs, from.follow)
}

// warning prints lines on standard error.
func warning(c *cobra.Command) func(format string, args ...any) {
	return func(format string, args ...any) { fmt.Fprintf(c.ErrOrStderr(), format+"\n", args...) }
}

// newWatch begins to watch. A changed file is a pool file if its name says so, and a plugin otherwise, which a pool file of
// another name must not become.
func newWatch(pool string, dirs []string, wait bool) (watch, error) {
	if filepath.Ext(pool) != ".toml" {
		pool = ""
	}
	w := watch{pool: pool, dirs: dirs, seen: map[string]string{}, wait: wait}
	for _, dir := range dirs {
		if _, err := os.ReadDir(dir); err != nil {
			return w, fmt.Errorf("%w: a watched folder has to be there, if empty", file.PathError(printable(dir), err))
		}
	}
	for _, path := range w.files() {
		w.seen[path] = condition(path)
	}
	return w, nil
}

// files lists what there is to look at, in a fixed order: the inbox, the pool file, then the programs and pool files of
// the folders.
func (w watch) files() (list []string) {
	list = regular(w.inbox)
	list = slices.DeleteFunc(list, func(path string) bool { return filepath.Ext(path) != ".json" }) // still being written
	if w.pool != "" {
		list = append(list, w.pool)
	}
	for _, dir := range w.dirs {
		list = append(list, regular(dir)...)
	}
	// A plugin whose pool file lies beside it is what that file says.
	return slices.DeleteFunc(list, func(path string) bool { return slices.Contains(list, path+".toml") })
}

// regular lists the files of a folder that are not hidden, and links to files. A folder that is away may come back.
func regular(dir string) (list []string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		info, err := os.Stat(path)
		if err == nil && info.Mode().IsRegular() && !strings.HasPrefix(e.Name(), ".") && e.Name() != registry.LockFile {
			list = append(list, path)
		}
	}
	return list
}

// fresh lists the files that have come or changed since they were last looked at, and are complete. With patience it
// waits for those that may be complete soon. It reports whether some are not.
func (w watch) fresh(patience bool) (list []string, unsettled bool) {
	for _, path := range w.files() {
		found := condition(path)
		if found == "" || found == w.seen[path] {
			continue
		}
		if filepath.Dir(path) != w.inbox && !settled(path, patience) {
			unsettled = true
			continue
		}
		w.seen[path] = condition(path)
		list = append(list, path)
	}
	return list, unsettled
}

// condition tells apart what a file is at two moments, a pool file with the lock beside it and the programs that it names:
// what was refused for one of them is looked at again when that has changed. It is empty if there is no file.
func condition(path string) string {
	text := state(path)
	if text == "" || filepath.Ext(path) != ".toml" {
		return text
	}
	text += state(filepath.Join(filepath.Dir(path), registry.LockFile))
	for _, program := range programs(path) {
		text += " " + state(program)
	}
	return text
}

func state(path string) string {
	info, err := os.Stat(path)
	if err != nil {
		return ""
	}
	return fmt.Sprint(info.Size(), info.ModTime().UnixNano(), info.Mode())
}

// programs are the files that a pool file names by path; of another file there are none.
func programs(path string) []string {
	if filepath.Ext(path) != ".toml" {
		return nil
	}
	text, err := readText(path)
	if err != nil {
		return nil
	}
	list, _ := registry.Programs(path, text, filepath.Dir(path)) // taking it says what is wrong
	return list
}

// settle is how long a file has to stay as it is before it is taken for complete.
const settle = time.Second

// settled reports whether a file, and the programs that it names, have not changed for a while and are not open for writing.
func settled(path string, patience bool) bool {
	for _, part := range append([]string{path}, programs(path)...) {
		info, err := os.Stat(part)
		switch {
		case part != path && (err != nil || !info.Mode().IsRegular()): // taking the file says so
			continue
		case err != nil:
			return false
		}
		if age := time.Since(info.ModTime()); age < settle {
			if !patience {
				return false
			}
			before := state(part)
			time.Sleep(settle - max(age, 0))
			if state(part) != before {
				return false
			}
		}
		if written(part) {
			return false
		}
	}
	return true
}

// rescan is the time between two looks without a notice: not every file system gives them.
const rescan = 5 * time.Second

// begin looks for arrivals beside the search until the returned function is called: a while after the last notice of a
// change, and now and then without one.
func (a *arrivals) begin(ctx context.Context) (end func(), err error) {
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
	looking.Go(func() {
		again := time.NewTimer(rescan)
		defer again.Stop()
		for soon := false; ; {
			select {
			case <-ctx.Done():
				return
			case <-changes:
			case <-lost:
			case <-again.C:
				a.mu.Lock()
				_, soon = a.look(ctx, false)
				a.mu.Unlock()
				again.Reset(rescan)
				if soon {
					again.Reset(settle)
				}
				continue
			}
			if !soon {
				soon = true
				again.Reset(settle)
			}
		}
	})
	return func() {
		cancel()
		looking.Wait()
		if notices != nil {
			_ = notices.Close()
		}
	}, nil
}

// described is the pool file for a file that has come: the file itself, or the description of a plugin.
func described(path string, describe func(path string) ([]byte, error)) (text []byte, err error) {
	if filepath.Ext(path) == ".toml" {
		return readText(path)
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Mode().Perm()&0o111 == 0 {
		return nil, errNotOurs
	}
	return describe(path)
}

// lockOf is the text of the lock beside a pool file. What a plugin describes needs none.
func lockOf(path string) ([]byte, error) {
	if filepath.Ext(path) != ".toml" {
		return nil, nil
	}
	return registry.ReadLock(filepath.Dir(path))
}

// errNotOurs says that a file is neither a plugin nor a pool file.
var errNotOurs = errors.New("neither a program nor a pool file: chmod +x makes it a program")
