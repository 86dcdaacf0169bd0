package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/nse-dev/nse/internal/file"
	"github.com/nse-dev/nse/internal/modelfile"
	"github.com/nse-dev/nse/supernet/config"
	"github.com/nse-dev/nse/supernet/data"
	"github.com/nse-dev/nse/supernet/retrain"
)

// workshop trains models, each in a folder of its own. While a model is being trained, its folder has a checkpoint; once
// it is complete, it has none.
type workshop struct {
	set      *data.Set
	settings config.Config
	source   string // of the architectures
	out      string
	errs     io.Writer
}

const (
	checkpointFile = "checkpoint.safetensors"
	checkpointKey  = "model" // of the checkpoint's metadata: the identity of the model
	trainingLock   = "retrain.lock"
)

// introduce says what will be trained, and refuses names that cannot be folders.
func (w *workshop) introduce(list []model) error {
	s := w.settings.Retrain
	fmt.Fprintf(w.errs, "data: %d training and %d test images %d×%d×%d, %d classes\n", w.set.Train.Len(), w.set.Test.Len(),
		w.set.Height, w.set.Width, w.set.Channels, len(w.set.Classes))
	fmt.Fprintf(w.errs, "training: %d epochs in batches of %d\n", s.Epochs, min(s.Batch, w.set.Train.Len()))
	rows, names := []string{"architecture\tM MACs\tparameters\tchannels"}, map[string]bool{}
	for _, m := range list {
		if m.Name == "" || strings.HasPrefix(m.Name, ".") || strings.ContainsAny(m.Name, `/\`) {
			return fmt.Errorf("%s: the name %q cannot be that of a folder", w.source, m.Name)
		}
		if names[m.Name] {
			return fmt.Errorf("%s: two architectures have the name %s", w.source, m.Name)
		}
		names[m.Name] = true
		c := m.count()
		rows = append(rows, fmt.Sprintf("%s\t%.4g\t%s\t%s", m.Name, millions(c.MACs), thousands(c.Params), strings.Trim(fmt.Sprint(m.Macro.Channels), "[]")))
	}
	return table(w.errs, rows)
}

func (w *workshop) trainAll(ctx context.Context, list []model) (done []finished, err error) {
	p := newProgress(w.errs, 0)
	defer p.close()
	for _, x := range list {
		dir := filepath.Join(w.out, x.Name)
		m, err := w.describe(x)
		if err == nil {
			m, err = w.train(ctx, p, dir, m)
		}
		if errors.Is(err, context.Canceled) && ctx.Err() != nil {
			p.aside("stopped; the same command goes on with %s", dir)
			return nil, errInterrupted
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", dir, err)
		}
		done = append(done, finished{dir, m})
	}
	return done, nil
}

// describe is what is known of a model before it is trained.
func (w *workshop) describe(x model) (*modelfile.Model, error) {
	spec, err := absolute(w.settings.Data.Spec)
	if err != nil {
		return nil, err
	}
	n := w.set.Normalization
	d := modelfile.Model{Version: version(), Name: x.Name, Source: w.source, Classes: w.set.Classes, Macro: x.Macro,
		Input: modelfile.Input{Height: w.set.Height, Width: w.set.Width, Channels: w.set.Channels, Mean: n.Mean, Std: n.Std},
		Training: &modelfile.Training{Data: spec, Images: w.set.Train.Len(), Seed: w.settings.Seed, Settings: w.settings.Retrain,
			TestImages: w.set.Test.Len()}}
	ops := make([][]modelfile.Operation, len(x.Ops))
	for l, path := range x.Ops {
		for _, op := range path {
			ops[l] = append(ops[l], modelfile.Operation{Name: op.Name, Family: op.Family, Checksum: op.Plugin.SHA256})
		}
	}
	return modelfile.New(d, ops, x.Graphs)
}

// identity tells a model from others that may be in its folder: all that is known of it before its training, but for
// where the architecture is from, which has another name after a move.
func identity(m *modelfile.Model) ([]byte, error) {
	u := m.Untrained()
	u.Source = ""
	return u.Encode()
}

// train makes the folder of a model, or goes on with it, unless it is there.
func (w *workshop) train(ctx context.Context, p *progress, dir string, m *modelfile.Model) (*modelfile.Model, error) {
	id, err := identity(m)
	if err != nil {
		return nil, err
	}
	if !modelfile.Exists(dir) {
		if m, err = w.trainAlone(ctx, p, dir, m, id); err != nil {
			return nil, err
		}
	} else if m, err = w.complete(p, dir, id); err != nil {
		return nil, err
	}
	return m, removeCheckpoint(dir)
}

// trainAlone trains a model while no other process does.
func (w *workshop) trainAlone(ctx context.Context, p *progress, dir string, m *modelfile.Model, id []byte) (*modelfile.Model, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	lock, err := file.Lock(filepath.Join(dir, trainingLock))
	if err == file.ErrLocked {
		err = fmt.Errorf("it is %w", err)
	}
	if err != nil {
		return nil, err
	}
	defer lock.Close()
	if modelfile.Exists(dir) { // another process has just trained it
		return w.complete(p, dir, id)
	}
	s := m.Training
	t, err := retrain.NewTrainer(m.Skeleton(), m.Graphs(), w.set, s.Settings, s.Seed, w.settings.Workers)
	if err != nil {
		return nil, err
	}
	defer t.Close()
	if err := restoreTrainer(t, dir, id); err != nil {
		return nil, err
	}
	if err := w.steps(ctx, p, dir, m.Name, t, id); err != nil {
		return nil, err
	}
	p.aside("%s: testing", m.Name)
	if s.Test, err = t.Finish(ctx); err != nil {
		return nil, err
	}
	p.aside("%s: %s", m.Name, outcomeText(s.Test))
	return m, m.Write(dir, t.Net())
}

// complete returns a model that is there already, if it is the one that would be trained.
func (w *workshop) complete(p *progress, dir string, id []byte) (*modelfile.Model, error) {
	m, err := modelfile.Read(dir)
	if err != nil {
		return nil, err
	}
	if _, err := m.Weights(dir); err != nil {
		return nil, err
	}
	if was, err := identity(m); err != nil || string(was) != string(id) {
		return nil, errors.Join(err, errOther)
	}
	p.aside("%s is there already: %s", m.Name, outcomeText(m.Training.Test))
	return m, nil
}

var errOther = errors.New("it has a model of another architecture, data set, version or settings: choose another --out, or remove it")

// restoreTrainer goes on from the checkpoint in a folder, if there is one.
func restoreTrainer(t *retrain.Trainer, dir string, id []byte) error {
	path := filepath.Join(dir, checkpointFile)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	f, err := retrain.ReadCheckpoint(path)
	if err != nil {
		return fmt.Errorf("%w: remove it to begin anew", err)
	}
	if f.Metadata[checkpointKey] != string(id) {
		return errOther
	}
	if err := t.Restore(f); err != nil {
		return fmt.Errorf("%s: %w", checkpointFile, err)
	}
	return nil
}

// steps trains to the end of the schedule, with a checkpoint now and then.
func (w *workshop) steps(ctx context.Context, p *progress, dir, name string, t *retrain.Trainer, id []byte) error {
	every, written := time.Duration(w.settings.CheckpointSeconds*float64(time.Second)), time.Now()
	save := func() error {
		written = time.Now()
		return t.Save(filepath.Join(dir, checkpointFile), map[string]string{checkpointKey: string(id)})
	}
	var recent recent
	p.at(name, t.Step, t.Steps, "") // the clock starts
	for t.Step < t.Steps {
		if ctx.Err() != nil {
			return errors.Join(save(), ctx.Err())
		}
		loss, accuracy, err := t.Update()
		if err != nil {
			return err
		}
		recent.add(loss, accuracy)
		epochs := w.settings.Retrain.Epochs
		p.at(name, t.Step, t.Steps, fmt.Sprintf("epoch %d of %d, loss %.3f, %.1f %% of training images", min(1+t.Step*epochs/t.Steps, epochs), epochs,
			recent.loss, 100*recent.accuracy))
		if time.Since(written) >= every {
			if err := save(); err != nil {
				return err
			}
		}
	}
	return nil
}

// recent are means of the last steps, for the eye.
type recent struct {
	steps          float64
	loss, accuracy float64
}

func (r *recent) add(loss, accuracy float64) {
	r.steps = min(r.steps+1, 50)
	r.loss += (loss - r.loss) / r.steps
	r.accuracy += (accuracy - r.accuracy) / r.steps
}

func outcomeText(o retrain.Outcome) string {
	text := fmt.Sprintf("%.2f %% of test images", 100*o.Accuracy)
	if o.Averaged != nil {
		text += fmt.Sprintf(" (last weights %.2f %%, averaged %.2f %%)", 100*o.Last.Accuracy, 100*o.Averaged.Accuracy)
	}
	return text
}

// removeCheckpoint tidies the folder of a complete model.
func removeCheckpoint(dir string) error {
	for _, name := range []string{checkpointFile, checkpointFile + ".tmp", trainingLock} {
		if err := os.Remove(filepath.Join(dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}
