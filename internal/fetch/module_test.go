package fetch

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// published are modules as a proxy has them: a stand-in for nse, a plugin beside packages that are none, and a program
// without nse.
var published = map[string]map[string]string{
	nseModule + "@v1.0.0": {
		"go.mod":             "module " + nseModule + "\n\ngo 1.24\n",
		"sdk/serve/serve.go": "package serve\n\nfunc Main() {}\n",
	},
	"example.org/ops/nse-fused@v1.2.0": {
		"go.mod":   "module example.org/ops/nse-fused\n\ngo 1.24\n\nrequire " + nseModule + " v1.0.0\n",
		"main.go":  "package main\n\nimport \"" + nseModule + "/sdk/serve\"\n\nfunc main() { serve.Main() }\n",
		"lib/x.go": "package lib\n",
		"bad/x.go": "package main\n\nfunc main() { nothing() }\n",
	},
	"example.org/ops/plain@v0.1.0": {
		"go.mod":  "module example.org/ops/plain\n\ngo 1.24\n",
		"main.go": "package main\n\nfunc main() {}\n",
	},
}

// proxy makes a folder that Go takes for a proxy of modules, and has Go use nothing else.
func proxy(t *testing.T) {
	t.Helper()
	dir := t.TempDir()
	write := func(path string, data []byte) {
		path = filepath.Join(dir, filepath.FromSlash(path))
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, data, 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	for name, files := range published {
		module, version, _ := strings.Cut(name, "@")
		var b bytes.Buffer
		w := zip.NewWriter(&b)
		for path, text := range files {
			f, err := w.Create(name + "/" + path)
			if err == nil {
				_, err = f.Write([]byte(text))
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		at := module + "/@v/" + version
		write(at+".zip", b.Bytes())
		write(at+".mod", []byte(files["go.mod"]))
		write(at+".info", fmt.Appendf(nil, `{"Version": %q}`, version))
		write(module+"/@v/list", []byte(version+"\n"))
	}
	for name, value := range map[string]string{"GOPROXY": "file://" + filepath.ToSlash(dir), "GOSUMDB": "off",
		"GOMODCACHE": t.TempDir(), "GOFLAGS": "-modcacherw -buildvcs=false", "GOWORK": "off", "GONOPROXY": "none",
		"GOPRIVATE": "", "GOTOOLCHAIN": "local"} {
		t.Setenv(name, value)
	}
}

func TestGetModule(t *testing.T) {
	proxy(t)
	dir := t.TempDir()
	for _, version := range []string{"@v1.2.0", ""} {
		got, err := Get(t.Context(), Ask{Source: "example.org/ops/nse-fused" + version, Out: dir})
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Base(got.Path)
		if got.Source != "example.org/ops/nse-fused@v1.2.0" || strings.TrimSuffix(name, ".exe") != "nse-fused" ||
			!strings.Contains(got.Lines, "\nname = \"fused\"\n") {
			t.Errorf("%+v", got)
		}
		if info, err := os.Stat(got.Path); err != nil || info.Mode().Perm() != 0o755 || info.Size() != got.Bytes {
			t.Errorf("%v, %v", info, err)
		}
		if names := left(t, dir); len(names) != 1 {
			t.Errorf("left %v", names)
		}
	}
	for source, want := range map[string]string{
		"example.org/ops/nse-fused@v9.9.9": "go install example.org/ops/nse-fused@v9.9.9: " +
			"example.org/ops/nse-fused@v9.9.9: ",
		"example.org/ops/nse-fused/lib": "go install example.org/ops/nse-fused/lib@latest: " +
			"package example.org/ops/nse-fused/lib is not a main package",
		"example.org/ops/nse-fused/bad": "go install example.org/ops/nse-fused/bad@latest: " +
			"# example.org/ops/nse-fused/bad; ",
		"example.org/ops/plain": "example.org/ops/plain@v0.1.0 is not a plugin: it is the Go program " +
			"example.org/ops/plain, which is not built with " + nseModule,
	} {
		out := filepath.Join(t.TempDir(), "plugins")
		_, err := Get(t.Context(), Ask{Source: source, Out: out})
		if err == nil || !strings.HasPrefix(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("got %v\nwant %s", err, want)
		}
		if names := left(t, filepath.Dir(out)); len(names) > 0 {
			t.Errorf("%s left %v", source, names)
		}
	}
}

// The checksum database decides, as the user has it: a module that it cannot vouch for is not built. No network is
// asked: the way to the database ends at a closed port.
func TestGetModuleChecksums(t *testing.T) {
	proxy(t)
	t.Setenv("GOSUMDB", "sum.golang.org")
	t.Setenv("HTTPS_PROXY", "http://127.0.0.1:1")
	_, err := Get(t.Context(), Ask{Source: "example.org/ops/nse-fused@v1.2.0", Out: t.TempDir()})
	if err == nil || !strings.Contains(err.Error(), "verifying") {
		t.Error(err)
	}
}

func TestGetModuleWithoutGo(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	_, err := Get(t.Context(), Ask{Source: "example.org/ops/nse-fused", Out: t.TempDir()})
	want := "there is no Go on this machine to build example.org/ops/nse-fused with: install it (https://go.dev/dl), " +
		"or get a plugin that is built, from oci://… or from https://… with --sha256"
	if fmt.Sprint(err) != want {
		t.Errorf("got %v\nwant %s", err, want)
	}
}
