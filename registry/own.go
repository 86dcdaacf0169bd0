package registry

import (
	"path/filepath"

	"github.com/nse-dev/nse/registry/poolfile"
	"github.com/nse-dev/nse/registry/trust"
)

// Own refuses a pool file that is not the user's own, or that names a plugin by path which is not: another user owns
// it, or may write it. Where files have no owners nothing is the user's own.
func Own(path string) error {
	text, err := poolfile.Read(path)
	if err != nil {
		return err
	}
	if err := trust.Own(path); err != nil {
		return err
	}
	f, dir := poolfile.File{Name: path, Text: string(text)}, filepath.Dir(path)
	entries, _, err := f.Parse()
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.Path == "" {
			continue
		}
		if err := trust.Own(within(dir, []string{e.Path})[0]); err != nil {
			return f.Errorf(e.Source, "plugin %q: %w", e.Name(), err)
		}
	}
	return nil
}
