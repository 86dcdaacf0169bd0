package nse_test

import (
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/nse-dev/nse"
	"github.com/nse-dev/nse/evolve/methods"
	"github.com/nse-dev/nse/registry"
)

// TestAcceptedPlugins starts a search with a plugin that this machine has never used, then gives another such plugin to
// it. Options.Accept names both.
func TestAcceptedPlugins(t *testing.T) {
	dir := t.TempDir()
	t.Setenv(registry.CacheVariable, filepath.Join(dir, "cache"))
	s, err := nse.QuickSettings()
	if err != nil {
		t.Fatal(err)
	}
	s.Search.Method = methods.NSE
	s.Data.Spec, s.Data.Size, s.Data.HeldOut, s.Train.Batch = "generated:60", 8, 0.2, 12
	s.Search.K, s.Search.MaxRounds, s.Search.TrainSteps = 2, 1, 20
	s.Search.Constraint.Tau, s.Search.Constraint.Width = 0.06, 0.99
	started, added := pinned(t, dir, "shuffle"), pinned(t, dir, "conv")
	text := "[[plugin]]\nbuiltin = \"ssc\"\n[[plugin.op]]\nname = \"ssc\"\nkernel = [5, 7]\nexpand = 1\n"
	asked := false
	o := nse.Options{Accept: []string{started.path}}
	o.Observe = func(e nse.Event) {
		if _, ok := e.(nse.Started); ok {
			asked = true
			pool := nse.Pool{Text: added.text + "expand = 1\n"}
			o := nse.Options{Accept: []string{added.path}}
			names, err := nse.AddOps(t.Context(), filepath.Join(dir, "run"), pool, o)
			if err != nil || len(names) != 1 {
				t.Errorf("added: %v, %v", names, err)
			}
		}
	}
	r, err := nse.Start(t.Context(), filepath.Join(dir, "run"), nse.Pool{Text: text + started.text}, s, o)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if !asked {
		t.Error("the search has not begun")
	}
}

type plugin struct{ path, text string }

// pinned builds a plugin that ships, and pins it by its checksum.
func pinned(t *testing.T, dir, name string) plugin {
	t.Helper()
	path := filepath.Join(dir, "nse-"+name+".exe")
	build := exec.Command("go", "build", "-o", path, "./plugins/"+name+"/nse-"+name)
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	program, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return plugin{path, fmt.Sprintf("[[plugin]]\npath = %q\nsha256 = \"%x\"\n[[plugin.op]]\nname = %q\n",
		filepath.ToSlash(path), sha256.Sum256(program), name)}
}
