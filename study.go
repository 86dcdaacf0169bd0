package nse

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/nse-dev/nse/internal/runs"
	"github.com/nse-dev/nse/internal/study"
)

// What a study consists of. docs/studies.md describes files, rows and reports.
type (
	// StudyFile says what is compared, and how: methods, seeds, data sets, budgets, and how finalists are trained.
	StudyFile = study.File
	// StudyKey tells an item of a study from the others.
	StudyKey = study.Key
	// StudyRow is what is known of an item that has ended.
	StudyRow = study.Row
	// StudyCandidate is an architecture of an item that was trained alone.
	StudyCandidate = study.Candidate
	// StudyReport is what a study comes to: means with intervals, ranks and verdicts.
	StudyReport = study.Report
)

// ReadStudyFile reads the study file at path. Specifications of data sets in place take the place of those of the same
// kind in the file, because folders differ between machines. Errors about the text start with path:line:column.
func ReadStudyFile(path string, place ...string) (*StudyFile, error) {
	return study.ReadFile(path, place)
}

// RunStudy runs the items of a study that have no row yet, one after another, and keeps everything in dir. It returns
// the rows of all items of the file.
//
// A cancelled context stops the item in progress at a checkpoint, and the error is a *StoppedStudy. The same call goes
// on, also after a kill, and leads to the rows of a study that was never stopped, but for times. The file may have got
// more methods, seeds, data or budgets since. A study that another process runs is ErrInUse.
func RunStudy(ctx context.Context, f *StudyFile, dir string, o Options) ([]StudyRow, error) {
	s := studying{file: f, options: o.serial()}
	var err error
	if s.engine, err = studyEngine(f); err != nil {
		return nil, err
	}
	if s.study, err = study.Open(dir, f.About()); err != nil {
		return nil, err
	}
	defer s.study.Close()
	return s.run(ctx)
}

// ReportStudy compares the methods of the study in dir with the one of a label, and empty means the study's own
// reference. The study may be unfinished, and another process may be running it.
func ReportStudy(dir, reference string) (*StudyReport, error) {
	s, err := study.Read(dir)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	rows, err := s.Rows()
	if err != nil {
		return nil, err
	}
	return study.Compare(s.About, rows, reference)
}

// studying is a study that runs.
type studying struct {
	file    *study.File
	options Options
	engine  engineOfStudy
	study   *study.Study
	took    []time.Duration
}

// run runs the items that have no row.
func (s *studying) run(ctx context.Context) (rows []StudyRow, err error) {
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
					return nil, &StoppedStudy{s.study.Dir, len(items) - left, len(items), err}
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
func (s *studying) known() (map[study.Key]StudyRow, error) {
	rows, err := s.study.Rows()
	if err != nil {
		return nil, err
	}
	known := map[study.Key]StudyRow{}
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
func (s *studying) item(ctx context.Context, i study.Item, left int) (row StudyRow, err error) {
	event := Studying{Number: i.Number, Total: len(s.file.Items()), Item: i.Key(), Left: s.left(left)}
	s.options.Observe(event)
	began := time.Now()
	settings, err := s.file.Settings(i)
	if err != nil {
		return row, err
	}
	settings.Final.Candidates = 0 // finalists are trained by the study's recipe
	row = StudyRow{Key: i.Key(), Name: i.Method.Name, Folder: i.Folder(), Tau: settings.Search.Constraint.Tau,
		High: settings.Search.Constraint.High(), Version: Version(), Candidates: []StudyCandidate{}}
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
	s.options.Observe(event)
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

// search starts the search of an item, or goes on with it. The result is open for reading.
func (s *studying) search(ctx context.Context, i study.Item, settings Settings) (*Run, error) {
	dir := filepath.Join(s.study.Dir, i.Folder())
	if !runs.Exists(dir) {
		r, err := Start(ctx, dir, Pool{File: s.file.Pool}, settings, s.options)
		if _, wrong := errors.AsType[*SettingError](err); wrong {
			err = s.file.Locate(i, err)
		}
		return r, err
	}
	if err := same(dir, settings); err != nil {
		return nil, err
	}
	return Resume(ctx, dir, s.options)
}

// same refuses a run that was started with other settings.
func same(dir string, settings Settings) error {
	r, err := runs.Read(dir)
	if err != nil {
		return err
	}
	defer r.Close()
	was, err := r.Config()
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
