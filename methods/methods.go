// Package methods names the ways to search, and configures them. NSE is that of package evolve. Every other method is a
// package of its own below this one, on the same pool, network, data and engine.
package methods

import (
	"cmp"
	"strings"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/internal/setting"
	"github.com/nse-dev/nse/methods/alone"
	"github.com/nse-dev/nse/methods/random"
)

// Settings say how to search, beside what all methods share.
type Settings struct {
	// Method is the way to search: nse or random.
	Method string `toml:"method"`
	// Alone is how methods that share no weights evaluate an architecture: random.
	Alone alone.Config `toml:"alone"`
}

// Default is NSE, and for every other method what its paper says.
func Default() Settings {
	return Settings{Method: NSE, Alone: alone.Default()}
}

// NSE is the name of the method that is the default.
const NSE = "nse"

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
		{"random", "trains random architectures alone",
			func(s Settings) evolve.Method { return random.Method{Alone: s.Alone} }},
	}
}

// Named is the method of a name, with the settings of Default.
func Named(name string) (evolve.Method, error) {
	s := Default()
	s.Method = name
	return s.Chosen()
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
	return cmp.Or(err, setting.In("alone", s.Alone.Validate()))
}
