package config

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/supernet/retrain"
)

func TestErrorsSayWhereAndWhat(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"[search\n", `c.toml:2:8: expected '.' or ']' to end table name, but got '\n' instead`},
		{"sed = 3", `c.toml:1:1: there is no setting "sed": did you mean "seed"?`},
		{"seed = 1\n[serch]\nk = 3", `c.toml:2:2: there is no setting "serch": did you mean "search"?`},
		{"[search]\n  kk = 3", `c.toml:2:3: [search] has no setting "kk": did you mean "k"?`},
		{"[search.fitness]\nrate = 3",
			`c.toml:2:1: [search.fitness] has no setting "rate": it has every, lr, beta1, beta2, smoothing, threshold`},
		{"[search]\nk = \"5\"", `c.toml:2:1: "search.k" is a whole number, not text`},
		{"[search]\nk = 5.5", `c.toml:2:1: "search.k" is a whole number, not a number`},
		{"search = 5", `c.toml:1:1: "search" is a table, not a whole number`},
		{"[[search]]\nk = 3", `c.toml:1:3: "search" is a table, not a list of tables`},
		{"[search.k]\na = 3", `c.toml:1:9: "search.k" is a whole number, not a table`},
		{"[macro]\nchannels = [1, \"a\"]", `c.toml:2:1: "macro.channels" is a list of whole numbers, and a is none`},
		{"[macro]\nactivation = \"tanh\"",
			`c.toml:2:15: unknown activation "tanh": ` +
				`want relu, swish, hswish, sigmoid, gelu, gelu_tanh, relu6 or hard_sigmoid`},
		{"[macro]\nactivation = 3", `c.toml:2:1: "macro.activation" is text, not a whole number`},
		{"preset = \"best\"", `c.toml:1:1: preset "best": want quick, default, paper or official`},
		{"[macro]\nname = \"huge\"",
			`c.toml:2:1: no macro-architecture "huge": the built-in ones are small, flops, latency`},
		{"[search]\nk = 1", `c.toml:2:1: search.k = 1: want 2 to 64`},
		{"[search]\nk = 5\nmethod = \"best\"",
			`c.toml:3:1: search.method = "best": want nse, oneshot, spos, proxyless, darts, random, evolution, ` +
				`halving, hyperband, guided, stacks`},
		{"[search.alone]\nepochs = 0", `c.toml:2:1: search.alone.epochs = 0: want 1 to 100000`},
		{"[search.evolution]\nsample = 0", `c.toml:2:1: search.evolution.sample = 0: want 1 to 1000000`},
		{"[search.halving]\ncandidates = 8",
			`c.toml:2:1: search.halving.candidates = 8: want 9 to 100000, so that one is left for the last rung`},
		{"[search.alone]\nepoch = 1", `c.toml:2:1: [search.alone] has no setting "epoch": did you mean "epochs"?`},
		{"[search.constraint]\ntau = -1\nbeta = 3", `c.toml:2:1: search.constraint.tau = -1: want a positive number`},
		{"[search.constraint]\nkind = \"time\"", `c.toml:2:1: search.constraint.kind = "time": want macs or latency`},
		{"[search.constraint]\nkind = \"latency\"",
			`c.toml: search.constraint.table = "": want a file that nse lut build has written, for kind = "latency"`},
		{"[search.constraint]\ntable = \"t.json\"",
			`c.toml:2:1: search.constraint.table = "t.json": want kind = "latency" with it`},
		{"seed = -1", `c.toml:1:1: seed = -1: want 0 to 9223372036854775807`},
		{"[train]\nlr = nan", `c.toml:2:1: train.lr = NaN: want a positive number`},
		{"workers = -1", `c.toml:1:1: workers = -1: want 0 (all cores) or more`},
		{"[data]\nsize = 5000", `c.toml:2:1: data.size = 5000: want 0 (as it is) to 1024`},
		{"[data]\nsize = 32\ncrop = 33",
			`c.toml:3:1: data.crop = 33: want 0 (all of the image), or 4 to data.size, at most 32`},
		{"[data]\n crop = 2", `c.toml:2:2: data.crop = 2: want 0 (all of the image), or 4 to data.size, at most 1024`},
		{"[augment]\npolicy = \"auto\"", `c.toml:2:1: augment.policy = "auto": want trivial, rand or nothing`},
		{"[retrain.augment]\npolicy_ops = 3",
			`c.toml:2:1: retrain.augment.policy_ops = 3: want policy = "rand", which alone has it`},
		{"[augment.jitter]\nhue = 0.6", `c.toml:2:1: augment.jitter.hue = 0.6: want 0 to 0.5`},
		{"[augment.jitter]\nhues = 0.6", `c.toml:2:1: [augment.jitter] has no setting "hues": did you mean "hue"?`},
		{"[retrain]\noptimizer = \"adam\"", `c.toml:2:1: retrain.optimizer = "adam": want sgd or adamw`},
		{"[retrain]\noptimizer = \"adamw\"\nlr = 0.1",
			`c.toml:3:1: retrain.lr = 0.1: want at most 0.02 with optimizer = "adamw", such as 0.002`},
		{"seed = 1\nseed = 2", `c.toml:2:10: Key 'seed' has already been defined.`},
		{"[macro]\nlayers = \"NXN\"\nchannels = [1, 2]", `c.toml:2:1: macro.layers = "NXN": 'X' is none of N, R and E`},
		{"[macro]\nlayers = \"R\"",
			`c.toml: macro.channels = [16 24 40]: want 2 counts, for the stem and each R and E of layers`},
		{"search.k = 1", `c.toml:1:8: search.k = 1: want 2 to 64`},
		{"[score]\nimages = 1", `c.toml:2:1: score.images = 1: want 2 or more, which batch normalisation needs`},
		{"[augment]\n\n flip = true\n cutout = -1", `c.toml:4:2: augment.cutout = -1: want 0 to 1024`},
		{"[budget]\nmacs = -1", `c.toml:2:1: budget.macs = -1: want 0 (no bound) or more`},
		{"[budget]\ntrain_images = 1.5e6", `c.toml:2:1: "budget.train_images" is a whole number, not a number`},
		{"[budget]\ntime = 90", `c.toml:2:1: "budget.time" is text, not a whole number`},
		{"[budget]\ntime = \"2 hours\"", `c.toml:2:9: invalid duration: "2 hours": want one such as 90m or 2h30m`},
		{"[budget]\ntime = \"-2h\"", `c.toml:2:1: budget.time = "-2h0m0s": want 0s (no bound) or more`},
		{"checkpoint_seconds = inf", `c.toml:1:1: checkpoint_seconds = +Inf: want a positive number, at most 1e9`},
	} {
		_, err := Parse("c.toml", []byte(c.text), Override{})
		if err == nil || err.Error() != c.want {
			t.Errorf("%q:\n got %v\nwant %s", c.text, err, c.want)
		}
	}
}

