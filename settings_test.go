package nse_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/nse-dev/nse"
	"github.com/nse-dev/nse/evolve/methods"
)

// TestUnreadableSettings has Start refuse settings that nobody could read back from the run's config.toml, before it
// makes a folder.
func TestUnreadableSettings(t *testing.T) {
	shipped, err := nse.Pools.ReadFile("ops.toml")
	if err != nil {
		t.Fatal(err)
	}
	for key, change := range map[string]func(s *nse.Settings){
		"preset":                 func(s *nse.Settings) { s.Preset = "best" },
		"macro.name":             func(s *nse.Settings) { s.Macro.Name = "own" },
		"macro.activation":       func(s *nse.Settings) { s.Macro.Activation = 99 },
		"search.constraint.kind": func(s *nse.Settings) { s.Search.Constraint.Kind = "money" },
	} {
		s, err := nse.QuickSettings()
		if err != nil {
			t.Fatal(err)
		}
		s.Search.Method = methods.NSE
		s.Data.Spec, s.Search.MaxRounds, s.Search.TrainSteps = "generated:60", 1, 1
		change(&s)
		dir := filepath.Join(t.TempDir(), "run")
		r, err := nse.Start(t.Context(), dir, nse.Pool{Text: string(shipped)}, s, nse.Options{})
		if err == nil {
			r.Close()
		}
		if e, ok := errors.AsType[*nse.SettingError](err); !ok || e.Key != key {
			t.Errorf("%s: %v, want an error about the setting", key, err)
		}
		if _, err := os.Stat(dir); err == nil {
			t.Errorf("%s: Start has left a folder", key)
		}
	}
}
