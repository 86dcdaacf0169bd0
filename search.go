package nse

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/evolve/methods"
	"github.com/nse-dev/nse/internal/arrivals"
	"github.com/nse-dev/nse/internal/catalog"
	"github.com/nse-dev/nse/internal/latency"
	"github.com/nse-dev/nse/internal/memory"
	"github.com/nse-dev/nse/internal/runs"
	"github.com/nse-dev/nse/internal/setting"
	"github.com/nse-dev/nse/supernet"
	"github.com/nse-dev/nse/supernet/config"
	"github.com/nse-dev/nse/supernet/retrain"
)

// search is a search that is ready to run. Close it after use.
type search struct {
	evolve.Search
	options  Options
	settings Settings
	source   supernet.Source // zero with an engine of the program
	skeleton supernet.Skeleton
	catalog  *catalog.Catalog
	weights  weights
	input    supernet.Input
	images   [2]int        // numbers of training and held-out images
	batch    int           // the batch that was wanted where there are too few images for it; otherwise 0
	state    evolve.State  // where it begins
	second   []evolve.OpID // pool to continue with; nil goes on with the present one
	watch    arrivals.Watch
	pool     Pool
}

// prepare opens the data, lays out the catalog and makes the engine. seed determines everything random but the data.
// Close the search after use.
func prepare(
	ctx context.Context, settings Settings, seed uint64, o Options,
	layOut func(supernet.Skeleton, catalog.Pricing) (*catalog.Catalog, error),
) (*search, error) {
	s := &search{options: o, settings: settings}
	if !settings.Search.Continues() && (len(o.Watch) > 0 || o.Follow) {
		return nil, setting.Errorf("search.method", settings.Search.Method,
			"want %s or %s, as no other method takes operations while it searches", methods.NSE, methods.Guided)
	}
	var err error
	if s.source, err = s.open(ctx); err != nil {
		return nil, err
	}
	if s.skeleton, err = settings.Macro.Skeleton(s.input); err != nil {
		return nil, err
	}
	if s.catalog, err = layOut(s.skeleton, catalog.PricingOf(settings, s.input)); err != nil {
		return nil, err
	}
	if o.Engine == nil {
		if err := s.catalog.Within(memory.Total(), s.settings.Train.Batch); err != nil {
			return nil, err
		}
	}
	if auto := settings.Search.Constraint; auto.Tau == AutoTau {
		s.settings = s.settings.Settle(s.catalog.Problem())
		settings = s.settings
		o.notice(false, fmt.Sprintf("search.constraint.tau = %v, the median cost of the pool's uniform stacks in %s",
			settings.Search.Constraint.Tau, auto.Kind.Unit()))
	}
	s.Search = evolve.Search{Problem: s.catalog.Problem(), Config: settings.Search.Config, Seed: seed,
		Budget: settings.Budget}
	if s.Method, err = settings.Search.Chosen(); err != nil {
		return nil, setting.In("search", err)
	}
	if s.Config.TrainSteps == 0 {
		s.Config.TrainSteps = s.settings.Train.Steps(s.images[0])
	}
	if err := s.valid(); err != nil {
		return nil, err
	}
	if s.Engine, err = s.engine(); err != nil {
		return nil, err
	}
	s.weights = weightsOf(s.Engine)
	return s, nil
}

// valid refuses a search that cannot be run. Errors about settings have their keys in the configuration file. Before
// the engine is made, nothing is said of the budget.
func (s *search) valid() error { return config.CheckSearch(s.Search) }

// open opens the data, unless the engine is the program's own. A batch of more than all training images becomes one of
// all.
func (s *search) open(ctx context.Context) (source supernet.Source, err error) {
	c := s.settings
	if s.options.Engine != nil {
		s.input = s.options.Input
		return source, nil
	}
	if source.Set, err = c.Open(ctx, s.options.reading()); err != nil {
		return source, err
	}
	source.Augment = c.Augment
	if source.Train, source.Held, err = c.Split(source.Set); err != nil {
		return source, err
	}
	s.input, s.images = supernet.InputOf(source.Set), [2]int{source.Train.Len(), source.Held.Len()}
	if n := s.images[0]; c.Train.Batch > n {
		s.settings.Train.Batch, s.batch = n, c.Train.Batch
	}
	return source, nil
}

