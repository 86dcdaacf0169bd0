package nse

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/internal/catalog"
	"github.com/nse-dev/nse/internal/report"
	"github.com/nse-dev/nse/internal/runs"
	"github.com/nse-dev/nse/internal/tensorboard"
)

// recorder writes a search's events and checkpoints to its run. It is for the goroutine of the search.
type recorder struct {
	run     *runs.Run
	catalog *catalog.Catalog
	save    func(path string) error // the engine's weights
	every   time.Duration           // between checkpoints within a phase
	steps   int                     // weight updates of a round
	ctx     context.Context
	started time.Time // of this process's search
	before  float64   // seconds that other processes have searched

	pending  []evolve.Event // since the last checkpoint
	standing evolve.Standing
	board    tensorboard.Board
	phase    evolve.Phase // of the last checkpoint
	round    int          // of the last checkpoint
	written  time.Time    // of the last checkpoint
}

// continueFrom prepares for the events after a state, and draws what the run holds up to there.
func (r *recorder) continueFrom(st evolve.State) error {
	spent, err := r.run.Ledger()
	if err != nil {
		return err
	}
	r.before, r.started = spent.Seconds, time.Now()
	r.phase, r.round, r.written = st.Phase, st.Round, time.Now()
	r.standing = evolve.StandingOf(st.Fitness)
	return errors.Join(report.Render(r.run, false), r.board.Rewrite(r.run))
}

// lasting reports whether an event need not happen again if the search is killed.
func lasting(e evolve.Event) bool {
	switch e.Body.(type) {
	case evolve.Arrived, evolve.Continued, evolve.Quarantined:
		return true
	}
	return false
}

// observe keeps an event for the next checkpoint.
func (r *recorder) observe(e evolve.Event) { r.pending = append(r.pending, e) }

// checkpoint makes the run resumable from a state, where it is time: at the end of a phase, after the interval, after a
// lasting event, and when the search is being stopped. Events of a step that did not end are not written: they come
// again.
func (r *recorder) checkpoint(st evolve.State) error {
	due := st.Phase != r.phase || st.Round != r.round || time.Since(r.written) >= r.every || r.ctx.Err() != nil ||
		slices.ContainsFunc(r.pending, lasting)
	if !due {
		return nil
	}
	state, err := json.Marshal(st)
	if err != nil {
		return err
	}
	for _, e := range r.pending {
		if e.Seq >= st.Events {
			break
		}
		if err := r.write(e); err != nil {
			return err
		}
	}
	r.pending = nil
	r.run.SetLedger(runs.Ledger{Round: max(counted(st), 1), Ledger: st.Spent, Seconds: r.seconds()})
	c := runs.Checkpoint{Label: r.label(st), State: state, Done: st.Phase == evolve.PhaseFinished}
	if err := r.run.Checkpoint(c, r.save); err != nil {
		return err
	}
	ended := st.Phase != r.phase
	r.phase, r.round, r.written = st.Phase, st.Round, time.Now()
	if ended {
		err = report.Render(r.run, false)
	}
	return errors.Join(err, r.board.Extend(r.run))
}

// seconds is how long processes have searched.
func (r *recorder) seconds() float64 { return r.before + time.Since(r.started).Seconds() }

// since is the clock of the budget, for a pool that came after so many rounds.
func (r *recorder) since(rounds int) (func() time.Duration, error) {
	list, err := r.run.Ledgers()
	carried := 0.0
	for _, l := range list {
		if l.Round <= rounds {
			carried = l.Seconds
		}
	}
	return func() time.Duration { return seconds(r.seconds() - carried) }, err
}

// counted is the round that a state belongs to: one that has not begun belongs to the round before.
func counted(st evolve.State) int {
	if st.Phase == evolve.PhaseBegin {
		return st.Round - 1
	}
	return st.Round
}

// label names the weights that belong to a state: those after a number of updates in a round.
func (r *recorder) label(st evolve.State) string {
	step := st.Step
	if st.Phase == evolve.PhaseBegin {
		step = r.steps
	}
	return fmt.Sprintf("round-%02d-step-%d", counted(st), step)
}

// write turns an event into rows.
func (r *recorder) write(e evolve.Event) error {
	body, err := json.Marshal(e.Body)
	if err != nil {
		return err
	}
	r.run.AddEvent(runs.Event{Seq: e.Seq, Round: e.Round, Kind: e.Body.Kind(), Body: body})
	r.standing.Observe(e.Body)
	switch b := e.Body.(type) {
	case evolve.RoundStarted:
		return r.run.AddRound(runs.Round{Round: e.Round, SubsetSize: b.SubsetSize, Subset: r.catalog.NamesOf(b.Subset)})
	case evolve.FitnessUpdated:
		r.standing.Each(b.Theta, func(layer int, op evolve.OpID, theta float64) {
			r.run.AddFitness(e.Round, runs.Fitness{Step: b.Step, Layer: layer, Op: r.catalog.Names[op], Theta: theta})
		})
	case evolve.Dropped:
		r.run.AddFitness(e.Round,
			runs.Fitness{Step: b.Step, Layer: b.Layer, Op: r.catalog.Names[b.Op], Theta: b.Theta, Dropped: true})
	case evolve.Sampled:
		r.run.SetInterval(e.Round, b.Feasibility.Low, b.Feasibility.High)
	case evolve.Scored:
		return r.run.AddArchitecture(e.Round, b.Index, r.architecture(b.Trial))
	case evolve.FrontRetrieved:
		var front [][][]string
		for _, m := range b.Members {
			front = append(front, r.catalog.NamesOf(m.Arch))
		}
		return r.run.SetFront(e.Round, front, b.Hypervolume, b.Rehearsed)
	case evolve.Aggregated:
		return r.run.SetKept(e.Round, r.catalog.NamesOf(b.Kept))
	}
	return nil
}

func (r *recorder) architecture(t evolve.Trial) runs.Architecture {
	c := r.catalog.Count(t.Arch)
	a := runs.Architecture{Ops: r.catalog.NamesOf(t.Arch), Params: c.Params, MACs: c.MACs, Cost: t.Cost,
		Accuracy: t.Accuracy, Role: runs.Sampled}
	if t.Rehearsed {
		a.Role = runs.Previous
	} else if t.Extra {
		a.Role = runs.Extra
	}
	return a
}
