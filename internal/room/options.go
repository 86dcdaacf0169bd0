package room

import (
	"context"
	"errors"
	"time"

	"github.com/nse-dev/nse/internal/architecture"
	"github.com/nse-dev/nse/internal/catalog"
	"github.com/nse-dev/nse/supernet"
	"github.com/nse-dev/nse/supernet/config"
)

// Options say which operations are looked at, and in which search.
type Options struct {
	architecture.Place               // the pool; its network is that of the search
	Source             config.Source // of the search's settings
	Peak               bool          // operations are timed
	JSON               bool          // the report is printed so

	searches bool
}

// Validate refuses flags that do not go together. given reports whether a flag was given, by its name.
func (o *Options) Validate(given func(flag string) bool) error {
	o.searches = given("config") || given("preset") || given("set") || given("data")
	switch {
	case o.searches && given("macro"):
		return errors.New("the network is that of the configuration: leave --macro out")
	case !o.searches && (o.Peak || o.JSON):
		return errors.New("--json and --peak are of a search: want --config, --preset or --set too")
	}
	return nil
}

// Searches reports whether flags of a search were given, after Validate.
func (o *Options) Searches() bool { return o.searches }

// Report opens the data set and the pool, says where the operations fit the budget, and checks that they build to equal
// graphs again and that their gradients are right. Errors about a setting say where it was given.
func (o *Options) Report(ctx context.Context, open architecture.Opener, now func() time.Time) (x Report, err error) {
	if err := o.Source.Validate(); err != nil {
		return x, err
	}
	settings, err := o.Source.Settings()
	if err != nil {
		return x, err
	}
	set, err := settings.Open(ctx, nil)
	if err != nil {
		return x, o.Source.Locate(err)
	}
	pool, err := open.Placed(ctx, o.Place)
	if err != nil {
		return x, err
	}
	defer pool.Close()
	if x, err = Of(ctx, pool.Ops, settings, supernet.InputOf(set)); err != nil {
		return x, o.Source.Locate(err)
	}
	if o.Peak {
		if err := x.Time(ctx, now); err != nil {
			return x, err
		}
	}
	x.Gradients, err = catalog.CheckGradients(ctx, pool.Ops)
	return x, err
}
