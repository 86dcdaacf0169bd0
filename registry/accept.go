package registry

import (
	"context"
	"path/filepath"
	"slices"

	"github.com/nse-dev/nse/internal/file"
	"github.com/nse-dev/nse/sdk/wire"
)

// Change is a plugin that Lock has pinned, and how it was pinned before.
type Change struct {
	Pin
	Before *Pin `json:"before"` // nil: it was not
}

// Lock pins the plugins that a pool file names by path, on this platform, in the lock beside the file, and remembers
// that the user has accepted them and the folders that the pool watches. It starts each plugin to ask for its version;
// before the first one, announce is told of all of them and of the folders. Pins of other plugins and platforms stay.
// On error neither the lock nor what is accepted has changed.
func Lock(ctx context.Context, path string, o Options, announce func(plugins []Pin, folders []string)) ([]Change, error) {
	o = o.withDefaults()
	text, err := readText(path)
	if err != nil {
		return nil, err
	}
	f, dir := poolFile{path, string(text)}, filepath.Dir(path)
	entries, watch, err := parse(path, text)
	if err != nil {
		return nil, err
	}
	lock, err := readPins(dir)
	if err != nil {
		return nil, err
	}
	found, plugins, err := f.plugins(entries, dir)
	if err != nil {
		return nil, err
	}
	folders := within(dir, watch)
	announce(plugins, folders)
	for i, e := range found {
		if plugins[i].Version, err = e.ask(ctx, f, dir, o, plugins[i].SHA256); err != nil {
			return nil, err
		}
	}
	changes := merge(&lock, plugins)
	if len(plugins) > 0 {
		if err := file.WriteShared(filepath.Join(dir, LockFile), encodeLock(lock)); err != nil {
			return nil, err
		}
	}
	for _, p := range plugins {
		if err := accept(p.SHA256); err != nil {
			return nil, err
		}
	}
	return changes, trustFolders(folders)
}

// readPins reads the lock in a folder.
func readPins(dir string) ([]Pin, error) {
	text, err := ReadLock(dir)
	if err != nil {
		return nil, err
	}
	return parseLock(filepath.Join(dir, LockFile), text)
}

// plugins lists the entries that name a plugin by path, one for each, with what can be said of it before it is started.
func (f poolFile) plugins(entries []entry, dir string) (list []entry, pins []Pin, err error) {
	for _, e := range entries {
		if e.path == "" {
			continue
		}
		sum, err := examine(within(dir, []string{e.path})[0])
		if err == nil && e.sha256 != "" && e.sha256 != sum {
			err = unlisted(sum)
		}
		if err != nil {
			return nil, nil, f.errorf(e.source, "plugin %q: %w", e.name(), err)
		}
		if _, twice := find(pins, pinName(e.path), platform); !twice {
			list = append(list, e)
			pins = append(pins, Pin{Name: pinName(e.path), Platform: platform, Protocol: wire.ProtocolVersion, SHA256: sum})
		}
	}
	return list, pins, nil
}

// ask starts the plugin of an entry, from a copy of a checksum, and returns its version.
func (e entry) ask(ctx context.Context, f poolFile, dir string, o Options, sha256 string) (version string, err error) {
	path, err := filepath.Abs(within(dir, []string{e.path})[0])
	if err == nil {
		path, err = admit(path, sha256)
	}
	if err != nil {
		return "", f.errorf(e.source, "plugin %q: %w", e.name(), err)
	}
	h, err := launch(ctx, o, e.name(), []string{path})
	if err != nil {
		return "", f.errorf(e.source, "%w", err)
	}
	h.close()
	return h.version, nil
}

// merge puts pins into a lock and says what they were there before.
func merge(lock *[]Pin, pins []Pin) (changes []Change) {
	for _, p := range pins {
		c := Change{Pin: p}
		if before, pinned := find(*lock, p.Name, p.Platform); pinned {
			c.Before = &before
			*lock = slices.DeleteFunc(*lock, func(old Pin) bool { return old == before })
		}
		*lock = append(*lock, p)
		changes = append(changes, c)
	}
	return changes
}

func trustFolders(dirs []string) error {
	for _, dir := range dirs {
		dir, err := filepath.Abs(dir)
		if err == nil {
			err = Trust(dir)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
