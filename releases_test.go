package nse_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// TestReleaseNamesFiles reads the configuration of releases, and looks for the files that it names. Those in package/
// are made by its hook.
func TestReleaseNamesFiles(t *testing.T) {
	var c struct {
		Version int
		Before  struct{ Hooks []string }
		Builds  []struct {
			Main         string
			Goos, Goarch []string
		}
		Archives []struct{ Files []yaml.Node }
	}
	readYAML(t, ".goreleaser.yaml", &c)
	if c.Version != 2 || len(c.Builds) != 1 || len(c.Archives) != 1 || len(c.Before.Hooks) != 1 {
		t.Fatalf("got %+v", c)
	}
	names := []string{c.Builds[0].Main, strings.TrimPrefix(c.Before.Hooks[0], "bash ")}
	for _, file := range c.Archives[0].Files {
		name := file.Value
		if file.Kind == yaml.MappingNode {
			var moved struct{ Src, Dst string }
			if err := file.Decode(&moved); err != nil {
				t.Fatal(err)
			}
			name = moved.Src
		}
		names = append(names, name)
	}
	if len(names) < 5 {
		t.Errorf("only %q are named", names)
	}
	for _, name := range names {
		if found, err := filepath.Glob(name); !strings.HasPrefix(name, "package/") && len(found) == 0 {
			t.Errorf("there is no %s: %v", name, err)
		}
	}
}

// action is a step's use of an action at a major version.
var action = regexp.MustCompile(`^[a-z-]+/[a-z-]+@v[0-9]+$`)

// TestWorkflows reads the workflows. Each job says where it runs and how long it may take, and each step does one
// thing.
func TestWorkflows(t *testing.T) {
	paths, err := filepath.Glob(".github/workflows/*.yml")
	if err != nil || len(paths) == 0 {
		t.Fatal(paths, err)
	}
	for _, path := range paths {
		var w struct {
			Name string
			On   map[string]any
			Jobs map[string]struct {
				RunsOn  string `yaml:"runs-on"`
				Timeout int    `yaml:"timeout-minutes"`
				Steps   []struct{ Uses, Run string }
			}
		}
		readYAML(t, path, &w)
		if w.Name+".yml" != filepath.Base(path) || len(w.On) == 0 || len(w.Jobs) == 0 {
			t.Errorf("%s: name %q, on %v, %d jobs", path, w.Name, w.On, len(w.Jobs))
		}
		for name, job := range w.Jobs {
			if job.RunsOn == "" || job.Timeout == 0 || len(job.Steps) == 0 {
				t.Errorf("%s: %s: %+v", path, name, job)
			}
			for _, s := range job.Steps {
				if (s.Uses == "") == (s.Run == "") || s.Uses != "" && !action.MatchString(s.Uses) {
					t.Errorf("%s: %s: step %+v", path, name, s)
				}
			}
		}
	}
}

func readYAML(t *testing.T, path string, into any) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err == nil {
		err = yaml.Unmarshal(text, into)
	}
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}
