package main

import (
	"strings"
	"testing"
	"time"

	"github.com/nse-dev/nse/internal/bench"
	"github.com/nse-dev/nse/internal/jsontext"
	"github.com/nse-dev/nse/plugins"
)

// The help shows a workload that is one.
func TestWorkloadOfTheHelp(t *testing.T) {
	_, rest, _ := strings.Cut(benchVerb().Long, "\n\n")
	text, _, _ := strings.Cut(rest, "\n\n")
	var w bench.Workload
	if err := jsontext.Decode("help", []byte(text), &w); err != nil {
		t.Fatal(err)
	}
	b, err := bench.New(w, plugins.Builtin, 1, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	b.Close()
}
