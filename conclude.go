package nse

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"github.com/nse-dev/nse/internal/ending"
	"github.com/nse-dev/nse/internal/report"
	"github.com/nse-dev/nse/internal/runs"
	"github.com/nse-dev/nse/internal/tensorboard"
	"github.com/nse-dev/nse/supernet"
	"github.com/nse-dev/nse/supernet/data"
)

// conclude ends a run whose search has ended. It trains the best where the settings ask for that and it was not done
// yet, completes the files of the run, and opens it for reading. A stage that cannot be is told in a line.
func conclude(ctx context.Context, r *runs.Run, settings Settings, o Options) (*Run, error) {
	done, err := r.Result()
	if err == nil && done == nil && settings.Final.Candidates > 0 {
		err = final(ctx, r, settings, o)
	}
	if err != nil {
		return nil, err
	}
	if err := errors.Join(report.Render(r, true), new(tensorboard.Board).Rewrite(r)); err != nil {
		return nil, err
	}
	return Open(r.Dir)
}

// final trains the best of a run. Training that is cancelled is a *Stopped.
func final(ctx context.Context, r *runs.Run, settings Settings, o Options) error {
	set, reason, err := finalSet(ctx, r, settings, o)
	if err != nil {
		return err
	}
	front, err := finalists(r, settings)
	if err != nil {
		return err
	}
	if reason == "" && len(front) == 0 {
		reason = "the last front has nothing within the budget"
	}
	if reason != "" {
		o.notice(false, "nothing is trained at the end: "+reason)
		return nil
	}
	w, err := o.workshop(set, settings)
	if err != nil {
		return err
	}
	w.Source, w.Out = r.Dir, filepath.Join(r.Dir, report.ModelsFolder)
	e := ending.Ending{Run: r, Config: settings, Plugins: o.plugins(nil), Workshop: w,
		Say: func(text string) { o.notice(false, text) }}
	began := time.Now()
	x, spent, err := e.Train(ctx, front)
	took := time.Since(began).Seconds()
	if cancelled := ctx.Err(); cancelled != nil && errors.Is(err, cancelled) {
		if err := r.Lasted(took); err != nil {
			return err
		}
		return &Stopped{Dir: r.Dir, Round: front[0].Round, Final: true, Err: err}
	}
	if err != nil {
		return err
	}
	return r.Conclude(x, spent, took)
}

// finalSet opens the data, or says why a run's networks cannot be trained on them.
func finalSet(
	ctx context.Context, r *runs.Run, settings Settings, o Options,
) (set *data.Set, reason string, err error) {
	if o.Engine != nil {
		return nil, "the engine is the program's own, and trains no models", nil
	}
	if set, err = settings.Open(ctx, o.reading()); err != nil {
		return nil, "", err
	}
	if err := same(r, set); err != nil {
		return nil, "", err
	}
	if supernet.InputOf(set) != r.Info.Image {
		reason = fmt.Sprintf("the run's networks are not for the images of %s", settings.Data.Spec)
	}
	return set, reason, nil
}

// finalists are those of the last front that are considered, the most accurate first, of equal ones the cheapest. What
// costs more than the constraint interval is left out.
func finalists(r *runs.Run, settings Settings) ([]runs.Architecture, error) {
	rounds, err := r.Rounds()
	if err != nil {
		return nil, err
	}
	last, ok := runs.LastFront(rounds)
	if !ok {
		return nil, nil
	}
	constraint := settings.Search.Constraint
	f, err := r.Front(last, constraint.Kind.Unit())
	if err != nil {
		return nil, err
	}
	list := slices.DeleteFunc(f.Architectures,
		func(a runs.Architecture) bool { return a.Cost > constraint.High() })
	slices.SortStableFunc(list, func(a, b runs.Architecture) int { return cmp.Compare(b.Accuracy, a.Accuracy) })
	return list[:min(len(list), settings.Final.Candidates)], nil
}
