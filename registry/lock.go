package registry

import (
	"context"
	"path/filepath"
	"slices"

	"github.com/nse-dev/nse/internal/file"
	"github.com/nse-dev/nse/registry/poolfile"
	"github.com/nse-dev/nse/registry/process"
	"github.com/nse-dev/nse/registry/trust"
	"github.com/nse-dev/nse/sdk/wire"
)

// Change is a plugin that Lock has pinned, and how it was pinned before. A nil Before says that it was not.
type Change struct {
	Pin
	Before *Pin `json:"before"`
}

// Lock pins the plugins that a pool file names by path, on this platform, in the lock beside the file. It remembers on
// this machine that the user has accepted them, and the folders that the pool watches. Pins of other plugins and
// platforms stay.
//
// Lock starts each plugin to ask for its version, and ends it. Before the first one, announce gets all of them and the
// folders. Their versions are empty then. A pool file whose plugins are all built in leaves the lock as it is.
//
// An error before the lock is written leaves the lock and what is accepted as they were.
func Lock(
	ctx context.Context, path string, o Options, announce func(plugins []Pin, folders []string),
) ([]Change, error) {
	o = o.withDefaults()
	text, err := poolfile.Read(path)
	if err != nil {
		return nil, err
	}
	f, dir := poolfile.File{Name: path, Text: string(text)}, filepath.Dir(path)
	entries, watch, err := f.Parse()
	if err != nil {
		return nil, err
	}
	lock, err := readPins(dir)
	if err != nil {
		return nil, err
	}
	found, plugins, err := named(f, entries, dir)
	if err != nil {
		return nil, err
	}
	folders := within(dir, watch)
	announce(plugins, folders)
	for i, e := range found {
		if plugins[i].Version, err = ask(ctx, f, e, dir, o, plugins[i].SHA256); err != nil {
			return nil, err
		}
	}
	changes := merge(&lock, plugins)
	if len(plugins) > 0 {
		if err := file.WriteShared(filepath.Join(dir, LockFile), poolfile.EncodeLock(lock)); err != nil {
			return nil, err
		}
	}
	for _, p := range plugins {
		if err := trust.Accept(p.SHA256); err != nil {
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
	return poolfile.ParseLock(filepath.Join(dir, LockFile), text)
}

// named lists the entries that name a plugin by path, one for each, with what can be said of it before it is started.
func named(f poolfile.File, entries []poolfile.Entry, dir string) (list []poolfile.Entry, pins []Pin, err error) {
	for _, e := range entries {
		if e.Path == "" {
			continue
		}
		sum, err := trust.Examine(within(dir, []string{e.Path})[0])
		if err == nil && e.SHA256 != "" && e.SHA256 != sum {
			err = trust.Unlisted(sum)
		}
		if err != nil {
			return nil, nil, f.Errorf(e.Source, "plugin %q: %w", e.Name(), err)
		}
		if _, twice := poolfile.Find(pins, poolfile.PinName(e.Path), poolfile.Platform); !twice {
			list = append(list, e)
			pins = append(pins, Pin{Name: poolfile.PinName(e.Path), Platform: poolfile.Platform,
				Protocol: wire.ProtocolVersion, SHA256: sum})
		}
	}
	return list, pins, nil
}

// ask starts the plugin of an entry, from a copy of a checksum, and returns its version.
func ask(
	ctx context.Context, f poolfile.File, e poolfile.Entry, dir string, o Options, sha256 string,
) (version string, err error) {
	path, err := filepath.Abs(within(dir, []string{e.Path})[0])
	if err == nil {
		path, err = trust.Copy(path, sha256)
	}
	if err != nil {
		return "", f.Errorf(e.Source, "plugin %q: %w", e.Name(), err)
	}
	h, err := process.Launch(ctx, o.process(), e.Name(), []string{path}, nil)
	if err != nil {
		return "", f.Errorf(e.Source, "%w", err)
	}
	h.Close()
	return h.About().Version, nil
}

// merge puts pins into a lock and says what they were there before.
func merge(lock *[]Pin, pins []Pin) (changes []Change) {
	for _, p := range pins {
		c := Change{Pin: p}
		if before, pinned := poolfile.Find(*lock, p.Name, p.Platform); pinned {
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
