// Package registry turns an ops.toml into a pool of operations, which it keeps in plugin processes.
package registry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/sourcegraph/conc"
	"github.com/sourcegraph/conc/iter"

	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/sdk/wire"
)

// Options say how plugins are run. The zero value runs plugins that are files; those that are built in need InProcess
// or Self.
type Options struct {
	// InProcess returns the operation of this program that a pool file means by builtin = "NAME". It runs in this
	// process: its Build and its kernels are called directly, without a deadline. A panic of theirs is an error as that
	// of a plugin's is. Of a name for which InProcess returns false, Self makes a process; so does a nil InProcess.
	InProcess func(name string) (sdk.Op, bool)
	// Self is the command line that serves a built-in plugin in a process of its own when the plugin's name is appended
	// to it. Without it, a built-in plugin that InProcess does not have is an error.
	Self []string
	// StartTimeout bounds the start of a plugin up to its handshake; the default is 20 s.
	StartTimeout time.Duration
	// CallTimeout bounds every call to a plugin; the default is 10 s.
	CallTimeout time.Duration
	// NoArena sends the tensors of Exec primitives in messages, as on systems without shared memory of this kind.
	NoArena bool
	// Recall starts those plugins only for whose checksum it is true (empty: one that is built in), and executes the
	// copies in the cache: what comes from elsewhere cannot name a file to execute. nil starts all, if they are pinned and accepted.
	Recall func(sha256 string) bool
	// Lock is the text of the nse.lock that pins the pool's plugins; Load reads it beside the pool file.
	Lock []byte
	// Watched is a folder that the user watches: plugins in it need not have been accepted before.
	Watched string
	// Log gets the plugins' output and go-plugin's messages, all at debug level; the default drops them.
	Log *slog.Logger
}

func (o Options) withDefaults() Options {
	if o.StartTimeout <= 0 {
		o.StartTimeout = 20 * time.Second
	}
	if o.CallTimeout <= 0 {
		o.CallTimeout = 10 * time.Second
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

// Pool is the operations of an ops.toml, and the plugins that build them.
type Pool struct {
	Ops   []Op     // the id of an operation is its index
	Watch []string // folders in which plugins may come up
	Text  []byte   // of the file
	Lock  []byte   // text of the lock that it was loaded with

	sources []source
}

// Op is one operation of a pool.
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

// source is a plugin at work: its process, or an operation of this program.
type source interface {
	about() description
	build(ctx context.Context, op Op, l sdk.Layer) (*sdk.Graph, error)
	close()
}

// Plugin is where an operation comes from.
type Plugin struct {
	Name     string // the path or the builtin of the pool file
	Version  string // as it tells it; empty: it tells none
	Protocol int    // version of the protocol that it speaks
	SHA256   string // of its binary, in hexadecimal digits; empty for one that is built in
}

// Load reads an ops.toml and the lock beside it, starts its plugins concurrently and lists their operations in the order
// of the file. An operation that is possible at no layer is an error; one that is impossible at some layer shows in
// Graph. Errors about the file start with file:line:column. The caller closes the pool.
func Load(ctx context.Context, path string, o Options) (*Pool, error) {
	text, err := readText(path)
	if err == nil {
		o.Lock, err = ReadLock(filepath.Dir(path))
	}
	if err != nil {
		return nil, err // it names the file
	}
	return Parse(ctx, path, text, filepath.Dir(path), o)
}

// readText reads a file, of one that is too long enough for parse to refuse it.
func readText(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxText+1))
}

