package config

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/supernet"
)

// settingsOf are the settings of a text over the small search, as the command reads it.
func settingsOf(t *testing.T, text string, o Override) Config {
	t.Helper()
	o.Base = Quick
	c, err := Parse("c.toml", []byte(text), o)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return c
}

// The preset "quick" is quick.toml over the preset "default".
func TestQuickIsItsFileOverTheDefault(t *testing.T) {
	want, err := Parse("quick.toml", quick, Override{})
	if err != nil {
		t.Fatal(err)
	}
	want.Preset = Quick
	if got := settingsOf(t, "", Override{}); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
}

// A file without a preset changes single settings of the small search, and leaves all others.
func TestFileChangesSingleSettingsOfTheSmallSearch(t *testing.T) {
	want, err := Default(Quick)
	if err != nil {
		t.Fatal(err)
	}
	if want.Search.Method != "guided" || want.Search.Constraint.Tau != 1 || want.Train.Epochs != 2 {
		t.Fatalf("the small search is %+v", want.Search)
	}
	want.Data.Size = 64
	if got := settingsOf(t, "[data]\nsize = 64\n", Override{}); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
	want.Search.Constraint.Width = 0.25
	got := settingsOf(t, "[data]\nsize = 64\n[search.constraint]\nkind = \"macs\"\nwidth = 0.25\n", Override{})
	if !reflect.DeepEqual(got, want) {
		t.Errorf("with a kind that it has already:\n got %+v\nwant %+v", got, want)
	}
}

// What begins with something else: a preset, a built-in macro-architecture, another kind of cost.
func TestNamesBeginWithWhatTheyName(t *testing.T) {
	for text, preset := range map[string]string{"": "paper", "preset = \"paper\"\n": "",
		"preset = \"official\"\n": "paper"} {
		want, err := Default("paper")
		if err != nil {
			t.Fatal(err)
		}
		want.Data.Size = 64
		got := settingsOf(t, text+"[data]\nsize = 64\n", Override{Preset: preset})
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%q, --preset %q:\n got %+v\nwant %+v", text, preset, got, want)
		}
	}
	small, err := supernet.Built("small")
	if err != nil {
		t.Fatal(err)
	}
	if got := settingsOf(t, "[macro]\nname = \"small\"\n", Override{}).Macro; !reflect.DeepEqual(got, small) {
		t.Errorf("macro.name has %+v, want %+v", got, small)
	}
	c := settingsOf(t, "[search.constraint]\nkind = \"latency\"\ntable = \"t.json\"\ntau = 3\n", Override{})
	want := evolve.ConstraintConfig{Kind: evolve.Latency, Table: "t.json", Tau: 3, Width: 0.1, Alpha: -1, Beta: 2}
	if c.Search.Constraint != want || c.Retrain.WeightDecay != 5e-4 {
		t.Errorf("latency has %+v and the weight decay %v", c.Search.Constraint, c.Retrain.WeightDecay)
	}
}

// Every example comes to what it came to when files went over the preset "default".
func TestExamplesMeanWhatTheyMeant(t *testing.T) {
	files, err := filepath.Glob("../../examples/*.toml")
	if err != nil || len(files) == 0 {
		t.Fatal("no examples", err)
	}
	for _, path := range files {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		before := strings.Replace(string(text), "preset = \"default\"\n", "", 1)
		if before == string(text) {
			t.Errorf("%s names no preset", path)
		}
		want, err := Parse(path, []byte(before), Override{})
		if err != nil {
			t.Fatal(err)
		}
		if got := settingsOf(t, string(text), Override{}); !reflect.DeepEqual(got, want) {
			t.Errorf("%s:\n got %+v\nwant %+v", path, got, want)
		}
	}
}

