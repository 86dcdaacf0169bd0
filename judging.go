package nse

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/internal/file"
	"github.com/nse-dev/nse/internal/runs"
)

// judging keeps the state of a judge in a folder, and the weights that belong to it.
type judging struct {
	dir      string
	settings string // SHA-256 of the run's configuration
	save     func(path string) error
	every    time.Duration
	ctx      context.Context
	alone    bool // there are no weights
	phase    evolve.Phase
	written  time.Time
}

// Files in the folder of a judge.
const (
	judgeState = "state.json"
	judgeLock  = "judge.lock"
)

// judgeFile is the content of judgeState.
type judgeFile struct {
	Settings string       `json:"settings"`          // SHA-256 of the run's configuration
	Weights  string       `json:"weights,omitempty"` // file beside it
	State    evolve.State `json:"state"`
}

// judge measures the architectures of a method, from what its folder holds, in their order.
func (s *search) judge(ctx context.Context, r *runs.Run, m evolve.Judge) ([]evolve.Member, error) {
	j := judging{dir: s.judgeDir(r.Dir, m.Epochs), settings: r.Info.ConfigHash, save: s.weights.save,
		every: seconds(s.settings.CheckpointSeconds), ctx: ctx, alone: m.Solo != nil, written: time.Now()}
	if err := os.MkdirAll(j.dir, 0o755); err != nil {
		return nil, err
	}
	lock, err := file.Lock(filepath.Join(j.dir, judgeLock))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", j.dir, err)
	}
	defer lock.Close()
	last, err := j.read()
	if err != nil {
		return nil, err
	}
	state := j.begin(last, m.Trials(s.Problem))
	if last.Weights != "" && state.Phase != evolve.PhaseBegin && state.Phase != evolve.PhaseFinished {
		if err := s.weights.restore(filepath.Join(j.dir, last.Weights)); err != nil {
			return nil, err
		}
	}
	s.options.Observe(Started{j.dir, s.Config.TrainSteps, 0, s.Config.Constraint.Kind.Unit()})
	s.Observe = func(e evolve.Event) error { s.options.Observe(Searched{e}); return nil }
	j.phase, s.Checkpoint = state.Phase, j.checkpoint
	state, err = s.Run(ctx, state)
	if cancelled := ctx.Err(); cancelled != nil && errors.Is(err, cancelled) {
		return nil, &StoppedRetraining{Dir: j.dir, Err: err}
	}
	return state.Front, err
}

// read is what the folder holds: nothing, or a state of the same configuration.
func (j judging) read() (last judgeFile, err error) {
	path := filepath.Join(j.dir, judgeState)
	text, err := file.Read(path)
	if errors.Is(err, fs.ErrNotExist) {
		return last, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &last)
	}
	if err != nil {
		return last, fmt.Errorf("%s: %w: remove it to begin anew", path, err)
	}
	if last.Settings != j.settings {
		return judgeFile{}, nil
	}
	return last, nil
}

// begin is the state to go on from. A supernet is of all architectures: one of others is begun anew. What was trained
// alone is taken over by architecture.
func (j judging) begin(last judgeFile, trials []evolve.Trial) evolve.State {
	known := map[string]evolve.Trial{}
	same := 0
	for _, m := range last.State.Front {
		known[fmt.Sprint(m.Arch)] = evolve.Trial{Member: m, Done: true}
	}
	for _, t := range last.State.Trials {
		known[fmt.Sprint(t.Arch)] = t
	}
	for i, t := range trials {
		if k, ok := known[fmt.Sprint(t.Arch)]; ok {
			same++
			trials[i].Accuracy, trials[i].Done = k.Accuracy, k.Done && j.alone
		}
	}
	switch {
	case same == len(trials) && len(known) == same:
		return last.State
	case j.alone:
		return evolve.State{Trials: trials}
	}
	return evolve.State{}
}

// checkpoint keeps a state where it is time: after every architecture that was trained alone, at the end of a phase,
// after the interval, and when it is being stopped.
func (j *judging) checkpoint(st evolve.State) error {
	if !j.alone && st.Phase == j.phase && time.Since(j.written) < j.every && j.ctx.Err() == nil {
		return nil
	}
	f := judgeFile{Settings: j.settings, State: st}
	if !j.alone && st.Phase != evolve.PhaseFinished {
		f.Weights = fmt.Sprintf("weights-%d.safetensors", st.Events)
		if err := j.save(filepath.Join(j.dir, f.Weights)); err != nil {
			return err
		}
	}
	text, err := json.MarshalIndent(f, "", " ")
	if err != nil {
		return err
	}
	if err := file.Write(filepath.Join(j.dir, judgeState), append(text, '\n')); err != nil {
		return err
	}
	j.phase, j.written = st.Phase, time.Now()
	old, err := filepath.Glob(filepath.Join(j.dir, "weights-*.safetensors"))
	for _, path := range old {
		if filepath.Base(path) != f.Weights {
			err = errors.Join(err, os.Remove(path))
		}
	}
	return err
}
