package registry

import (
	"context"
	"path/filepath"

	"github.com/nse-dev/nse/registry/poolfile"
	"github.com/nse-dev/nse/registry/process"
	"github.com/nse-dev/nse/registry/trust"
	"github.com/nse-dev/nse/sdk"
)

// Describe starts the plugin at path, which the user has named, and so accepts it. It returns an ops.toml that lists
// each of its families once, with the default values of its attributes. The process has ended when Describe returns. A
// file that is no program, and one that is no plugin, are errors.
func Describe(ctx context.Context, path string, o Options) ([]byte, error) {
	o = o.withDefaults()
	sum, err := trust.Admit(path)
	if err != nil {
		return nil, err
	}
	copied, err := trust.Copy(path, sum)
	if err != nil {
		return nil, err
	}
	h, err := process.Launch(ctx, o.process(), filepath.Base(path), []string{copied}, nil)
	if err != nil {
		return nil, err
	}
	defer h.Close()
	return poolfile.Listing(path, sum, h.About().Families), nil
}

// WithOps is the text of a pool file in which every operation is listed as a built-in plugin, as Options.InProcess
// finds it. An operation that the text does not name by builtin = "NAME" is appended, with the default values of its
// attributes. A text that is not TOML stays as it is, for Parse to say what is wrong. An empty text becomes the pool of
// these operations.
func WithOps(text []byte, ops ...sdk.Op) []byte { return poolfile.WithOps(text, ops...) }
