package lut

import (
	"context"
	"errors"
	"fmt"

	"github.com/nse-dev/nse/internal/architecture"
	"github.com/nse-dev/nse/internal/catalog"
	"github.com/nse-dev/nse/internal/latency"
)

// Options say what is measured for a table, and how.
type Options struct {
	architecture.Place        // the pool, and the network without Config
	Config             string // file of the search that the table is for
	Data               string // data set where it is another than in Config
	Threads            int    // cores to use
	Batch              int    // images at a time
	Repeats            int    // measurements of each
}

// Validate refuses options with which nothing can be measured. given reports whether a flag was given, by its name.
func (o Options) Validate(given func(flag string) bool) error {
	switch {
	case o.Config != "" && (given("macro") || given("size")):
		return errors.New("--config says what --macro and --size would")
	case o.Config == "" && o.Data != "":
		return errors.New("--data is of --config, which is missing")
	case o.Threads < 1 || o.Threads > 1024:
		return fmt.Errorf("--threads %d: want 1 to 1024", o.Threads)
	case o.Batch < 1 || o.Batch > 4096:
		return fmt.Errorf("--batch %d: want 1 to 4096", o.Batch)
	}
	return checkRepeats(o.Repeats)
}

func checkRepeats(repeats int) error {
	if repeats < 1 || repeats > 10_000 {
		return fmt.Errorf("--repeats %d: want 1 to 10000", repeats)
	}
	return nil
}

// Build measures the operations of the pool into the table at path, or adds those that a table there lacks. version is
// that of nse. each is told of every turn.
func (o Options) Build(
	ctx context.Context, path string, open architecture.Opener, version string, each func(done, total int),
) (s Summary, err error) {
	setup, err := o.setup(ctx)
	if err != nil {
		return s, err
	}
	b, err := NewBuilder(path, setup, latency.Here(version))
	if err != nil {
		return s, err
	}
	defer b.Close()
	pool, err := open.Pool(ctx, o.Pool)
	if err != nil {
		return s, err
	}
	defer pool.Close()
	return b.Measure(ctx, pool.Ops, each)
}

// setup is what is to be measured.
func (o Options) setup(ctx context.Context) (s latency.Setup, err error) {
	if o.Config != "" {
		s, err = SetupOf(ctx, o.Config, o.Data)
	} else {
		macro, image, unknown := o.Built()
		s, err = latency.SetupOf(macro, image), unknown
	}
	s.Batch, s.Threads, s.WarmUp, s.Repeats = o.Batch, o.Threads, WarmUp, o.Repeats
	return s, err
}

// CheckOptions say which networks a table is compared with.
type CheckOptions struct {
	Source  *string // of architectures; nil draws Random ones of the pool
	Pool    string  // file, or empty for the operations that ship
	Random  int     // architectures
	Seed    uint64  // of them
	Repeats int     // measurements of each
}

// Validate refuses options with which nothing can be measured.
func (o CheckOptions) Validate() error {
	if o.Random < 1 || o.Random > 1000 {
		return fmt.Errorf("--random %d: want 1 to 1000", o.Random)
	}
	return checkRepeats(o.Repeats)
}

// Foreign is a line that warns of a table of another machine or version than these, or empty.
func Foreign(path string, t latency.Table, version string) string {
	here := latency.Here(version)
	if t.Machine == here {
		return ""
	}
	return fmt.Sprintf("warning: %s was measured on %v, this is %v\n", path, t.Machine, here)
}

// Check compares the table at path with measured networks. each is told of every turn.
func (o CheckOptions) Check(
	ctx context.Context, path string, t latency.Table, open architecture.Opener, each func(done, total int),
) (result Outcome, err error) {
	sample, opened, err := o.sample(ctx, t, open)
	if err != nil {
		return result, err
	}
	defer opened.Close()
	list, err := sample.Predict(t)
	if err != nil {
		return result, fmt.Errorf("%s: %w", path, err)
	}
	return sample.Check(ctx, t, list, o.Repeats, each)
}

// sample is the architectures of the source, or random ones of the pool without one. Close the pools after use.
func (o CheckOptions) sample(
	ctx context.Context, t latency.Table, open architecture.Opener,
) (s Sample, opened catalog.Pools, err error) {
	if o.Source != nil {
		return SampleAt(ctx, t, open, *o.Source)
	}
	pool, err := open.Pool(ctx, o.Pool)
	if err != nil {
		return s, nil, err
	}
	if s, err = RandomSample(ctx, t, pool.Ops, o.Random, o.Seed); err != nil {
		pool.Close()
	}
	return s, catalog.Pools{pool}, err
}
