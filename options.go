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

// Settings are all settings of a search and of retraining. docs/configuration.md describes each. Functions of
// this package do not change settings that they are given.
type Settings = config.Config

// AutoTau as Settings.Search.Constraint.Tau has Start choose the budget: the median cost of the pool's uniform
// stacks.
const AutoTau = config.Auto

// QuickSettings are those of a small search on generated images, which ends in minutes by training the best. It
// needs no data set. The settings are built in: an error would be a mistake of this package.
func QuickSettings() (Settings, error) { return config.Default(config.Quick) }

// PresetSettings are the values of a preset, "quick", "default", "paper" or "official", on the smallest
// macro-architecture. Any other name is an error.
func PresetSettings(preset string) (Settings, error) { return config.Default(preset) }

// ParseSettings reads the TOML text of a configuration file. name stands for the file in errors, which start with
// name:line:column. What the text leaves out has the values of its preset, which is "default" where it names none.
func ParseSettings(name string, text []byte) (Settings, error) {
	return config.Parse(name, text, config.Override{})
}

// Pool is the operations that a search begins or goes on with: those of a pool file or of its text, Go values, or
// both.
type Pool struct {
	// File is a pool file such as ops.toml. A plugin that it names is executed only if it is pinned and was accepted on
	// this machine. AddOps takes the path of a plugin here too. Empty means that Text and Ops are the whole pool.
	File string
	// Text is the text of a pool file, such as one of Pools. It counts where File is empty. Its paths are relative to
	// the working folder.
	Text string
	// Ops are operations that run in this process. One that the file names as builtin = "NAME" has the attributes that
	// the file says. Any other is listed once, with the defaults of its attributes.
	Ops []sdk.Op
	// First has operations that AddOps brings come in before those that wait. It has no meaning elsewhere.
	First bool
}

// Options say how a search runs. The zero value runs everything in this process and observes nothing.
type Options struct {
	// Observe is told of what happens, and the search waits until it returns. Calls of one Start, Resume, Continue or
	// Retrain never overlap, but may come from several goroutines. A nil Observe is told nothing.
	Observe func(Event)
	// Ops are further operations of this program, by their names. Resume and Continue need those with kernels of their
	// own again that the search still uses. Retrain, Export and Describe of a run need all that its front uses.
	Ops []sdk.Op
	// Host says how plugins are run, above all their deadlines and their log. Its Self is the command that runs an
	// operation that ships in a process of its own. Without Self these operations run in this process.
	Host registry.Options
	// Accept are paths of plugins that a run needs and that were never used on this machine. Naming one accepts it,
	// which means that it may be executed from now on.
	Accept []string
	// Watch are folders in which plugins and pool files may appear while the search runs. Naming a folder accepts the
	// plugins in it.
	Watch []string
	// Follow has the search wait for operations when no more are pending, instead of ending.
	Follow bool
	// Engine makes the engine of a search from the operations and layers that it is about. A nil Engine is the
	// supernet, on the data of the settings.
	//
	// An engine with the methods Save(path string) error and Restore(path string) error keeps its weights in the run.
	// Without them a resumed search begins with the engine as Engine makes it, so that its Score must not depend on
	// training. An engine with the method Close() is closed when the search ends or stops.
	// With the method Subset() []evolve.Path, by layer, it tells which operations have weights.
	Engine func(evolve.Problem) (evolve.Engine, error)
	// Input is what networks are built for where Engine is not nil. The data of the settings are not opened then. It is
	// ignored where Engine is nil.
	Input supernet.Input
}

// plugins is how plugins are run. Operations of the program are ops and Options.Ops: these win where names are equal.
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

// serial are the options with an Observe that is never nil and whose calls do not overlap.
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

// open reads the pool and starts its plugins, and says what a run keeps of it. Close the first result after use.
func (p Pool) open(ctx context.Context, o Options) (*registry.Pool, runs.Pool, error) {
	dir, err := filepath.Abs(filepath.Dir(p.File))
	if err != nil {
		return nil, runs.Pool{}, err
	}
	source := p.File
	how := o.plugins(p.Ops)
	var text []byte
	if p.File == "" {
		source, text = programPool, []byte(p.Text)
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
