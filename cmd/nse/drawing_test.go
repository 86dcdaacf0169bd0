package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// Published architectures have a block for every operation and a line after every layer that is not normal.
func TestDrawPublished(t *testing.T) {
	text, err := os.ReadFile("../../internal/architecture/published.json")
	if err != nil {
		t.Fatal(err)
	}
	var list struct {
		Architectures []struct {
			Name, Layers string
			Ops          [][]int
		}
	}
	if err := json.Unmarshal(text, &list); err != nil || len(list.Architectures) == 0 {
		t.Fatal(list, err)
	}
	for _, a := range list.Architectures {
		path := filepath.Join(t.TempDir(), "a.svg")
		execute(t, time.Minute, "draw", a.Name, "--out", path)
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		// A3,3 is a rounded corner. Stem and head have some too.
		if got, want := strings.Count(string(text), "A3,3"), 4*(len(slices.Concat(a.Ops...))+2); got != want {
			t.Errorf("%s: %d corners, want %d", a.Name, got, want)
		}
		edges := strings.Count(a.Layers, "R") + strings.Count(a.Layers, "E")
		if got, want := strings.Count(string(text), "stroke-dasharray"), 1+edges; got != want {
			t.Errorf("%s: %d lines, want %d with that of the legend", a.Name, got, want)
		}
	}
}
