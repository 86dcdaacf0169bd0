// Package experiment runs the items of studies: searches on the supernet, on NAS-Bench-201 and on tables of true
// accuracies, and the training of what they find.
package experiment

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"github.com/nse-dev/nse"
	"github.com/nse-dev/nse/internal/runs"
	"github.com/nse-dev/nse/internal/study"
)

// Progress says that an item of a study begins, or has ended.
type Progress struct {
	Number, Total int // of the item, from 1, and of all
	Item          study.Key
	Row           *study.Row    // what came of it; nil at its beginning
	Left          time.Duration // until the end of the study, by the items that this call has ended; 0: not known
}

// String is a line for a person.
func (p Progress) String() string {
	budget := ""
	if k := p.Item; k.Budget > 0 {
		budget = fmt.Sprintf(", %.4g GMAC", k.Budget/1e9)
	}
	name := fmt.Sprintf("item %d of %d, %s, %s%s, seed %d", p.Number, p.Total, p.Item.Method, p.Item.Data, budget,
		p.Item.Seed)
	left := ""
	if p.Left > 0 {
		left = fmt.Sprintf(", %v left", p.Left)
	}
	if p.Row == nil {
		return fmt.Sprintf("%s: begins%s", name, left)
	}
	result := "no result: " + p.Row.Reason
	best := -1.
	for _, c := range p.Row.Candidates {
		if c.Finalist && *c.Test > best {
			best = *c.Test
			result = fmt.Sprintf("%.2f %% of test images", 100*best)
		}
	}
	return fmt.Sprintf("%s: %s, %.4g GMAC%s", name, result, p.Row.Ledger.MACs()/1e9, left)
}

// Stopped says that a study was cancelled. The same call of Run goes on with it.
type Stopped struct {
	Dir         string // the study's folder
	Done, Total int    // items that have ended, and all
	Err         error  // the error that the context's end led to
}

func (s *Stopped) Error() string {
	return fmt.Sprintf("stopped after %d of %d items; the same command goes on with %s", s.Done, s.Total, s.Dir)
}

// Unwrap returns Err, so that errors.Is finds context.Canceled or context.DeadlineExceeded.
func (s *Stopped) Unwrap() error { return s.Err }

// Run runs the items of a study that have no row yet, one after another, and keeps everything in dir. It returns the
// rows of all items of the file. observe is told of every item's beginning and end, and Options.Observe of what happens
// in between.
//
// A cancelled context stops the item in progress at a checkpoint, and the error is a *Stopped. The same call goes on,
// also after a kill, and leads to the rows of a study that was never stopped, but for times. The file may have got more
// methods, seeds, data or budgets since. A study that another process runs is nse.ErrInUse.
func Run(ctx context.Context, f *study.File, dir string, o nse.Options, observe func(Progress)) ([]study.Row, error) {
	s := studying{file: f, options: o, observe: observe}
	var err error
	if s.engine, err = engineOf(f); err != nil {
		return nil, err
	}
	if s.study, err = study.Open(dir, f.About()); err != nil {
		return nil, err
	}
	defer s.study.Close()
	return s.run(ctx)
}

// studying is a study that runs.
type studying struct {
	file    *study.File
	options nse.Options
	observe func(Progress)
	engine  engine
	study   *study.Study
	took    []time.Duration
}

