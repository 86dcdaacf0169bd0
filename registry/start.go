package registry

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/sourcegraph/conc/iter"

	"github.com/nse-dev/nse/internal/text"
	"github.com/nse-dev/nse/registry/inprocess"
	"github.com/nse-dev/nse/registry/poolfile"
	"github.com/nse-dev/nse/registry/process"
	"github.com/nse-dev/nse/registry/reply"
	"github.com/nse-dev/nse/registry/trust"
	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/sdk/wire"
)

// source is a plugin at work: its process, or an operation of this program.
type source interface {
	About() reply.Description
	Build(ctx context.Context, name, family string, attrs sdk.Attrs, l sdk.Layer) (*sdk.Graph, error)
	Close()
}

// started is a plugin or why there is none.
type started struct {
	source source
	err    error
}

// start runs the plugins of all entries and returns them by entry; entries with the same source share one.
func (p *Pool) start(
	ctx context.Context, f poolfile.File, entries []poolfile.Entry, dir string, o Options,
) ([]source, error) {
	var distinct []poolfile.Entry
	index := make([]int, len(entries))
	for i, e := range entries {
		index[i] = slices.IndexFunc(distinct, e.Same)
		if index[i] < 0 {
			index[i] = len(distinct)
			distinct = append(distinct, e)
		}
	}
	mapper := iter.Mapper[poolfile.Entry, started]{MaxGoroutines: len(distinct)}
	results := mapper.Map(distinct, func(e *poolfile.Entry) started {
		s, err := open(ctx, f, *e, dir, o)
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

// open makes the plugin of an entry ready: in this process where the options say so, else in its own.
func open(ctx context.Context, f poolfile.File, e poolfile.Entry, dir string, o Options) (source, error) {
	if op, here := inProcess(e, o); here {
		p, err := inprocess.New(e.Name(), op, o.Log)
		if err != nil {
			return nil, f.Errorf(e.Source, "%w", err)
		}
		return p, nil
	}
	if e.Builtin != "" && len(o.Self) == 0 {
		return nil, f.Errorf(e.Source, "plugin %q is not built into this program", e.Name())
	}
	h, err := launch(ctx, f, e, dir, o)
	if err != nil {
		return nil, f.Errorf(e.Source, "%w", err)
	}
	return h, nil
}

// inProcess is the operation of this program that an entry means.
func inProcess(e poolfile.Entry, o Options) (op sdk.Op, here bool) {
	if e.Builtin == "" || o.InProcess == nil {
		return sdk.Op{}, false
	}
	return o.InProcess(e.Builtin)
}

// launch starts the plugin of an entry. After a crash the same copy is started again: another file may lie at the path
// by then.
func launch(ctx context.Context, f poolfile.File, e poolfile.Entry, dir string, o Options) (*process.Host, error) {
	line, err := command(e, f.Name, dir, o)
	if err != nil {
		return nil, err
	}
	kept := o
	kept.Cached = true
	h, err := process.Launch(ctx, o.process(), e.Name(), line,
		func() ([]string, error) { return command(e, f.Name, dir, kept) })
	if err != nil {
		return nil, err
	}
	version := h.About().Version
	if e.Lock == "" || e.Pin.Version == version && e.Pin.Protocol == wire.ProtocolVersion {
		return h, nil
	}
	h.Close()
	return nil, fmt.Errorf("plugin %q is of version %s and protocol %d, %s pins version %s and protocol %d: "+
		"nse ops lock --pool %s accepts it", e.Name(), poolfile.VersionText(version), wire.ProtocolVersion,
		e.Lock, poolfile.VersionText(e.Pin.Version), e.Pin.Protocol, text.Shell(f.Name))
}

// command is what runs the plugin: Self if it is built in, else the user's own copy of the file at its path.
func command(e poolfile.Entry, pool, dir string, o Options) ([]string, error) {
	if e.Path == "" {
		return append(slices.Clone(o.Self), e.Builtin), nil
	}
	path, err := filepath.Abs(within(dir, []string{e.Path})[0])
	if err == nil && !o.Cached {
		path, err = trust.Admitted(e, pool, path, o.Watched)
		return []string{path}, err
	}
	if err == nil {
		path, err = trust.Recall(path, e.SHA256)
	}
	if err != nil {
		return nil, fmt.Errorf("plugin %q: %w", e.Name(), err)
	}
	return []string{path}, nil
}
