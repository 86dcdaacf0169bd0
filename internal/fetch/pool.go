package fetch

import (
	"errors"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/nse-dev/nse/internal/file"
	"github.com/nse-dev/nse/internal/text"
	"github.com/nse-dev/nse/registry/poolfile"
	"github.com/nse-dev/nse/sdk"
)

// pool is the pool file that is to list a plugin. One without a name is none.
type pool struct {
	poolfile.File
	entries []poolfile.Entry
	changed string // what the file becomes; empty if it stays as it is
}

// openPool reads a pool file. One that is not there is empty, and so is the path of none.
func openPool(path string) (p *pool, err error) {
	p = &pool{File: poolfile.File{Name: path}}
	if path == "" {
		return p, nil
	}
	read, err := poolfile.Read(path)
	if errors.Is(err, fs.ErrNotExist) {
		return p, nil
	}
	if err != nil {
		return p, err
	}
	p.Text = string(read)
	p.entries, _, err = p.Parse()
	return p, err
}

// list writes the lines that list a plugin, with its path as the pool's folder sees it, and puts them behind the pool's
// text. A pool that lists the plugin already stays as it is. One that lists another file at that path is an error.
func (p *pool) list(got *Plugin, families []string) error {
	path, err := p.pathTo(got.Path)
	if err != nil {
		return err
	}
	ops := make([]sdk.Op, len(families))
	for i, name := range families {
		ops[i] = sdk.Op{Name: name, Doc: "nse ops describe " + text.Shell(got.Path) + " lists its attributes"}
	}
	got.Lines = string(poolfile.Listing(path, got.SHA256, ops))
	if p.Name == "" {
		return nil
	}
	got.Pool = p.Name
	for _, e := range p.entries {
		if poolfile.PinName(e.Path) != poolfile.PinName(path) || e.Path == "" {
			continue
		}
		if e.SHA256 != "" && e.SHA256 != got.SHA256 {
			return p.Errorf(e.Source, "plugin %q has another sha256 here, and what was got has %s: remove it here",
				e.Name(), got.SHA256)
		}
		return nil
	}
	before := p.Text
	if before != "" {
		before = strings.TrimRight(before, "\n") + "\n\n"
	}
	p.changed = before + got.Lines
	_, _, err = poolfile.File{Name: p.Name, Text: p.changed}.Parse()
	return err
}

// pathTo is a path as the pool's folder sees it. Without a pool that is the working directory.
func (p *pool) pathTo(path string) (string, error) {
	dir, err := filepath.Abs(filepath.Dir(p.Name))
	if err != nil {
		return "", err
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	if seen, err := filepath.Rel(dir, abs); err == nil {
		abs = seen
	}
	return filepath.ToSlash(abs), nil
}

// probe says whether write could write.
func (p *pool) probe() error {
	if p.changed == "" {
		return nil
	}
	return file.Probe(p.Name)
}

// write writes the pool if it has changed.
func (p *pool) write() error {
	if p.changed == "" {
		return nil
	}
	return file.Output(p.Name, []byte(p.changed))
}
