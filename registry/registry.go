// Package registry turns an ops.toml into a pool of operations, whose plugins it runs.
//
// A pool file names plugins and lists operations of each. [Load] checks the file, starts the plugins, and builds every
// operation once. Nothing that a plugin answers is trusted. Nothing from elsewhere is executed that the user has not
// accepted on this machine: see [Lock], [Admit] and [Trust].
package registry

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/sourcegraph/conc"

	"github.com/nse-dev/nse/registry/poolfile"
	"github.com/nse-dev/nse/registry/reply"
	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/sdk/layers"
	"github.com/nse-dev/nse/sdk/wire"
)

// Pool is the operations of an ops.toml, and the plugins that build them. Graph may be called concurrently. After Close
// neither Graph nor a kernel of its graphs may be called.
type Pool struct {
	Ops   []Op     // the id of an operation is its index
	Watch []string // folders in which plugins may come up
	Text  []byte   // of the file
	Lock  []byte   // text of the lock that it was loaded with

	sources []source
}

// Op is one operation of a pool. It is valid until the pool is closed.
type Op struct {
	ID     int
	Name   string    // sdk.Op.Member: unique in the pool
	Family string    // sdk.Op.Name
	Doc    string    // the family's sentence
	Attrs  sdk.Attrs // complete
	Where  string    // file:line:column of its [[plugin.op]]
	Plugin Plugin

	source source
}

// Plugin is where an operation comes from.
type Plugin struct {
	Name     string // the path or the builtin of the pool file
	Version  string // as it tells it; empty if it tells none
	Protocol int    // version of the protocol that it speaks
	SHA256   string // of its binary, in hexadecimal digits; empty for one that is built in
}

// Load reads an ops.toml and the lock beside it, starts its plugins concurrently and lists their operations in the
// order of the file. An operation that is possible at no layer is an error. One that is impossible at some layers is
// none: Graph says so there. Errors about the file start with file:line:column. With an error no plugin is left
// running. The caller closes the pool.
func Load(ctx context.Context, path string, o Options) (*Pool, error) {
	text, err := poolfile.Read(path)
	if err == nil {
		o.Lock, err = ReadLock(filepath.Dir(path))
	}
	if err != nil {
		return nil, err // it names the file
	}
	return Parse(ctx, path, text, filepath.Dir(path), o)
}

// Parse is Load for a text in memory. The name is the file's, for messages. Paths of plugins start at the folder dir.
// The lock is Options.Lock: a nil one pins nothing. The pool keeps the text.
func Parse(ctx context.Context, name string, text []byte, dir string, o Options) (*Pool, error) {
	o = o.withDefaults()
	f := poolfile.File{Name: name, Text: string(text)}
	entries, watch, err := f.Parse()
	if err != nil {
		return nil, err
	}
	lock := filepath.Join(filepath.Dir(name), LockFile)
	pins, err := poolfile.ParseLock(lock, o.Lock)
	if err == nil {
		err = f.Pinned(entries, lock, pins)
	}
	if err != nil {
		return nil, err
	}
	if o.Recall != nil {
		entries = slices.DeleteFunc(entries, func(e poolfile.Entry) bool {
			return !o.Recall(Plugin{Name: e.Name(), SHA256: e.SHA256})
		})
	}
	pool := &Pool{Watch: within(dir, watch), Text: text, Lock: o.Lock}
	sources, err := pool.start(ctx, f, entries, dir, o)
	if err == nil {
		err = pool.list(f, entries, sources)
	}
	if err == nil {
		err = pool.check(ctx)
	}
	if err != nil {
		_ = pool.Close()
		return nil, err
	}
	return pool, nil
}

// Watched lists the folders that a pool file names for plugins to come. Relative ones start at dir. It starts nothing.
// An error in the file starts with file:line:column.
func Watched(name string, text []byte, dir string) ([]string, error) {
	_, watch, err := poolfile.File{Name: name, Text: string(text)}.Parse()
	return within(dir, watch), err
}

// Programs lists the files that a pool file names as plugins. Relative ones start at dir, and one that is named twice
// is listed twice. It starts nothing. An error in the file starts with file:line:column.
func Programs(name string, text []byte, dir string) ([]string, error) {
	entries, _, err := poolfile.File{Name: name, Text: string(text)}.Parse()
	var paths []string
	for _, e := range entries {
		if e.Path != "" {
			paths = append(paths, e.Path)
		}
	}
	return within(dir, paths), err
}

// within makes paths start at a folder.
func within(dir string, paths []string) (list []string) {
	for _, path := range paths {
		if !filepath.IsAbs(path) {
			path = filepath.Join(dir, path)
		}
		list = append(list, path)
	}
	return list
}

// list numbers the operations of all entries.
func (p *Pool) list(f poolfile.File, entries []poolfile.Entry, sources []source) error {
	listed := map[string]int{}
	for i, e := range entries {
		about := sources[i].About()
		plugin := Plugin{e.Name(), about.Version, wire.ProtocolVersion, e.SHA256}
		members, err := f.Expand(e, about.Families)
		if err != nil {
			return err
		}
		for _, m := range members {
			if first, twice := listed[m.Name]; twice {
				return f.Errorf(m.At, "%s is listed twice, first at %s", m.Name, f.Where(first))
			}
			if len(p.Ops) == poolfile.MaxOps {
				return f.Errorf(m.At, "the pool has more than %d operations", poolfile.MaxOps)
			}
			listed[m.Name] = m.At
			p.Ops = append(p.Ops, Op{ID: len(p.Ops), Name: m.Name, Family: m.Family, Doc: m.Doc, Attrs: m.Attrs,
				Where:  f.Where(m.At),
				Plugin: plugin, source: sources[i]})
		}
	}
	return nil
}

// check builds every operation at a normal layer. One that is impossible there is built at a reduction. The channels of
// both layers have so many divisors that only senseless attributes fail at both.
func (p *Pool) check(ctx context.Context) error {
	wide := layers.Wide()
	for _, op := range p.Ops {
		_, err := op.Graph(ctx, wide[0])
		if _, refused := errors.AsType[reply.Refusal](err); refused {
			if _, second := op.Graph(ctx, wide[1]); second == nil {
				continue
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Graph asks the plugin for the operation at a layer, in one call. The call has a deadline if the plugin is a process:
// Options.CallTimeout. The reply is not trusted: the graph is rebuilt primitive by primitive. Exec primitives of the
// graph run in the plugin. Errors start with the operation's place in ops.toml.
func (o Op) Graph(ctx context.Context, l sdk.Layer) (*sdk.Graph, error) {
	g, err := o.source.Build(ctx, o.Name, o.Family, o.Attrs, l)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", o.Where, err)
	}
	return g, nil
}

// Close ends all plugins and waits until their processes are gone. It returns no error. A second call does nothing.
func (p *Pool) Close() error {
	var all conc.WaitGroup
	for _, s := range p.sources {
		all.Go(s.Close)
	}
	all.Wait()
	p.sources = nil
	return nil
}