func TestFileGoesOnTopOfThePresetAndFlagsOnTopOfTheFile(t *testing.T) {
	text := []byte("preset = \"official\"\nseed = 3\n" +
		"[macro]\nname = \"flops\"\nhead = 512\n[search.fitness]\nlr = 0.25\n")
	c, err := Parse("c.toml", text, Override{})
	if err != nil {
		t.Fatal(err)
	}
	if c.Search.Fitness.LR != 0.25 || c.Search.Fitness.Smoothing != 1e-3 || c.Score.Reset || c.Macro.Head != 512 ||
		len(c.Macro.Channels) != 7 || c.Seed != 3 {
		t.Errorf("got %+v", c)
	}
	seed, rounds := uint64(9), 2
	c, err = Parse("c.toml", text, Override{Preset: "paper", Seed: &seed, Data: "generated:7", MaxRounds: &rounds})
	if err != nil {
		t.Fatal(err)
	}
	if c.Search.Fitness.LR != 0.25 || c.Search.Fitness.Smoothing != 0 || c.Preset != "paper" || c.Seed != 9 ||
		c.Data.Spec != "generated:7" || c.Search.MaxRounds != 2 {
		t.Errorf("got %+v", c)
	}
}

// A limit of 0 is a value, not the lack of one.
func TestNoLimitOverridesTheLimitOfTheFile(t *testing.T) {
	for _, rounds := range []int{0, 5} {
		c, err := Parse("c.toml", []byte("[search]\nmax_rounds = 1\n"), Override{MaxRounds: &rounds})
		if err != nil || c.Search.MaxRounds != rounds {
			t.Errorf("%d rounds, %v, want %d", c.Search.MaxRounds, err, rounds)
		}
	}
}

