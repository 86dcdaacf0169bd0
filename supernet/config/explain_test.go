package config

import (
	"reflect"
	"strings"
	"testing"
)

// Every value that is not the small search's says where it comes from, and the text is a configuration again.
func TestExplainSaysWhereSettingsComeFrom(t *testing.T) {
	seed := uint64(7)
	s := Source{"c.toml", []byte("preset = \"paper\"\n\n[train]\nepochs = 3\nlr = 0.4 # as the paper\n" +
		"[macro]\nname = \"flops\"\nhead = 64\n"), Override{Base: Quick, Seed: &seed, Set: []string{"search.k=4"}}}
	c, err := s.Settings()
	if err != nil {
		t.Fatal(err)
	}
	c.Search.Constraint.Tau = 250
	text, err := s.Explain(c)
	if err != nil {
		t.Fatal(err)
	}
	back, err := Parse("printed.toml", text, Override{Base: Quick})
	if err != nil || !reflect.DeepEqual(back, c) {
		t.Errorf("%v\n%s\n got %+v\nwant %+v", err, text, back, c)
	}
	for _, want := range []string{
		"preset = \"paper\" # c.toml:1\n",
		"seed = 7 # --seed\n",
		"workers = 0\n",
		"[train]\nbatch = 1024 # preset paper\nepochs = 3 # c.toml:4\n" +
			"epoch_steps = 0 # preset paper\nlr = 0.4 # c.toml:5\n",
		"k = 4 # --set search.k=4\n",
		"tau = 250.0 # 300.0 for the pool and the data (preset paper)\n",
		"name = \"flops\" # c.toml:7\n",
		"head = 64 # c.toml:8\n",
		"channels = [16, 24, 40, 80, 96, 192, 320] # macro flops\n",
		"stem_stride = 2\n", // as in the small search
		"squeeze_excite = false\n",
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("%q is missing:\n%s", want, text)
		}
	}
}

// The small search needs no comment, and neither does a file of its own values need more than its lines.
func TestExplainIsSilentAboutTheSmallSearch(t *testing.T) {
	s := Source{Name: "the default configuration", Override: Override{Base: Quick}}
	c, err := s.Settings()
	if err != nil {
		t.Fatal(err)
	}
	text, err := s.Explain(c)
	if err != nil {
		t.Fatal(err)
	}
	if plain, err := c.Encode(); err != nil || string(plain) != string(text) {
		t.Errorf("%v\n%s\nwant\n%s", err, text, plain)
	}
}
