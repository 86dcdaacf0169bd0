package nse

import (
	"errors"
	"fmt"

	"github.com/nse-dev/nse/internal/architecture"
	"github.com/nse-dev/nse/internal/file"
	"github.com/nse-dev/nse/internal/runs"
	"github.com/nse-dev/nse/internal/setting"
	"github.com/nse-dev/nse/internal/text"
	"github.com/nse-dev/nse/internal/workshop"
)

var (
	// ErrNoRun says that a folder holds no run, or that there is no folder.
	ErrNoRun = runs.ErrNoRun
	// ErrNoFront says that a run has no front. No round has come to its end, or the search ended without one.
	ErrNoFront = runs.ErrNoFront
	// ErrFinished says that a search has ended. It goes on with Continue.
	ErrFinished = errors.New("has finished")
	// ErrInUse says that another process, or another call, writes the run or the model. It is never waited for.
	ErrInUse = file.ErrLocked
	// ErrForeignFront says that a front.json is not the front of the run in its folder.
	ErrForeignFront = architecture.ErrForeignFront
	// ErrMissed says that no scale of an architecture comes near enough to a budget of MACs.
	ErrMissed = architecture.ErrMissed
	// ErrOtherModel says that a folder has another model than the one that Retrain would train there.
	ErrOtherModel = workshop.ErrOther
)

// SettingError says what is wrong with a setting. Key is its name in the configuration file, such as "search.k", Value
// is what was given, and Err says what would be right.
type SettingError = setting.Error

// Stopped says that a search was cancelled. The run stands at a checkpoint, and Resume goes on from there.
type Stopped struct {
	Dir   string // the run's folder
	Round int    // the round in which the search stopped, from 1
	Final bool   // the search had come to its end, and the best was being trained
	Err   error  // the error that the context's end led to
}

func (s *Stopped) Error() string {
	if s.Final {
		return "stopped while the best was trained; go on with: nse resume " + text.Shell(s.Dir)
	}
	return fmt.Sprintf("stopped in round %d; go on with: nse resume %s", s.Round, text.Shell(s.Dir))
}

// Unwrap returns Err, so that errors.Is finds context.Canceled or context.DeadlineExceeded.
func (s *Stopped) Unwrap() error { return s.Err }

// StoppedRetraining says at which model Retrain was cancelled. The same call goes on with it from its checkpoint.
type StoppedRetraining = workshop.Stopped
