// Package methods names the ways to search, and configures them. NSE is that of package evolve. Every other method is a
// package of its own below this one, on the same pool, network, data and engine.
package methods

import (
	"cmp"
	"strings"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/evolve/methods/alone"
	"github.com/nse-dev/nse/evolve/methods/darts"
	"github.com/nse-dev/nse/evolve/methods/evolution"
	"github.com/nse-dev/nse/evolve/methods/guided"
	"github.com/nse-dev/nse/evolve/methods/halving"
	"github.com/nse-dev/nse/evolve/methods/oneshot"
	"github.com/nse-dev/nse/evolve/methods/proxyless"
	"github.com/nse-dev/nse/evolve/methods/random"
	"github.com/nse-dev/nse/evolve/methods/spos"
	"github.com/nse-dev/nse/evolve/methods/stacks"
	"github.com/nse-dev/nse/internal/setting"
)

// Settings say how to search, beside what all methods share.
type Settings struct {
	// Method is the way to search: nse, guided, oneshot, spos, proxyless, darts, random, evolution, halving,
	// hyperband or stacks.
	Method string `toml:"method"`
	// Alone is how methods that share no weights evaluate an architecture: guided, random, evolution, halving,
	// hyperband and stacks.
	Alone alone.Config `toml:"alone"`
	// Evolution is the population of regularized evolution.
	Evolution evolution.Config `toml:"evolution"`
	// Halving is the brackets of halving and hyperband.
	Halving halving.Config `toml:"halving"`
	// Guided is the rounds of the method guided.
	Guided guided.Config `toml:"guided"`
	// OneShot is the path dropout of One-Shot.
	OneShot oneshot.Config `toml:"oneshot"`
	// SPOS is the evolution of SPOS.
	SPOS spos.Config `toml:"spos"`
	// Proxyless is the learning of ProxylessNAS.
	Proxyless proxyless.Config `toml:"proxyless"`
	// DARTS is the learning of DARTS.
	DARTS darts.Config `toml:"darts"`
}

// Default is NSE, and for every other method what its paper says.
func Default() Settings {
	return Settings{Method: NSE, Alone: alone.Default(), Evolution: evolution.Default(), Halving: halving.Default(),
		Guided: guided.Default(), OneShot: oneshot.Default(), SPOS: spos.Default(), Proxyless: proxyless.Default(),
		DARTS: darts.Default()}
}

// Names of methods.
const (
	NSE    = "nse" // the default
	Guided = "guided"
)

// Continues reports whether the method takes in operations that come while it searches, and goes on with a second pool.
func (s Settings) Continues() bool { return s.Method == NSE || s.Method == Guided }

// Description says what a method is.
type Description struct {
	Name  string // as in search.method
	About string // one line, without a full stop

	made func(Settings) evolve.Method
}

// All lists the methods.
func All() []Description {
	return []Description{
		{NSE, "evolves the search space on shared weights", func(Settings) evolve.Method { return evolve.NSE{} }},
		{"oneshot", "scores random architectures with weights that were trained for all at once",
			func(s Settings) evolve.Method { return oneshot.Method{Config: s.OneShot} }},
		{"spos", "evolution of paths that are scored with weights trained on single paths",
			func(s Settings) evolve.Method { return spos.Method{Config: s.SPOS} }},
		{"proxyless", "learns by gradient which path to take, two at a time", func(s Settings) evolve.Method {
			return proxyless.Method{Config: s.Proxyless}
		}},
		{"darts", "learns by gradient how to mix all operations", func(s Settings) evolve.Method {
			return darts.Method{Config: s.DARTS}
		}},
		{"random", "trains random architectures alone", func(s Settings) evolve.Method {
			return alone.Method{Config: s.Alone, Next: random.Next, Ahead: alone.Independent}
		}},
		{"evolution", "regularized evolution of architectures that are trained alone", func(s Settings) evolve.Method {
			return alone.Method{Config: s.Alone, Next: s.Evolution.Next}
		}},
		{"halving", "trains random architectures alone, and the best of them longer", func(s Settings) evolve.Method {
			return halving.Method{Alone: s.Alone, Config: s.Halving}
		}},
		{"hyperband", "halving, with several numbers of architectures to begin with", func(s Settings) evolve.Method {
			return halving.Method{Alone: s.Alone, Config: s.Halving, Hyperband: true}
		}},
		{Guided, "trains alone what a predictor chooses, and the best of it longer", func(s Settings) evolve.Method {
			return alone.Method{Config: s.Alone, Next: s.Guided.Next, Ahead: guided.Ahead}
		}},
		{"stacks", "trains networks alone with the same operations in every layer", func(s Settings) evolve.Method {
			return alone.Method{Config: s.Alone, Next: stacks.Next, Ahead: alone.Independent}
		}},
	}
}

// Chosen is the method that the settings name. An unknown name is a *setting.Error.
func (s Settings) Chosen() (evolve.Method, error) {
	for _, d := range All() {
		if d.Name == s.Method {
			return d.made(s), nil
		}
	}
	return nil, setting.Errorf("method", s.Method, "want %s", strings.Join(Names(), ", "))
}

// Names lists the names of the methods.
func Names() (names []string) {
	for _, d := range All() {
		names = append(names, d.Name)
	}
	return names
}

// Validate refuses an unknown method, and settings with which one cannot run. Its errors are *setting.Error, with keys
// of the table [search] of the configuration file.
func (s Settings) Validate() error {
	_, err := s.Chosen()
	return cmp.Or(err, setting.In("alone", s.Alone.Validate()), setting.In("evolution", s.Evolution.Validate()),
		setting.In("halving", s.Halving.Validate()), setting.In("guided", s.Guided.Validate()),
		setting.In("oneshot", s.OneShot.Validate()),
		setting.In("spos", s.SPOS.Validate()), setting.In("proxyless", s.Proxyless.Validate()),
		setting.In("darts", s.DARTS.Validate()))
}
