package registry

import (
	"context"
	"errors"
	"path/filepath"

	"github.com/nse-dev/nse/registry/poolfile"
	"github.com/nse-dev/nse/registry/trust"
)

// Locker is Lock or Relock.
type Locker func(context.Context, string, Options, func([]Pin, []string)) ([]Change, error)

// Relock is Lock for a pool file and plugins that are the user's own. Others are refused, as own says.
func Relock(
	ctx context.Context, path string, o Options, announce func(plugins []Pin, folders []string),
) ([]Change, error) {
	if path == "" {
		return nil, errors.New("no pool file is named, whose plugins could be accepted: want --pool FILE")
	}
	if err := own(path); err != nil {
		return nil, err
	}
	return Lock(ctx, path, o, announce)
}

// own refuses a pool file that is not the user's own, or that names a plugin by path which is not: another user owns
// it, or may write it. Where files have no owners nothing is the user's own.
func own(path string) error {
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