func TestExamplesAreRead(t *testing.T) {
	files, err := filepath.Glob("../../examples/*.toml")
	if err != nil || len(files) == 0 {
		t.Fatal("no examples", err)
	}
	for _, path := range files {
		text, err := os.ReadFile(path)
		if err == nil {
			_, err = Parse(path, text, Override{})
		}
		if err != nil {
			t.Error(err)
		}
	}
}

func TestLatencyHasABudgetOfItsOwn(t *testing.T) {
	const text = "[search.constraint]\nkind = \"latency\"\ntable = \"t.json\"\n"
	if _, err := Parse("c.toml", []byte(text), Override{}); err == nil ||
		err.Error() != "c.toml: search.constraint.tau = 0: want a positive number" {
		t.Errorf("without a budget: %v", err)
	}
	c, err := Parse("c.toml", []byte(text+"tau = 3.5\n"), Override{})
	want := evolve.ConstraintConfig{Kind: evolve.Latency, Table: "t.json", Tau: 3.5, Width: 0.1, Alpha: -1, Beta: 2}
	if err != nil || c.Search.Constraint != want {
		t.Errorf("got %+v, %v, want %+v", c.Search.Constraint, err, want)
	}
}

func TestEncodeIsReadBack(t *testing.T) {
	c, err := Parse("quick", quick, Override{})
	if err != nil {
		t.Fatal(err)
	}
	c.Seed = 1 << 62
	c.Budget = evolve.BudgetConfig{TrainImages: 1_200_000, MACs: 1.4e13, Time: 90 * time.Minute}
	text, err := c.Encode()
	if err != nil {
		t.Fatal(err)
	}
	back, err := Parse("config.toml", text, Override{})
	if err != nil || !reflect.DeepEqual(back, c) {
		t.Fatalf("%v\n%s\n got %+v\nwant %+v", err, text, back, c)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(string(quick))
	f.Add("[search.fitness]\nlr = 1\n[[search]]")
	f.Add("macro = {channels = [1, 2.5]}")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := Parse("c.toml", []byte(text), Override{})
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("error of several lines: %q", err)
			}
			return
		}
		if err := c.Validate(); err != nil {
			t.Error(err)
		}
	})
}

func TestLongTextsAreRefused(t *testing.T) {
	for text, want := range map[string]string{
		"seed = 1\n" + strings.Repeat("a.", 3000) + "a = 1": "f.toml:2:1: the line is longer than 4096 bytes",
		strings.Repeat("# long\n", 50_000):                  "f.toml: the file is longer than 262144 bytes",
	} {
		if _, err := Parse("f.toml", []byte(text), Override{}); err == nil || err.Error() != want {
			t.Errorf("error %v, want %s", err, want)
		}
	}
}

