package poolfile

import (
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"

	"github.com/nse-dev/nse/internal/tomlpos"
	"github.com/nse-dev/nse/sdk/wire"
)

// LockFile is the name of the file that pins the plugins of the pool files beside it. All pool files of a folder share
// it.
const LockFile = "nse.lock"

// Pin is what a lock says of a plugin on one platform. A name and a platform occur once in a lock.
type Pin struct {
	Name     string `json:"name"`     // the path in the pool file, cleaned and with slashes
	Platform string `json:"platform"` // such as linux/amd64
	Version  string `json:"version"`  // as the plugin tells it; empty if it tells none
	Protocol int    `json:"protocol"`
	SHA256   string `json:"sha256"` // of the binary, in hexadecimal digits
}

// VersionText is a plugin's version for people. It is "unknown" for an empty one.
func VersionText(version string) string { return cmp.Or(version, "unknown") }

// Platform is the one that this program runs on, such as linux/amd64.
const Platform = runtime.GOOS + "/" + runtime.GOARCH

// PinName is the name of a plugin in a lock: its path in the pool file, cleaned and with slashes.
func PinName(p string) string { return path.Clean(filepath.ToSlash(p)) }

// ReadLock is the text of the lock in a folder of pool files. It is nil, without an error, if there is none. A lock
// that is not a regular file is an error.
func ReadLock(dir string) ([]byte, error) {
	path := filepath.Join(dir, LockFile)
	switch info, err := os.Stat(path); {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err == nil && !info.Mode().IsRegular(): // a pipe would be read for ever
		return nil, fmt.Errorf("%s is not a file", path)
	}
	return Read(path)
}

// ParseLock reads a lock. The name is the file's, for messages. A single bit that is not as EncodeLock wrote it is an
// error. An empty text pins nothing. Errors start with file:line:column.
func ParseLock(name string, text []byte) (pins []Pin, err error) {
	pins, err = readLock(name, text)
	if first, rest, _ := strings.Cut(string(text), "\n"); err == nil && len(text) > 0 && first != sumLine(rest) {
		return nil, File{name, string(text)}.Errorf(0,
			"the lock was edited or is damaged: restore it, or remove it and pin anew with nse ops lock")
	}
	return pins, err
}

// sumLine is the first line of a lock, above the rest.
func sumLine(rest string) string { return fmt.Sprintf("sum = \"%x\"", sha256.Sum256([]byte(rest))) }

// readLock reads a lock without checking its sum. A plugin that is pinned twice for a platform is an error.
func readLock(name string, text []byte) (pins []Pin, err error) {
	f := File{name, string(text)}
	if err := f.bounded(); err != nil {
		return nil, err
	}
	var doc map[string]any
	if _, err := toml.Decode(f.Text, &doc); err != nil {
		return nil, f.syntax(err)
	}
	root := tomlpos.Locate(f.Text)
	if err := f.known(LockFile, doc, root, "sum", "plugin"); err != nil || doc["plugin"] == nil {
		return nil, err
	}
	tables, err := f.tables("plugin", doc, root)
	if err != nil {
		return nil, err
	}
	for i, table := range tables {
		s := root.Fields["plugin"].Items[i]
		p, err := f.pin(table, s)
		if err != nil {
			return nil, err
		}
		if _, twice := Find(pins, p.Name, p.Platform); twice {
			return nil, f.Errorf(s.At, "%s is pinned twice for %s", p.Name, p.Platform)
		}
		pins = append(pins, p)
	}
	return pins, nil
}

// pin reads one [[plugin]] of a lock. Only version may be missing: a plugin need not tell one.
func (f File) pin(table map[string]any, s *tomlpos.Spot) (p Pin, err error) {
	if err := f.known("[[plugin]]", table, s, "name", "platform", "version", "protocol", "sha256"); err != nil {
		return p, err
	}
	for _, key := range []struct {
		name string
		to   *string
	}{{"name", &p.Name}, {"platform", &p.Platform}, {"version", &p.Version}} {
		if *key.to, err = f.textOf(key.name, table, s); err != nil {
			return p, err
		}
	}
	protocol, whole := table["protocol"].(int64)
	sum, err := f.checksum(Entry{}, table, s)
	switch os, arch, two := strings.Cut(p.Platform, "/"); {
	case err != nil:
		return p, err
	case p.Name == "" || sum == "" || table["protocol"] == nil || p.Platform == "":
		return p, f.Errorf(s.At, "[[plugin]] needs name, platform, protocol and sha256")
	case p.Name != PinName(p.Name):
		return p, f.Errorf(s.Fields["name"].At, "name is not a path in its shortest form, such as %q", PinName(p.Name))
	case len(p.Name) > 512:
		return p, f.Errorf(s.Fields["name"].At, "name is longer than 512 bytes")
	case wire.CheckVersion(p.Version) != nil:
		return p, f.Errorf(s.Fields["version"].At, "version: %w", wire.CheckVersion(p.Version))
	case !two || os == "" || arch == "" || strings.Contains(arch, "/"):
		return p, f.Errorf(s.Fields["platform"].At, "platform is not a system and an architecture, such as %q",
			Platform)
	case !whole || protocol < 1 || protocol > 1<<16:
		return p, f.Errorf(s.Fields["protocol"].At, "protocol is not the version of a protocol, such as 1")
	}
	p.Protocol, p.SHA256 = int(protocol), sum
	return p, nil
}

// Find is the pin of a plugin on a platform. It returns false if there is none.
func Find(pins []Pin, name, platform string) (Pin, bool) {
	i := slices.IndexFunc(pins, func(p Pin) bool { return p.Name == name && p.Platform == platform })
	if i < 0 {
		return Pin{}, false
	}
	return pins[i], true
}

// EncodeLock is the text of a lock, sorted by name and platform, under a line with its checksum. Equal sets of pins
// give equal texts, whatever their order. The pins stay as they are.
func EncodeLock(pins []Pin) []byte {
	pins = slices.Clone(pins)
	slices.SortFunc(pins, func(a, b Pin) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Platform, b.Platform))
	})
	var b strings.Builder
	b.WriteString("# The plugins of the pool files in this folder, as they were accepted. Written by nse ops lock; " +
		"keep it with the pool files.\n")
	for _, p := range pins {
		fmt.Fprintf(&b, "\n[[plugin]]\nname = %s\nplatform = %s\n", quoted(p.Name), quoted(p.Platform))
		if p.Version != "" {
			fmt.Fprintf(&b, "version = %s\n", quoted(p.Version))
		}
		fmt.Fprintf(&b, "protocol = %d\nsha256 = %q\n", p.Protocol, p.SHA256)
	}
	return []byte(sumLine(b.String()) + "\n" + b.String())
}

// Pinned gives the entries of a pool file, in place, the pins that its lock has for this platform. The lock's name is
// for messages. An entry that is not pinned stays as it is. A sha256 in the pool file that differs from the lock's is
// an error.
func (f File) Pinned(entries []Entry, lock string, pins []Pin) error {
	for i := range entries {
		e := &entries[i]
		if e.Path == "" {
			continue
		}
		p, pinned := Find(pins, PinName(e.Path), Platform)
		if !pinned {
			continue
		}
		e.Lock, e.Pin = lock, p
		if e.SHA256 == "" {
			e.SHA256 = p.SHA256
		} else if e.SHA256 != p.SHA256 {
			return f.Errorf(e.Source,
				"plugin %q has another sha256 here than in %s: remove it here, the lock is enough", e.Name(), lock)
		}
	}
	return nil
}
