// Package scaffold writes a new plugin in Go or Python, which passes its test as it is, and what publishes it.
package scaffold

import (
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/nse-dev/nse/examples"
	"github.com/nse-dev/nse/internal/text"
	"github.com/nse-dev/nse/sdk"
)

// module is the path under which plugins import nse.
const module = "github.com/nse-dev/nse"

// scaffolded holds the files of a new plugin. NAME stands for the family, and REQUIRE for what go.mod says of nse.
//
//go:embed scaffold.txtar
var scaffolded []byte

// inPython holds the files of a new plugin in Python, besides the plugin itself.
//
//go:embed python.txtar
var inPython []byte

// Plugin is a plugin to be written.
type Plugin struct {
	Name   string // of its one family
	Dir    string // to make
	SDK    string // checkout of nse to build with; empty: the released version of this program
	Python bool   // in Python, which needs no SDK
}

// Write makes the plugin's folder in one step. The folder must not exist. On error nothing is left of it.
func (p Plugin) Write() (err error) {
	if err := (sdk.Op{Name: p.Name}).Validate(); err != nil {
		return err
	}
	files, err := p.files()
	if err != nil {
		return err
	}
	dir := filepath.Clean(p.Dir) // a slash at the end would make the folder its own parent
	if _, err := os.Lstat(dir); err == nil {
		return fmt.Errorf("%s exists already: choose another --dir", dir)
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return err
	}
	temporary, err := os.MkdirTemp(filepath.Dir(dir), ".new-")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(temporary))
		}
	}()
	for _, f := range files {
		path, mode := filepath.Join(temporary, filepath.FromSlash(f.Name)), fs.FileMode(0o644)
		if strings.HasPrefix(string(f.Data), "#!") {
			mode = 0o755
		}
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, f.Data, mode)); err != nil {
			return err
		}
	}
	if err := os.Chmod(temporary, 0o755); err != nil {
		return err
	}
	return os.Rename(temporary, dir)
}

// files are those of the plugin, with its name in them.
func (p Plugin) files() (files []txtar.File, err error) {
	archive, require := scaffolded, ""
	if p.Python {
		archive = inPython
		plugin := strings.NewReplacer(`name="ghost"`, fmt.Sprintf("name=%q", p.Name), "ghost.py", "nse-"+p.Name+".py")
		files = []txtar.File{{Name: "nse-" + p.Name + ".py", Data: []byte(plugin.Replace(examples.Python))}}
	} else if require, err = p.require(); err != nil {
		return nil, err
	}
	fill := strings.NewReplacer("NAME", p.Name, "REQUIRE", require)
	for _, f := range txtar.Parse(archive).Files {
		files = append(files, txtar.File{Name: f.Name, Data: []byte(fill.Replace(string(f.Data)))})
	}
	return files, nil
}

// Next is the command that tests the plugin.
func (p Plugin) Next() string {
	if p.Python {
		return fmt.Sprintf("cd %s && nse ops check ./nse-%s.py", text.Shell(p.Dir), p.Name)
	}
	return fmt.Sprintf("cd %s && go mod tidy && go test ./... && go build", text.Shell(p.Dir))
}

// require is what the plugin's go.mod says of nse: the released version of this program, or a checkout.
func (p Plugin) require() (string, error) {
	if p.SDK == "" {
		info, ok := debug.ReadBuildInfo()
		if !ok || info.Main.Path != module || info.Main.Sum == "" {
			return "", errors.New(
				"this nse was built from a checkout, which has no released version: name the checkout with --sdk DIR")
		}
		return fmt.Sprintf("require %s %s", module, info.Main.Version), nil
	}
	checkout, err := filepath.Abs(p.SDK)
	if err != nil {
		return "", err
	}
	mod, err := os.ReadFile(filepath.Join(checkout, "go.mod"))
	if err != nil {
		return "", err
	}
	if !strings.HasPrefix(string(mod), "module "+module+"\n") {
		return "", fmt.Errorf("%s is not the module %s: --sdk wants a checkout of nse", checkout, module)
	}
	return fmt.Sprintf("require %s v0.0.0\n\nreplace %s => %q", module, module, filepath.ToSlash(checkout)), nil
}
