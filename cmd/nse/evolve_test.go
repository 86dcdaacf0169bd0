package main

import (
	"testing"

	"github.com/nse-dev/nse/evolve/methods"
	"github.com/nse-dev/nse/supernet/config"
)

// TestMethodWithoutConfiguration: the small search is guided, and a preset of a paper is searched by its method.
func TestMethodWithoutConfiguration(t *testing.T) {
	for want, o := range map[string]config.Override{
		methods.Guided: {},
		methods.NSE:    {Preset: "paper"},
		"random":       {Preset: "paper", Method: "random"},
	} {
		s := start{given: given{override: o}}
		from, err := s.source()
		if err != nil {
			t.Fatal(err)
		}
		settings, err := from.Settings()
		if err != nil || settings.Search.Method != want {
			t.Errorf("%+v: method %q, %v, want %q", o, settings.Search.Method, err, want)
		}
	}
}
