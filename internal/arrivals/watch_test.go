package arrivals

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nse-dev/nse/internal/runs"
	"github.com/nse-dev/nse/registry"
)

// watching watches an empty folder and a pool file, by a clock of the test's.
func watching(t *testing.T) (w Watch, h *hand, dir string) {
	t.Helper()
	h, dir = newHand(), t.TempDir()
	pool := filepath.Join(dir, "ops.toml")
	h.put(t, pool, listing("own"))
	watched := filepath.Join(dir, "watched")
	if err := os.Mkdir(watched, 0o755); err != nil {
		t.Fatal(err)
	}
	w, err := newWatch(pool, []string{watched}, false)
	if err != nil {
		t.Fatal(err)
	}
	w.clock = clock{h.now, h.after}
	return w, h, watched
}

// finds wants a look without patience to find exactly these files, and to see others that are not complete or none.
func finds(t *testing.T, w Watch, unsettled bool, want ...string) {
	t.Helper()
	got, open := w.fresh(false)
	if !slices.Equal(got, want) || open != unsettled {
		t.Errorf("finds %v, others that are not complete: %v; want %v, %v", got, open, want, unsettled)
	}
}

// A file is complete once it has stayed as it is for a while, and is found once.
func TestFilesSettle(t *testing.T) {
	w, h, dir := watching(t)
	finds(t, w, false)
	path := filepath.Join(dir, "plugin")
	h.put(t, path, "#!/bin/sh\n")
	finds(t, w, true)
	h.move(settle - 1)
	finds(t, w, true)
	h.put(t, path, "#!/bin/sh\nexec\n") // it changes again
	h.move(settle - 1)
	finds(t, w, true)
	h.move(1)
	finds(t, w, false, path)
	finds(t, w, false)
	h.put(t, path, "#!/bin/sh\nexec true\n")
	finds(t, w, true)
	h.move(settle)
	finds(t, w, false, path)
}

// With patience, a look waits what is left of that while. A file that changes meanwhile is not complete.
func TestPatience(t *testing.T) {
	w, h, dir := watching(t)
	path := filepath.Join(dir, "plugin")
	type found struct {
		list      []string
		unsettled bool
	}
	look := func(meanwhile func()) found {
		t.Helper()
		h.put(t, path, "#!/bin/sh\n")
		h.move(settle / 4)
		result := make(chan found)
		go func() {
			list, unsettled := w.fresh(true)
			result <- found{list, unsettled}
		}()
		h.await(t, settle-settle/4)
		meanwhile()
		h.move(settle - settle/4)
		return <-result
	}
	if got := look(func() { h.put(t, path, "#!/bin/sh\nexec\n") }); got.list != nil || !got.unsettled {
		t.Errorf("changed meanwhile: %+v", got)
	}
	if got := look(func() {}); !slices.Equal(got.list, []string{path}) || got.unsettled {
		t.Errorf("as it was: %+v", got)
	}
}

// A file with a time to come, of another machine's clock, takes no longer than any other with patience.
func TestFilesOfTheFuture(t *testing.T) {
	w, h, dir := watching(t)
	path := filepath.Join(dir, "plugin")
	h.put(t, path, "#!/bin/sh\n")
	h.move(-time.Hour)
	finds(t, w, true)
	result := make(chan []string)
	go func() {
		list, _ := w.fresh(true)
		result <- list
	}()
	h.await(t, settle)
	h.move(settle)
	if list := <-result; !slices.Equal(list, []string{path}) {
		t.Errorf("finds %v", list)
	}
}

// A pool file is looked at again when a program that it names, or the lock beside it, has come or changed.
func TestPoolFilesChangeWithWhatTheyName(t *testing.T) {
	w, h, dir := watching(t)
	path, program := filepath.Join(dir, "nine.toml"), filepath.Join(dir, "nine")
	lock := filepath.Join(dir, registry.LockFile)
	h.put(t, path, "[[plugin]]\npath = \"nine\"\n[[plugin.op]]\nname = \"own\"\n")
	h.move(settle)
	finds(t, w, false, path) // to be refused: there is no program
	h.put(t, program, "#!/bin/sh\n")
	finds(t, w, true)
	h.move(settle)
	finds(t, w, false, path) // and not the program, which the file beside it describes
	h.put(t, lock, "# a lock\n")
	finds(t, w, false, path)
	finds(t, w, false)
}

// What was there at the start has not come. The pool file that the search was started with comes when it changes.
func TestOnlyChangesCome(t *testing.T) {
	h, dir := newHand(), t.TempDir()
	pool, old := filepath.Join(dir, "ops.toml"), filepath.Join(dir, "watched/old")
	h.put(t, pool, listing("own"))
	h.put(t, old, "#!/bin/sh\n")
	w, err := newWatch(pool, []string{filepath.Dir(old)}, false)
	if err != nil {
		t.Fatal(err)
	}
	w.clock = clock{h.now, h.after}
	h.move(settle)
	finds(t, w, false)
	h.put(t, pool, listing("own", "own-too"))
	h.move(settle)
	finds(t, w, false, pool)
}