// Parse is Load for a text in memory: name is the file's for messages, and dir is where paths of plugins start.
func Parse(ctx context.Context, name string, text []byte, dir string, o Options) (*Pool, error) {
	o = o.withDefaults()
	entries, watch, err := parse(name, text)
	if err != nil {
		return nil, err
	}
	f := poolFile{name, string(text)}
	lock := filepath.Join(filepath.Dir(name), LockFile)
	pins, err := parseLock(lock, o.Lock)
	if err == nil {
		err = f.pinned(entries, lock, pins)
	}
	if err != nil {
		return nil, err
	}
	if o.Recall != nil {
		entries = slices.DeleteFunc(entries, func(e entry) bool { return !o.Recall(e.sha256) })
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

// Watched lists the folders that a pool file names for plugins to come.
func Watched(name string, text []byte, dir string) ([]string, error) {
	_, watch, err := parse(name, text)
	return within(dir, watch), err
}

// Programs lists the files that a pool file names as plugins.
func Programs(name string, text []byte, dir string) ([]string, error) {
	entries, _, err := parse(name, text)
	var paths []string
	for _, e := range entries {
		if e.path != "" {
			paths = append(paths, e.path)
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

// started is a plugin or why there is none.
type started struct {
	source source
	err    error
}

// start runs the plugins of all entries and returns them by entry; entries with the same source share one.
func (p *Pool) start(ctx context.Context, f poolFile, entries []entry, dir string, o Options) ([]source, error) {
	var distinct []entry
	index := make([]int, len(entries))
	for i, e := range entries {
		index[i] = slices.IndexFunc(distinct, e.same)
		if index[i] < 0 {
			index[i] = len(distinct)
			distinct = append(distinct, e)
		}
	}
	mapper := iter.Mapper[entry, started]{MaxGoroutines: len(distinct)}
	results := mapper.Map(distinct, func(e *entry) started {
		s, err := e.open(ctx, f, dir, o)
		return started{s, err}
	})
	var first error
	for _, r := range results {
		if r.source != nil {
			p.sources = append(p.sources, r.source)
		}
		if first == nil {
			first = r.err
		}
	}
	sources := make([]source, len(entries))
	for i := range entries {
		sources[i] = results[index[i]].source
	}
	return sources, first
}

func (e entry) same(other entry) bool {
	return e.builtin == other.builtin && e.path == other.path && e.sha256 == other.sha256
}

// open makes the plugin of an entry ready: in this process where the options say so, else in its own.
func (e entry) open(ctx context.Context, f poolFile, dir string, o Options) (source, error) {
	if op, here := e.inProcess(o); here {
		i, err := newInside(e.name(), op, o.Log)
		if err != nil {
			return nil, f.errorf(e.source, "%w", err)
		}
		return i, nil
	}
	if e.builtin != "" && len(o.Self) == 0 {
		return nil, f.errorf(e.source, "plugin %q is not built into this program", e.name())
	}
	h, err := e.launch(ctx, f, dir, o)
	if err != nil {
		return nil, err
	}
	return h, nil
}

// inProcess is the operation of this program that an entry means.
func (e entry) inProcess(o Options) (op sdk.Op, here bool) {
	if e.builtin == "" || o.InProcess == nil {
		return sdk.Op{}, false
	}
	return o.InProcess(e.builtin)
}

// launch starts the plugin of an entry.
func (e entry) launch(ctx context.Context, f poolFile, dir string, o Options) (*host, error) {
	command, err := e.command(f.name, dir, o)
	var h *host
	if err == nil {
		h, err = launch(ctx, o, e.name(), command)
	}
	if err == nil && e.lock != "" && (e.pin.Version != h.version || e.pin.Protocol != wire.ProtocolVersion) {
		h.close()
		err = fmt.Errorf("plugin %q is of version %s and protocol %d, %s pins version %s and protocol %d: nse ops lock --pool %s accepts it",
			e.name(), versionText(h.version), wire.ProtocolVersion, e.lock, versionText(e.pin.Version), e.pin.Protocol, f.name)
	}
	if err != nil {
		return nil, f.errorf(e.source, "%w", err)
	}
	o.Recall = func(string) bool { return true } // started again it is what it was, whatever lies at its path by then
	h.again = func(ctx context.Context) (*host, error) {
		command, err := e.command(f.name, dir, o)
		if err != nil {
			return nil, err
		}
		return launch(ctx, o, e.name(), command)
	}
	return h, nil
}

// command is what runs the plugin: this program if it is built in, else the user's own copy of the file at its path.
func (e entry) command(pool, dir string, o Options) ([]string, error) {
	if e.path == "" {
		return append(slices.Clone(o.Self), e.builtin), nil
	}
	path, err := filepath.Abs(within(dir, []string{e.path})[0])
	if err == nil && o.Recall == nil {
		path, err = e.admitted(pool, path, o)
	} else if err == nil {
		path, err = recall(path, e.sha256)
	}
	if _, said := errors.AsType[refusal](err); err != nil && !said {
		err = fmt.Errorf("plugin %q: %w", e.name(), err)
	}
	return []string{path}, err
}

// list numbers the operations of all entries.
func (p *Pool) list(f poolFile, entries []entry, sources []source) error {
	listed := map[string]int{}
	for i, e := range entries {
		about := sources[i].about()
		plugin := Plugin{e.name(), about.version, wire.ProtocolVersion, e.sha256}
		members, err := f.expand(e, about.families)
		if err != nil {
			return err
		}
		for _, m := range members {
			if first, twice := listed[m.name]; twice {
				return f.errorf(m.at, "%s is listed twice, first at %s", m.name, f.where(first))
			}
			if len(p.Ops) == maxOps {
				return f.errorf(m.at, "the pool has more than %d operations", maxOps)
			}
			listed[m.name] = m.at
			p.Ops = append(p.Ops, Op{ID: len(p.Ops), Name: m.name, Family: m.family, Doc: m.doc, Attrs: m.attrs, Where: f.where(m.at),
				Plugin: plugin, source: sources[i]})
		}
	}
	return nil
}

// check builds every operation at a normal layer or, if it cannot be one, at a reduction. Their channels have so many
// divisors that only senseless attributes fail at both.
func (p *Pool) check(ctx context.Context) error {
	normal := sdk.Layer{In: 240, Out: 240, Stride: 1, Height: 16, Width: 16}
	reduction := sdk.Layer{In: 240, Out: 480, Stride: 2, Height: 16, Width: 16}
	for _, op := range p.Ops {
		_, err := op.Graph(ctx, normal)
		if _, refused := errors.AsType[refusal](err); refused {
			if _, second := op.Graph(ctx, reduction); second == nil {
				continue
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Graph asks the plugin for the operation at a layer: one call, with a deadline if the plugin is a process. The reply is not trusted, the graph is
// rebuilt primitive by primitive. Errors start with the operation's place in ops.toml.
func (o Op) Graph(ctx context.Context, l sdk.Layer) (*sdk.Graph, error) {
	g, err := o.source.build(ctx, o, l)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", o.Where, err)
	}
	return g, nil
}

// Close ends all plugins and waits until their processes are gone.
func (p *Pool) Close() error {
	var all conc.WaitGroup
	for _, s := range p.sources {
		all.Go(s.close)
	}
	all.Wait()
	p.sources = nil
	return nil
}