// Without a preset the file has the default's settings. The presets keep the published ones.
func TestPresets(t *testing.T) {
	for preset, want := range map[string]struct {
		named             string
		lr                float64
		retrain           retrain.Config
		batch, images     int
		coast, reset, end bool
	}{
		"": {"default", 0, retrain.Default("default"), 256, 20000, false, true, false},
		"preset = \"paper\"": {"paper", 0.1, retrain.Config{
			Batch: 2048, Epochs: 350, Optimizer: retrain.SGD, LR: 0.8, WarmupEpochs: 2, Momentum: 0.9,
			WeightDecay: 4e-5, LabelSmoothing: 0.1, EMA: 0.9999, Augment: retrain.Default("paper").Augment},
			256, 20000, false, true, false},
		"preset = \"official\"": {"official", 0.005, retrain.Default("paper"), 1024, 51200, true, false, true},
	} {
		c, err := Parse("c.toml", []byte(preset), Override{})
		if err != nil {
			t.Fatal(err)
		}
		if c.Preset != want.named || c.Search.Fitness.LR != want.lr || c.Retrain != want.retrain ||
			c.Score.Batch != want.batch || c.Score.Images != want.images || c.Train.Coast != want.coast ||
			c.Score.Reset != want.reset || (c.Search.End == evolve.EndOfficial) != want.end ||
			c.Search.Constraint.Alpha != -1 {
			t.Errorf("%q: %+v", preset, c)
		}
	}
	if d := retrain.Default("default"); d.Batch != 128 || d.Epochs != 40 || d.LR != 0.1 || d.EMA != 0.999 {
		t.Errorf("the default's retraining is %+v", d)
	}
	const latency = "[search.constraint]\nkind = \"latency\"\ntable = \"t.json\"\ntau = 9\n"
	for preset, want := range map[string]float64{"default": 5e-4, "paper": 1e-4, "official": 1e-4} {
		c, err := Parse("c.toml", []byte(latency), Override{Preset: preset})
		if err != nil || c.Retrain.WeightDecay != want {
			t.Errorf("%s: latency has the decay %v, %v, want %v", preset, c.Retrain.WeightDecay, err, want)
		}
	}
}

// A run of a version that knew no coasting goes on without, whatever its preset. Settings that it has stay.
func TestRecordedKeepsItsMeaning(t *testing.T) {
	old := "preset = \"official\"\n[search.constraint]\ntau = 5.0\nwidth = 0.1\nalpha = 1e-05\n" +
		"[score]\nimages = 12800\nbatch = 256\n"
	c, err := Recorded("config.toml", []byte(old))
	if err != nil || c.Train.Coast || c.Score.Images != 12800 || c.Score.Batch != 256 ||
		c.Search.Constraint.Alpha != 1e-5 || c.Search.Constraint.Centre != 0 || c.Search.SpaceSeed != 0 {
		t.Errorf("%+v, %v", c, err)
	}
	c, err = Recorded("config.toml", []byte(old+"[train]\ncoast = true\n"))
	if err != nil || !c.Train.Coast {
		t.Errorf("coast = true became %v, %v", c.Train.Coast, err)
	}
}

// Tables that other files have within them are held to the same rules.
func TestMistakesOfATable(t *testing.T) {
	table := map[string]any{
		"search": map[string]any{"k": int64(3), "kk": int64(3), "fitness": map[string]any{"lr": true}},
		"macro":  map[string]any{"channels": []any{int64(1), "a"}},
		"train":  []map[string]any{{"batch": int64(2)}},
		"seed":   1.5,
	}
	want := []Mistake{
		{[]string{"macro", "channels"}, `"macro.channels" is a list of whole numbers, and a is none`},
		{[]string{"search", "fitness", "lr"}, `"search.fitness.lr" is a number, not true or false`},
		{[]string{"search", "kk"}, `[search] has no setting "kk": did you mean "k"?`},
		{[]string{"seed"}, `"seed" is a whole number, not a number`},
		{[]string{"train"}, `"train" is a table, not a list of tables`},
	}
	if got := Mistakes(table); !reflect.DeepEqual(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
	whole := map[string]any{"search": map[string]any{"fitness": map[string]any{"lr": int64(1)}}}
	if got := Mistakes(whole); got != nil {
		t.Errorf("a whole number for a number: %q", got)
	}
}
