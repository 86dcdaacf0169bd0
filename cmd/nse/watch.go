package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/nse-dev/nse/internal/runs"
	"github.com/nse-dev/nse/registry"
)

// watch is where operations may come from while a search runs. What was there at the start has not come: somebody else
// may have put it there.
type watch struct {
	pool string            // file that the present pool was read from
	dirs []string          // folders for plugins
	seen map[string]string // what files were when they were last looked at, by path
	wait bool              // for more, when the search would end without
}

// watchFrom begins to watch for a pool that was just opened.
func watchFrom(p runs.Pool, dirs []string, wait bool) (watch, error) {
	path, err := filepath.Abs(p.Source)
	if err != nil {
		return watch{}, err
	}
	w := watch{path, dirs, map[string]string{}, wait}
	for _, dir := range dirs {
		if _, err := os.ReadDir(dir); err != nil {
			return w, fmt.Errorf("watch: %w", err)
		}
	}
	for _, path := range w.files() {
		w.seen[path] = condition(path)
	}
	return w, nil
}

// watchAgain begins to watch for a run's latest pool.
func watchAgain(r *runs.Run, wait bool) (watch, error) {
	list, err := r.Pools()
	if err != nil || len(list) == 0 {
		return watch{wait: wait}, err
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
	dirs, err := registry.Watched(path, text, p.Dir)
	if err != nil {
		return watch{}, err
	}
	p.Source = filepath.Join(p.Dir, filepath.Base(p.Source))
	return watchFrom(p, dirs, wait)
}

// files lists what there is to look at, in a fixed order: the pool file, then the programs and pool files of the folders.
func (w watch) files() (list []string) {
	list = append(list, w.pool)
	for _, dir := range w.dirs {
		entries, err := os.ReadDir(dir)
		if err != nil {
			continue // it may come back
		}
		for _, e := range entries {
			if path := filepath.Join(dir, e.Name()); !strings.HasPrefix(e.Name(), ".") && e.Type().IsRegular() {
				list = append(list, path)
			}
		}
	}
	// A plugin whose pool file lies beside it is what that file says.
	return slices.DeleteFunc(list, func(path string) bool { return slices.Contains(list, path+".toml") })
}

// fresh lists the files that have come or changed since they were last looked at, and are complete.
func (w watch) fresh() (list []string) {
	for _, path := range w.files() {
		found := condition(path)
		if found == "" || found == w.seen[path] || !settled(path) {
			continue
		}
		w.seen[path] = condition(path)
		list = append(list, path)
	}
	return list
}

// condition tells apart what a file is at two moments; it is empty if there is no file.
func condition(path string) string {
	info, err := os.Stat(path)
	if err != nil {
		return ""
	}
	return fmt.Sprint(info.Size(), info.ModTime().UnixNano(), info.Mode())
}

// settle is how long a file has to stay as it is before it is taken for complete.
const settle = time.Second

// settled waits until a file has not changed for a while, or reports that it goes on changing or is open for writing.
func settled(path string) bool {
	info, err := os.Stat(path)
	if err != nil {
		return false
	}
	if age := time.Since(info.ModTime()); age < settle {
		before := condition(path)
		time.Sleep(settle - max(age, 0))
		if condition(path) != before {
			return false
		}
	}
	return !written(path)
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

// errNotOurs says that a file is neither a plugin nor a pool file.
var errNotOurs = errors.New("neither a program nor a pool file: chmod +x makes it a program")
