package nse

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/internal/arrivals"
	"github.com/nse-dev/nse/internal/file"
	"github.com/nse-dev/nse/internal/runs"
	"github.com/nse-dev/nse/plugins"
	"github.com/nse-dev/nse/registry"
	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/supernet"
	"github.com/nse-dev/nse/supernet/config"
)

// Settings are all settings of a search and of retraining. docs/configuration.md describes each.
type Settings = config.Config

// QuickSettings are those of a small search on generated images, which ends in less than a minute.
func QuickSettings() (Settings, error) {
	return config.Parse("the default configuration", config.Quick, config.Override{})
}

// PresetSettings are the defaults of a preset, "paper" or "official", on the smallest macro-architecture.
func PresetSettings(preset string) (Settings, error) { return config.Default(preset) }

// ParseSettings reads a configuration file's text. Errors start with name:line:column.
func ParseSettings(name string, text []byte) (Settings, error) {
	return config.Parse(name, text, config.Override{})
}

// Pool is the operations that a search begins or goes on with. It may name a file, hold Go values, or both.
type Pool struct {
	// File is a pool file such as ops.toml. Plugins in it are executed if they are pinned and were accepted on this
	// machine. AddOps takes a plugin here too.
	File string
	// Ops are operations that run in process. One that the file names as builtin = "NAME" has the attributes that the
	// file says; any other is listed once, with the defaults of its attributes.
	Ops []sdk.Op
}

// Options say how a search runs. The zero value runs everything in this process and observes nothing.
type Options struct {
	// Observe is told of what happens. Calls never overlap, but may come from several goroutines. nil: nobody is.
	Observe func(Event)
	// Ops are further operations of this program, by their names. Resume and Continue need those with kernels of their
	// own again that the search still uses. Retrain, Export and Describe of a run need all that its front uses.
	Ops []sdk.Op
	// Host says how plugins are run: their deadlines and their log. With its Self, operations that ship have processes of
	// their own too; without, they run in this process.
	Host registry.Options
	// Accept are plugin files that a run needs and that were never used on this machine. Naming one accepts it.
	Accept []string
	// Watch are folders in which plugins and pool files may come up while the search runs.
	Watch []string
	// Follow has the search wait for operations when no more are pending, instead of ending.
	Follow bool
	// Engine makes the engine of a search from what it is about. nil: the supernet, on the data of the settings.
	//
	// An engine that has Save(path string) error and Restore(path string) error keeps its weights in the run; one that
	// has Close() is closed. Its Score must not depend on what it was trained on if it has neither.
	Engine func(evolve.Problem) (evolve.Engine, error)
	// Input is what networks are built for with an Engine: the data of the settings are not opened then.
	Input supernet.Input
}

// plugins is how plugins are run, with operations of the program besides Options.Ops.
func (o Options) plugins(ops []sdk.Op) registry.Options {
	own := map[string]sdk.Op{}
	for _, op := range append(ops[:len(ops):len(ops)], o.Ops...) {
		own[op.Name] = op
	}
	host := o.Host
	host.InProcess = func(name string) (sdk.Op, bool) {
		if op, known := own[name]; known {
			return op, true
		}
		if len(host.Self) > 0 {
			return sdk.Op{}, false
		}
		op, err := plugins.Builtin(name)
		return op, err == nil
	}
	return host
}

// sources are the places that the user watches.
func (o Options) sources() arrivals.Sources { return arrivals.Sources{Dirs: o.Watch, Follow: o.Follow} }

// serial are the options with an Observe that is never nil, and whose calls do not overlap.
func (o Options) serial() Options {
	var mu sync.Mutex
	observe := o.Observe
	o.Observe = func(e Event) {
		if observe == nil {
			return
		}
		mu.Lock()
		defer mu.Unlock()
		observe(e)
	}
	return o
}

// notice tells the observer of something that a person should know.
func (o Options) notice(warning bool, text string) { o.Observe(Notice{warning, text}) }

// warn tells the observer of something that may be wrong.
func (o Options) warn(text string) { o.notice(true, text) }

// admit accepts the plugins that the user names, so that a run finds them.
func (o Options) admit() error {
	for _, path := range o.Accept {
		if _, err := registry.Admit(path); err != nil {
			return fmt.Errorf("--plugin %s: %w", path, err)
		}
	}
	return nil
}

// open reads the pool and starts its plugins. Close the result after use.
func (p Pool) open(ctx context.Context, o Options) (*registry.Pool, runs.Pool, error) {
	dir, err := filepath.Abs(filepath.Dir(p.File))
	if err != nil {
		return nil, runs.Pool{}, err
	}
	source := p.File
	how := o.plugins(p.Ops)
	var text []byte
	if p.File == "" {
		source = programPool
	} else if text, err = file.ReadText(p.File); err == nil {
		how.Lock, err = registry.ReadLock(filepath.Dir(p.File))
	}
	if err != nil {
		return nil, runs.Pool{}, err
	}
	opened, err := registry.Parse(ctx, source, registry.WithOps(text, p.Ops...), filepath.Dir(p.File), how)
	if err != nil {
		return nil, runs.Pool{}, err
	}
	return opened, runs.Pool{Dir: dir, Source: source, Text: opened.Text, Lock: opened.Lock}, nil
}

// programPool stands for a pool that has no file.
const programPool = "operations of the program"
