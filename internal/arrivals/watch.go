package arrivals

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/nse-dev/nse/internal/file"
	"github.com/nse-dev/nse/internal/runs"
	"github.com/nse-dev/nse/internal/text"
	"github.com/nse-dev/nse/registry"
)

// Watch is where operations may come from while a search runs. What was there at the start has not come: somebody else
// may have put it there.
type Watch struct {
	Wait bool // for more, when the search would end without

	inbox string            // folder in which Leave puts pool files
	pool  string            // file that the present pool was read from; empty: it is not watched
	dirs  []string          // folders for plugins
	seen  map[string]string // what files were when they were last looked at, by path
	clock clock
}

// Sources are the places that a user names.
type Sources struct {
	Dirs   []string // folders in which plugins and pool files may come up
	Follow bool     // the search waits for operations when no more are pending, instead of ending
}

// WatchFrom begins to watch for a pool that the user has just named, and for the folders that the pool names where the
// user has named them too. A pool without a folder of its own is not watched. warn gets lines for the user.
func WatchFrom(p runs.Pool, named []string, from Sources, warn func(string)) (Watch, error) {
	path, err := filepath.Abs(p.Source)
	if err != nil {
		return Watch{}, err
	}
	if filepath.Ext(path) != ".toml" { // no other file is watched
		path = ""
	} else if err := registry.Trust(path); err != nil {
		warn(fmt.Sprintf("after a resume changes of %s will not be looked at: %s", p.Source, text.OneLine(err)))
	}
	dirs, err := from.folders(named, warn, "--watch %[1]s, or nse ops lock --pool "+p.Source)
	if err != nil {
		return Watch{}, err
	}
	return newWatch(path, dirs, from.Follow)
}

// folders are those that the user watches: what is on the command line, and the folders of a pool that the user has
// named on this machine before. A pool from elsewhere could name any.
func (s Sources) folders(named []string, warn func(string), how string) ([]string, error) {
	dirs, err := trusting(s.Dirs)
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
			warn(fmt.Sprintf("%[1]s is not watched: it was never named on this machine ("+how+")", dir))
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

// WatchAgain begins to watch for a run's latest pool. A run from elsewhere could name any place: what the user has
// never named on this machine is not watched. warn gets lines for the user.
func WatchAgain(r *runs.Run, from Sources, warn func(string)) (Watch, error) {
	list, err := r.Pools()
	if err != nil {
		return Watch{}, err
	}
	p := list[0]
	for _, later := range list {
		if later.Kind != runs.Arrived {
			p = later
		}
	}
	path := filepath.Join(r.Dir, p.File())
	poolText, err := file.ReadText(path)
	if err != nil {
		return Watch{}, err
	}
	named, err := registry.Watched(path, poolText, p.Dir)
	if err != nil {
		return Watch{}, err
	}
	dirs, err := from.folders(named, warn, "nse resume "+r.Dir+" --watch %[1]s")
	if err != nil {
		return Watch{}, err
	}
	pool := filepath.Join(p.Dir, filepath.Base(p.Source))
	if !registry.Trusted(pool) {
		pool = ""
	}
	return newWatch(pool, dirs, from.Follow)
}

// newWatch begins to watch. A changed file is a pool file if its name says so, and a plugin otherwise: a pool file of
// another name must not become one, so that it is not watched.
func newWatch(pool string, dirs []string, wait bool) (Watch, error) {
	if filepath.Ext(pool) != ".toml" {
		pool = ""
	}
	w := Watch{pool: pool, dirs: dirs, seen: map[string]string{}, Wait: wait, clock: realClock}
	for _, dir := range dirs {
		if _, err := os.ReadDir(dir); err != nil {
			return w, fmt.Errorf("%w: a watched folder has to be there, if empty",
				file.PathError(text.Printable(dir), err))
		}
	}
	for _, path := range w.files() {
		w.seen[path] = condition(path)
	}
	return w, nil
}

// files lists what there is to look at, in a fixed order: the inbox, the pool file, then the programs and pool files of
// the folders.
func (w Watch) files() (list []string) {
	list = regular(w.inbox)
	// Files of other names are still being written.
	list = slices.DeleteFunc(list, func(path string) bool { return filepath.Ext(path) != ".json" })
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
func (w Watch) fresh(patience bool) (list []string, unsettled bool) {
	for _, path := range w.files() {
		found := condition(path)
		if found == "" || found == w.seen[path] {
			continue
		}
		if filepath.Dir(path) != w.inbox && !w.settled(path, patience) {
			unsettled = true
			continue
		}
		w.seen[path] = condition(path)
		list = append(list, path)
	}
	return list, unsettled
}

// settled reports whether a file, and the programs that it names, have not changed for a while and are not open for
// writing. With patience it waits that while.
func (w Watch) settled(path string, patience bool) bool {
	for _, part := range append([]string{path}, programs(path)...) {
		info, err := os.Stat(part)
		switch {
		case part != path && (err != nil || !info.Mode().IsRegular()): // taking the file says so
			continue
		case err != nil:
			return false
		}
		if age := w.clock.now().Sub(info.ModTime()); age < settle {
			if !patience {
				return false
			}
			before := state(part)
			<-w.clock.after(settle - max(age, 0))
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

// condition tells apart what a file is at two moments: a pool file with the lock beside it and the programs that it
// names. What was refused for one of them is looked at again when that has changed. It is empty if there is no file.
func condition(path string) string {
	found := state(path)
	if found == "" || filepath.Ext(path) != ".toml" {
		return found
	}
	found += state(filepath.Join(filepath.Dir(path), registry.LockFile))
	for _, program := range programs(path) {
		found += " " + state(program)
	}
	return found
}

func state(path string) string {
	info, err := os.Stat(path)
	if err != nil {
		return ""
	}
	return fmt.Sprint(info.Size(), info.ModTime().UnixNano(), info.Mode())
}

// programs are the files that a pool file names by path. Another file names none.
func programs(path string) []string {
	if filepath.Ext(path) != ".toml" {
		return nil
	}
	poolText, err := file.ReadText(path)
	if err != nil {
		return nil
	}
	list, _ := registry.Programs(path, poolText, filepath.Dir(path)) // taking it says what is wrong
	return list
}

// errNotOurs says that a file is neither a plugin nor a pool file.
var errNotOurs = errors.New("neither a program nor a pool file: chmod +x makes it a program")