// A pool file that is not named like one could be taken for a plugin once it has changed, and executed.
func TestPoolFilesOfOtherNamesAreNotWatched(t *testing.T) {
	h, path := newHand(), filepath.Join(t.TempDir(), "pool")
	h.put(t, path, "[[plugin]]\nbuiltin = \"mbconv\"\n")
	w, err := newWatch(path, nil, false)
	if err != nil {
		t.Fatal(err)
	}
	w.clock = clock{h.now, h.after}
	h.put(t, path, "#!/bin/sh\n")
	h.move(settle)
	finds(t, w, false)
}

// Links to files are files. Folders, hidden files, locks and what is being written to the inbox are none.
func TestNamesThatAreLookedAt(t *testing.T) {
	w, h, dir := watching(t)
	w.inbox = filepath.Join(t.TempDir(), "inbox")
	elsewhere := filepath.Join(t.TempDir(), "three")
	h.put(t, elsewhere, "#!/bin/sh\n")
	for _, path := range []string{filepath.Join(dir, ".hidden"), filepath.Join(dir, registry.LockFile),
		filepath.Join(dir, "folder/plugin"), filepath.Join(w.inbox, "x.json.new")} {
		h.put(t, path, "#!/bin/sh\n")
	}
	link, left := filepath.Join(dir, "link"), filepath.Join(w.inbox, "x.json")
	err := errors.Join(os.Symlink(elsewhere, link),
		os.Symlink(filepath.Dir(elsewhere), filepath.Join(dir, "link-to-folder")),
		os.Symlink(filepath.Join(dir, "nowhere"), filepath.Join(dir, "link-to-nothing")))
	if err != nil {
		t.Fatal(err)
	}
	h.put(t, left, "{}")
	finds(t, w, true, left) // what is in the inbox was written at once
	h.move(settle)
	finds(t, w, false, link)
}

// A folder that goes away may come back.
func TestFoldersComeBack(t *testing.T) {
	w, h, dir := watching(t)
	if err := os.Remove(dir); err != nil {
		t.Fatal(err)
	}
	finds(t, w, false)
	path := filepath.Join(dir, "plugin")
	h.put(t, path, "#!/bin/sh\n")
	h.move(settle)
	finds(t, w, false, path)
}

// A folder to watch has to be there at the start.
func TestMissingFolders(t *testing.T) {
	_, err := newWatch("", []string{filepath.Join(t.TempDir(), "none")}, false)
	if err == nil || !strings.Contains(err.Error(), "a watched folder has to be there") {
		t.Errorf("error %v", err)
	}
}

// A folder that only a pool names is watched where the user has named it on this machine.
func TestFoldersThatWereNeverNamed(t *testing.T) {
	dir := t.TempDir()
	t.Setenv(registry.CacheVariable, filepath.Join(dir, "cache"))
	named, never := filepath.Join(dir, "named"), filepath.Join(dir, "never")
	if err := errors.Join(os.Mkdir(named, 0o755), os.Mkdir(never, 0o755), registry.Trust(named)); err != nil {
		t.Fatal(err)
	}
	var warnings []string
	warn := func(line string) { warnings = append(warnings, line) }
	pool := runs.Pool{Source: filepath.Join(dir, "ops.toml")}
	w, err := WatchFrom(pool, []string{named, never}, Sources{}, warn)
	if err != nil || !slices.Equal(w.dirs, []string{named}) || w.pool != pool.Source {
		t.Errorf("watches %v and %s, %v", w.dirs, w.pool, err)
	}
	want := never + " is not watched: it was never named on this machine (--watch " + never +
		", or nse ops lock --pool " + pool.Source + ")"
	if !slices.Equal(warnings, []string{want}) {
		t.Errorf("warnings %q", warnings)
	}
	warnings = nil
	w, err = WatchFrom(pool, []string{never}, Sources{Dirs: []string{never}}, warn)
	if err != nil || !slices.Equal(w.dirs, []string{never}) || warnings != nil || !registry.Trusted(never) {
		t.Errorf("named now: watches %v, %v, warnings %v", w.dirs, err, warnings)
	}
}

// After a resume, the pool file is watched where it was named on this machine.
func TestWatchAgain(t *testing.T) {
	b := newBed(t)
	w, err := WatchAgain(b.run, Sources{}, func(line string) { t.Error(line) })
	if err != nil || w.pool != filepath.Join(b.dir, "ops.toml") || w.dirs != nil {
		t.Errorf("watches %v and %q, %v", w.dirs, w.pool, err)
	}
	t.Setenv(registry.CacheVariable, filepath.Join(b.dir, "another"))
	if w, err = WatchAgain(b.run, Sources{}, func(line string) { t.Error(line) }); err != nil || w.pool != "" {
		t.Errorf("on another machine: watches %q, %v", w.pool, err)
	}
}