// run runs the items that have no row.
func (s *studying) run(ctx context.Context) (rows []study.Row, err error) {
	known, err := s.known()
	if err != nil {
		return nil, err
	}
	items := s.file.Items()
	for _, i := range items {
		if row, there := known[i.Key()]; there {
			rows = append(rows, row)
		}
	}
	left := len(items) - len(rows)
	rows = rows[:0]
	for _, i := range items {
		row, there := known[i.Key()]
		if !there {
			if row, err = s.item(ctx, i, left); err != nil {
				if cancelled := ctx.Err(); cancelled != nil && errors.Is(err, cancelled) {
					return nil, &Stopped{s.study.Dir, len(items) - left, len(items), err}
				}
				return nil, err
			}
			left--
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// known lists the rows by their items. A row of other settings than the file's is an error.
func (s *studying) known() (map[study.Key]study.Row, error) {
	rows, err := s.study.Rows()
	if err != nil {
		return nil, err
	}
	known := map[study.Key]study.Row{}
	for _, r := range rows {
		known[r.Key] = r
	}
	for _, i := range s.file.Items() {
		sum, err := s.file.Sum(i, s.engine.space)
		if err != nil {
			return nil, err
		}
		if row, there := known[i.Key()]; there && row.Settings != sum {
			return nil, fmt.Errorf("%s: %s ran with other settings there: give it another label, or choose "+
				"another --out", s.study.Dir, i.Method.Label)
		}
	}
	return known, nil
}

// item runs an item and writes its row. left counts the items to run, with this one.
func (s *studying) item(ctx context.Context, i study.Item, left int) (row study.Row, err error) {
	event := Progress{Number: i.Number, Total: len(s.file.Items()), Item: i.Key(), Left: s.left(left)}
	s.observe(event)
	began := time.Now()
	settings, err := s.file.Settings(i)
	if err != nil {
		return row, err
	}
	settings.Final.Candidates = 0 // finalists are trained by the study's recipe
	row = study.Row{Key: i.Key(), Name: i.Method.Name, Folder: i.Folder(), Tau: settings.Search.Constraint.Tau,
		High: settings.Search.Constraint.High(), Version: nse.Version(), Candidates: []study.Candidate{}}
	if row.Settings, err = s.file.Sum(i, s.engine.space); err != nil {
		return row, err
	}
	if err := s.engine.run(s, ctx, i, settings, &row); err != nil {
		return row, err
	}
	s.took = append(s.took, time.Since(began))
	row.Time = time.Now().UTC().Truncate(time.Second)
	if err := s.study.Add(row); err != nil {
		return row, fmt.Errorf("%s: %w", s.study.Dir, err)
	}
	event.Row, event.Left = &row, s.left(left-1)
	s.observe(event)
	return row, nil
}

// left is how long so many items will take, by the mean of those that have ended.
func (s *studying) left(items int) time.Duration {
	if len(s.took) == 0 {
		return 0
	}
	var sum time.Duration
	for _, t := range s.took {
		sum += t
	}
	return (sum / time.Duration(len(s.took)) * time.Duration(items)).Round(time.Second)
}

// searched runs the search of an item to its end, in its second pool where it has one. The result is open for reading.
func (s *studying) searched(ctx context.Context, i study.Item, settings nse.Settings) (*nse.Run, error) {
	r, err := s.search(ctx, i, settings)
	if err != nil || i.Method.Second == "" {
		return r, err
	}
	r.Close()
	continued, err := goesOn(r.Dir)
	if err != nil {
		return nil, err
	}
	if !continued {
		next, err := nse.Continue(ctx, r.Dir, nse.Pool{File: i.Method.Second}, 0, s.options)
		if !errors.Is(err, nse.ErrNoFront) {
			return next, err
		}
	}
	return nse.Open(r.Dir)
}

// goesOn reports whether a run has a second pool already.
func goesOn(dir string) (bool, error) {
	r, err := runs.Read(dir)
	if err != nil {
		return false, err
	}
	defer r.Close()
	pools, err := r.Pools()
	return slices.ContainsFunc(pools, func(p runs.Pool) bool { return p.Kind == runs.Second }), err
}

// search starts the search of an item, or goes on with it. The result is open for reading.
func (s *studying) search(ctx context.Context, i study.Item, settings nse.Settings) (*nse.Run, error) {
	dir := filepath.Join(s.study.Dir, i.Folder())
	if !runs.Exists(dir) {
		r, err := nse.Start(ctx, dir, nse.Pool{File: s.file.Pool}, settings, s.options)
		if _, wrong := errors.AsType[*nse.SettingError](err); wrong {
			err = s.file.Locate(i, err)
		}
		return r, err
	}
	if err := same(dir, settings); err != nil {
		return nil, err
	}
	return nse.Resume(ctx, dir, s.options)
}

// same refuses a run that was started with other settings.
func same(dir string, settings nse.Settings) error {
	was, err := runs.ConfigOf(dir)
	if err != nil {
		return err
	}
	was.Data.Spec, was.Search.Constraint.Table = settings.Data.Spec, settings.Search.Constraint.Table // absolute there
	was.Workers, was.CheckpointSeconds = settings.Workers, settings.CheckpointSeconds
	old, err := was.Encode()
	if err != nil {
		return err
	}
	if now, err := settings.Encode(); err != nil || string(now) != string(old) {
		return errors.Join(err,
			fmt.Errorf("%s holds a run of other settings: remove it, or choose another --out", dir))
	}
	return nil
}