func TestSetGoesOverTheFile(t *testing.T) {
	seed, size := uint64(9), 12
	c := settingsOf(t, "seed = 3\n[search]\nk = 3\n[macro]\nhead = 32\n", Override{Seed: &seed, Size: &size,
		Set: []string{"search.k=4", "search.k = 6", "seed=5", "macro.channels=[4, 8, 16]", "data.spec=folder:my photos",
			`search.method="random"`, "search.constraint.width=1", "data.size=99", "augment.flip=true",
			"budget.time=90m"}})
	if c.Search.K != 6 || c.Seed != 9 || c.Data.Size != 12 || c.Data.Spec != "folder:my photos" || c.Macro.Head != 32 ||
		!reflect.DeepEqual(c.Macro.Channels, []int{4, 8, 16}) || c.Search.Method != "random" ||
		c.Search.Constraint.Width != 1 || !c.Augment.Flip || c.Budget.Time.Minutes() != 90 {
		t.Errorf("got %+v", c)
	}
	if c := settingsOf(t, "", Override{Set: []string{"preset=paper"}}); c.Preset != "paper" || c.Train.Epochs != 100 {
		t.Errorf("a preset that is set has %+v", c)
	}
	c = settingsOf(t, "", Override{Set: []string{"macro.name=flops"}})
	if flops, err := supernet.Built("flops"); err != nil || !reflect.DeepEqual(c.Macro, flops) {
		t.Errorf("a macro-architecture that is set has %+v, %v", c.Macro, err)
	}
}

func TestErrorsNameTheFlag(t *testing.T) {
	for set, want := range map[string]string{
		"search.k":          `--set search.k: want a setting and its value, such as search.k=4`,
		"search.k=4\nk=5":   `--set "search.k=4\nk=5": want a setting and its value, such as search.k=4`,
		"search.kk=4":       `--set search.kk=4: [search] has no setting "kk": did you mean "k"?`,
		"serch.k=4":         `--set serch.k=4: there is no setting "serch": did you mean "search"?`,
		`search.k="4"`:      `--set search.k="4": "search.k" is a whole number, not text`,
		"search.k=many":     `--set search.k=many: expected value but found "many" instead`,
		"search.k=1":        `--set search.k=1: search.k = 1: want 2 to 64`,
		`search.method="no`: `--set search.method="no: unexpected EOF; expected '"'`,
		"preset=best":       `--set preset=best: preset "best": want quick, default, paper or official`,
		"macro.name=best": `--set macro.name=best: no macro-architecture "best": the built-in ones are small, flops, ` +
			`latency`,
		"budget.time=soon": `--set budget.time=soon: invalid duration: "soon": want one such as 90m or 2h30m`,
	} {
		_, err := Parse("c.toml", []byte("[search]\nk = 5\n"), Override{Base: Quick, Set: []string{set}})
		if err == nil || err.Error() != want {
			t.Errorf("%s:\n got %v\nwant %s", set, err, want)
		}
	}
	size, seed := 5000, uint64(1<<63)
	for want, o := range map[string]Override{
		`--size 5000: want 0 (as they are) to 1024`:                  {Size: &size},
		`--seed 9223372036854775808: want 0 to 9223372036854775807`:  {Seed: &seed},
		`--max-rounds -1: want 1 or more, or 0 for no limit`:         {MaxRounds: new(-1)},
		`--preset "best": want quick, default, paper or official`:    {Preset: "best"},
		`--set train=4: "train" is a table, not a whole number`:      {Set: []string{"seed=4", "train=4"}},
		`--method "best": want nse, oneshot, spos, proxyless, darts`: {Method: "best"},
	} {
		if err := o.Validate(); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%+v: %v, want %s", o, err, want)
		}
	}
	if err := (Override{Set: []string{"search.k=4"}}).Validate(); err != nil {
		t.Error(err)
	}
}

func TestBasis(t *testing.T) {
	for _, c := range []struct {
		text string
		Override
		want string
	}{
		{"seed = 2", Override{Base: Quick}, "settings: mine.toml over preset quick"},
		{"seed = 2", Override{}, "settings: mine.toml over preset default"},
		{"preset = \"paper\"", Override{Base: Quick}, ""},
		{"seed = 2", Override{Base: Quick, Preset: "paper"}, ""},
		{"", Override{Base: Quick}, ""},
	} {
		if got := (Source{"mine.toml", []byte(c.text), c.Override}).Basis(); got != c.want {
			t.Errorf("%q and %+v: %q, want %q", c.text, c.Override, got, c.want)
		}
	}
}
