package nse

import (
	"fmt"
	"path/filepath"

	"github.com/nse-dev/nse/internal/history"
	"github.com/nse-dev/nse/internal/report"
	"github.com/nse-dev/nse/internal/runs"
)

// Run reads what a run's folder holds, also while a search writes it. Methods are for one goroutine. Close it after use.
type Run struct {
	Dir string

	run *runs.Run
}

// What a run holds. The JSON of these types is that of the files and commands, which docs/runs.md describes.
type (
	Front        = runs.Front        // front.json
	Architecture = runs.Architecture // a scored architecture
	Round        = runs.Round        // a round
	History      = history.Operation // how an operation fared, nse ops history --json
	Report       = report.Report     // all figures of a run, nse report --json
)

// Open opens the run in dir for reading. Of a folder without a run the error is ErrNoRun.
func Open(dir string) (*Run, error) {
	r, err := runs.Read(dir)
	if err != nil {
		return nil, err
	}
	return &Run{dir, r}, nil
}

// Close gives the run's database free.
func (r *Run) Close() error { return r.run.Close() }

// Settings is the configuration of the run as it is now.
func (r *Run) Settings() (Settings, error) { return r.run.Settings() }

// Rounds lists the rounds in order, one in progress last.
func (r *Run) Rounds() ([]Round, error) { return r.run.Rounds() }

// Ended reports whether the search has ended, and why.
func (r *Run) Ended() (reason string, ended bool, err error) {
	last, state, err := r.run.State()
	return state.Reason, last.Done, err
}

// Front is the Pareto front of the last round that has one. A run without any is ErrNoFront.
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
			err = noFront("the search ended without a front: " + reason)
		} else if err == nil {
			err = noFront(r.Dir + " has no front yet: no round has come to its end")
		}
		return Front{}, err
	}
	return r.run.Front(last, c.Search.Constraint.Kind.Unit())
}

// FrontFile is the path of the run's front.json.
func (r *Run) FrontFile() string { return filepath.Join(r.Dir, runs.FrontFile) }

// Architectures lists what a round has scored, in the order of its list.
func (r *Run) Architectures(round int) ([]Architecture, error) { return r.run.Architectures(round) }

// History says how each operation fared, in the order in which they came.
func (r *Run) History() (list []History, err error) {
	err = r.run.Frozen(func() (err error) { list, err = history.Of(r.run); return err })
	return list, err
}

// Report is all figures of the run, with the retrained models in its folder and in models: folders of a model, or of
// several. It has no pictures.
func (r *Run) Report(models ...string) (*Report, error) {
	g, err := report.Gather(r.run, models)
	if err != nil {
		return nil, err
	}
	return &g.Report, nil
}

// HTML is a page of the run, one file that needs no other, with the models that Report has.
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
