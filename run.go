package nse

import (
	"fmt"
	"path/filepath"

	"github.com/nse-dev/nse/internal/history"
	"github.com/nse-dev/nse/internal/report"
	"github.com/nse-dev/nse/internal/runs"
)

// Run reads what a run's folder holds, also while a search writes it: a method then tells what the last checkpoint
// wrote. Methods are for one goroutine at a time. Close it after use.
type Run struct {
	// Dir is the run's folder, as it was given.
	Dir string

	run *runs.Run
}

// What a run holds. The JSON of these types is that of the files and commands, which docs/runs.md describes.
type (
	// Front is the Pareto front of a round, as in front.json.
	Front = runs.Front
	// Architecture is an architecture with its score, its counts and its cost.
	Architecture = runs.Architecture
	// Round is one round of a search, complete or in progress.
	Round = runs.Round
	// History says how an operation fared, as nse ops history --json does.
	History = history.Operation
	// Ledger is what a search has spent, as in the table ledger of run.db.
	Ledger = runs.Ledger
	// Result is what a search has found, as in result.json.
	Result = runs.Result
	// Report is all figures of a run, as nse report --json prints them.
	Report = report.Report
)

// Open opens the run in dir for reading. It changes nothing, and does not keep a search from writing. A folder without
// a run is ErrNoRun, and a database that is damaged is an error that names it.
func Open(dir string) (*Run, error) {
	r, err := runs.Read(dir)
	if err != nil {
		return nil, err
	}
	return &Run{dir, r}, nil
}

// Close closes the run's database. The run is of no use afterwards.
func (r *Run) Close() error { return r.run.Close() }

// Settings are the settings that the run goes on with: those that it was started with, and what Continue changed.
func (r *Run) Settings() (Settings, error) { return r.run.Settings() }

// Rounds lists the rounds in order. One in progress is the last, and is not Done.
func (r *Run) Rounds() ([]Round, error) { return r.run.Rounds() }

// Ended reports whether the search has ended, and says why. The reason is empty until then.
func (r *Run) Ended() (reason string, ended bool, err error) {
	last, state, err := r.run.State()
	return state.Reason, last.Done, err
}

// Front is the Pareto front of the last round that has one, by rising cost. Costs are in the unit that Front.Unit
// names, accuracies are 0 to 1, on the held-out images: with the supernet's weights, or of networks that were trained
// alone for Architecture.Epochs. A run without any front is ErrNoFront.
func (r *Run) Front() (Front, error) {
	rounds, err := r.run.Rounds()
	if err != nil {
		return Front{}, err
	}
	c, err := r.run.Config()
	if err != nil {
		return Front{}, err
	}
	last, ok := runs.LastFront(rounds)
	if !ok {
		reason, ended, err := r.Ended()
		if err == nil && ended {
			err = runs.NoFront("the search ended without a front: " + reason)
		} else if err == nil {
			err = runs.NoFront(r.Dir + " has no front yet: no round has come to its end")
		}
		return Front{}, err
	}
	return r.run.Front(last, c.Search.Constraint.Kind.Unit())
}

// FrontFile is the path of the run's front.json. The file is there once a round has a front.
func (r *Run) FrontFile() string { return filepath.Join(r.Dir, runs.FrontFile) }

// Architectures lists what a round has scored, in the order in which it was. A round that has scored nothing yet, or
// that does not exist, has none.
func (r *Run) Architectures(round int) ([]Architecture, error) { return r.run.Architectures(round) }

// Ledger is what the search has spent by its last checkpoint: images, multiply-accumulates and seconds. It is zero
// before the first one, and counts nothing that versions without a ledger have done.
func (r *Run) Ledger() (Ledger, error) { return r.run.Ledger() }

// Result is what the search has found, trained alone and tested, with the best uniform stack beside it, as in
// result.json. It is nil for a search that has not ended, and for one that trains nothing at its end (Settings.Final).
func (r *Run) Result() (*Result, error) { return r.run.Result() }

// History says how each operation fared, in the order of their ids, in which they came to the run.
func (r *Run) History() (list []History, err error) {
	err = r.run.Frozen(func() (err error) { list, err = history.Of(r.run); return err })
	return list, err
}

// Report is all figures of the run and of retrained models. Models are found in the run's folder and in models, which
// are folders of one model or of several. A report has no pictures.
func (r *Run) Report(models ...string) (*Report, error) {
	g, err := report.Gather(r.run, models)
	if err != nil {
		return nil, err
	}
	return &g.Report, nil
}

// HTML is a page of the run with pictures, in UTF-8. It needs no other file and has no script. Models are as in Report.
func (r *Run) HTML(models ...string) ([]byte, error) {
	g, err := report.Gather(r.run, models)
	if err != nil {
		return nil, err
	}
	if err := g.Draw(); err != nil {
		return nil, fmt.Errorf("%s: %w", r.Dir, err)
	}
	page, err := g.Report.HTML()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", r.Dir, err)
	}
	return page, nil
}