// engine makes the engine: the program's own, or the supernet.
func (s *search) engine() (evolve.Engine, error) {
	if s.options.Engine != nil {
		return s.options.Engine(s.Problem)
	}
	net, err := supernet.NewNet(s.skeleton, s.catalog.Build, s.Seed, s.settings.Workers)
	if err != nil {
		return nil, err
	}
	c := s.settings
	return engine{supernet.NewEngine(net, s.source, c.Train, c.Score),
		retrain.NewSolo(s.skeleton, s.catalog.Build, s.source, c.Retrain, c.Score.Images, s.Seed, c.Workers)}, nil
}

// engine is the supernet, which trains architectures alone, too.
type engine struct {
	*supernet.Engine
	*retrain.Solo
}

var _ interface {
	evolve.Metered
	evolve.Mixing
	evolve.Priced
	evolve.Ahead
} = engine{}

// Spent implements evolve.Metered.
func (e engine) Spent() evolve.Ledger { return e.Engine.Spent().Plus(e.Solo.Spent()) }

// Close stops the engine.
func (s *search) Close() { s.weights.close() }

// prepared tells the observer what is searched, and whether the budget can be met.
func (s *search) prepared() {
	least, greatest := s.Reach()
	c := s.Config.Constraint
	s.options.Observe(Prepared{TrainImages: s.images[0], HeldOutImages: s.images[1], Input: s.input,
		Operations: len(s.Problem.Pool), Layers: len(s.Problem.Normal), K: s.Config.K,
		Size: s.Problem.Size(s.Config.K, s.Config.SingleBranch),
		Low:  c.Low(), High: c.High(), Least: least, Greatest: greatest, Unit: c.Kind.Unit()})
	if s.source.Set != nil {
		s.options.remark(s.source.Set)
	}
	if s.batch > 0 {
		s.options.notice(false, fmt.Sprintf("batches have all %d training images, not %d", s.images[0], s.batch))
	}
}

// follow runs the search from its state to its end, and writes everything that happens to the run. The result is
// another value that reads the same run.
func (s *search) follow(ctx context.Context, r *runs.Run) (*Run, error) {
	if err := r.AddMachine(latency.Here(Version()).String()); err != nil {
		return nil, err
	}
	rec := recorder{run: r, catalog: s.catalog, every: seconds(s.settings.CheckpointSeconds), save: s.weights.save,
		steps: s.Config.TrainSteps, ctx: ctx}
	if err := rec.continueFrom(s.state); err != nil {
		return nil, err
	}
	o := s.options
	o.Observe(Started{r.Dir, s.Config.TrainSteps, rec.standing.Dropped(), s.Config.Constraint.Kind.Unit()})
	s.Observe = func(e evolve.Event) error {
		rec.observe(e)
		o.Observe(Searched{e})
		return nil
	}
	s.Checkpoint = rec.checkpoint
	if !s.settings.Search.Continues() {
		return s.run(ctx, r, &rec)
	}
	came := arrivals.New(r, s.catalog, o.plugins(s.pool.Ops), s.watch, func() int { return rec.round + 1 }, o.notice)
	defer came.Close()
	endWatch, err := came.Begin(ctx)
	if err != nil {
		return nil, err
	}
	defer endWatch()
	s.Arrivals = came.Take
	return s.run(ctx, r, &rec)
}

// run runs the search to its end. A cancelled search is a *Stopped.
func (s *search) run(ctx context.Context, r *runs.Run, rec *recorder) (_ *Run, err error) {
	state := s.state
	if s.second != nil {
		state, err = s.Continue(ctx, state, s.second)
	}
	if err == nil {
		s.Elapsed, err = rec.since(state.Before)
	}
	if err == nil {
		state, err = s.Search.Run(ctx, state)
	}
	if cancelled := ctx.Err(); cancelled != nil && errors.Is(err, cancelled) {
		return nil, &Stopped{Dir: r.Dir, Round: max(state.Round, 1), Err: err}
	}
	if err != nil {
		return nil, err
	}
	o := s.options
	o.Ops = slices.Concat(s.pool.Ops, o.Ops)
	return conclude(ctx, r, s.settings, o)
}

// absolute makes the folder of a data set's specification absolute, so that the run can be resumed from anywhere.
func absolute(spec string) (string, error) {
	name, dir, found := strings.Cut(spec, ":")
	if !found || name == "generated" || dir == "" {
		return spec, nil
	}
	path, err := filepath.Abs(dir)
	return name + ":" + path, err
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
