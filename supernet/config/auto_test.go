package config

import (
	"reflect"
	"strings"
	"testing"

	"github.com/nse-dev/nse/evolve"
)

// "auto" is read from a file and a flag, is written again, and becomes a number of three digits.
func TestAutoChoosesTheBudget(t *testing.T) {
	p := evolve.Problem{Normal: []bool{true, true}, Fixed: 1,
		Pool: []evolve.Candidate{{Cost: []float64{9, 20}}, {Cost: []float64{1, 2}}, {Cost: []float64{2.5, 3.3119}}}}
	for text, set := range map[string][]string{
		"[search.constraint]\ntau = \"auto\"\nwidth = 0.25\n": nil,
		"search.constraint = {tau = 'auto', width = 0.25}\n":  nil,
		"": {"search.constraint.tau=auto", "search.constraint.width=0.25"},
	} {
		c := settingsOf(t, text, Override{Set: set})
		if c.Search.Constraint.Tau != Auto || c.Search.Constraint.Width != 0.25 || c.Settled() == nil {
			t.Fatalf("%q: %+v", text, c.Search.Constraint)
		}
		written, err := c.Encode()
		if err != nil || !strings.Contains(string(written), "\ntau = \"auto\"\n") {
			t.Errorf("%v\n%s", err, written)
		}
		if back := settingsOf(t, string(written), Override{}); !reflect.DeepEqual(back, c) {
			t.Errorf("read back as %+v", back)
		}
		settled := c.Settle(p)
		if got := settled.Search.Constraint.Tau; got != 6.81 || settled.Settled() != nil { // 1 + 2.5 + 3.3119
			t.Errorf("%q: chose %v, want 6.81", text, got)
		}
		if again := settled.Settle(p); !reflect.DeepEqual(again, settled) {
			t.Error("a number was chosen anew")
		}
	}
}

func TestAutoIsOnlyForTheBudget(t *testing.T) {
	for text, want := range map[string]string{
		"[search.constraint]\ntau = \"automatic\"": `c.toml:2:1: "search.constraint.tau" is a number or "auto", not ` +
			`"automatic"`,
		"[search.constraint]\nwidth = \"auto\"": `c.toml:2:1: "search.constraint.width" is a number, not text`,
		"tau = \"auto\"": `c.toml:1:1: there is no setting "tau": it has preset, seed, workers, ` +
			`checkpoint_seconds, data, macro, search, budget, train, score, augment, retrain, final`,
		"[search.constraint]\ntau = \"auto\"\nwidth = 3": `c.toml:3:1: search.constraint.width = 3: want more than 0 ` +
			`and at most 1`,
	} {
		if _, err := Parse("c.toml", []byte(text), Override{}); err == nil || err.Error() != want {
			t.Errorf("%q:\n got %v\nwant %s", text, err, want)
		}
	}
}
