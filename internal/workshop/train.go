package workshop

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/nse-dev/nse/internal/file"
	"github.com/nse-dev/nse/internal/modelfile"
	"github.com/nse-dev/nse/supernet/data"
	"github.com/nse-dev/nse/supernet/retrain"
)

const (
	checkpointFile = "checkpoint.safetensors"
	checkpointKey  = "model" // of the checkpoint's metadata: the identity of the model
	trainingLock   = "retrain.lock"
)

// ErrOther says that a folder has another model than the one to be trained.
var ErrOther = errors.New(
	"it has a model of another architecture, data set, version or settings: choose another --out, or remove it")

// identity tells a model from others that may be in its folder. It is all that is known of the model before its
// training, without where the architecture is from: that has another name after a move.
func identity(m *modelfile.Model) ([]byte, error) {
	u := m.Untrained()
	u.Source = ""
	return u.Encode()
}

// unchanged refuses images that are not those of the model in a folder, and says what differs.
func unchanged(dir string, images data.Index) error {
	path := filepath.Join(dir, modelfile.ImagesFile)
	text, err := file.Read(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	was, err := data.DecodeIndex(text)
	if err != nil {
		return fmt.Errorf("%s: %w", modelfile.ImagesFile, err)
	}
	if d := images.Differences(was); d != "" {
		return fmt.Errorf("the data set has changed since the training of this model: %s: choose another --out, or "+
			"remove it", d)
	}
	return nil
}

// train makes the folder of a model, or goes on with it, unless it is there.
func (w *Workshop) train(
	ctx context.Context, dir string, m *modelfile.Model, images data.Index,
) (*modelfile.Model, error) {
	id, err := identity(m)
	if err != nil {
		return nil, err
	}
	if !modelfile.Exists(dir) {
		if m, err = w.trainAlone(ctx, dir, m, id, images); err != nil {
			return nil, err
		}
	} else if m, err = w.complete(dir, id); err != nil {
		return nil, err
	}
	return m, removeCheckpoint(dir)
}

// trainAlone trains a model while no other process does.
func (w *Workshop) trainAlone(
	ctx context.Context, dir string, m *modelfile.Model, id []byte, images data.Index,
) (*modelfile.Model, error) {
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
		return w.complete(dir, id)
	}
	s := m.Training
	t, err := retrain.NewTrainer(m.Skeleton(), m.Graphs(), w.Set, s.Settings, s.Seed, w.Workers)
	if err != nil {
		return nil, err
	}
	defer t.Close()
	if err := restore(t, dir, id); err != nil {
		return nil, err
	}
	list, err := images.Encode()
	if err == nil {
		err = file.Write(filepath.Join(dir, modelfile.ImagesFile), list)
	}
	if err != nil {
		return nil, err
	}
	if err := w.steps(ctx, dir, m.Name, t, id); err != nil {
		return nil, err
	}
	w.tell(Progress{Model: m.Name, Stage: Testing})
	if s.Test, err = t.Finish(ctx); err != nil {
		return nil, err
	}
	spent := t.Spent()
	s.TrainImages, s.MACs = spent.TrainImages, spent.MACs()
	w.tell(Progress{Model: m.Name, Stage: Complete, Outcome: s.Test})
	return m, m.Write(dir, t.Net())
}

// complete returns a model that is there already, if it is the one that would be trained.
func (w *Workshop) complete(dir string, id []byte) (*modelfile.Model, error) {
	m, err := modelfile.Read(dir)
	if err != nil {
		return nil, err
	}
	if _, err := m.Weights(dir); err != nil {
		return nil, err
	}
	if was, err := identity(m); err != nil || string(was) != string(id) {
		return nil, errors.Join(err, ErrOther)
	}
	w.tell(Progress{Model: m.Name, Stage: Present, Outcome: m.Training.Test})
	return m, nil
}

// restore goes on from the checkpoint in a folder, if there is one.
func restore(t *retrain.Trainer, dir string, id []byte) error {
	path := filepath.Join(dir, checkpointFile)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	f, err := retrain.ReadCheckpoint(path)
	if err != nil {
		return fmt.Errorf("%w: remove it to begin anew", err)
	}
	if f.Metadata[checkpointKey] != string(id) {
		return ErrOther
	}
	if err := t.Restore(f); err != nil {
		return fmt.Errorf("%s: %w", checkpointFile, err)
	}
	return nil
}

// steps trains to the end of the schedule, with a checkpoint now and then.
func (w *Workshop) steps(ctx context.Context, dir, name string, t *retrain.Trainer, id []byte) error {
	written := time.Now()
	save := func() error {
		written = time.Now()
		return t.Save(filepath.Join(dir, checkpointFile), map[string]string{checkpointKey: string(id)})
	}
	var recent recent
	epochs := w.Config.Epochs
	w.tell(Progress{Model: name, Step: t.Step, Steps: t.Steps, Epochs: epochs}) // the clock starts
	for t.Step < t.Steps {
		if ctx.Err() != nil {
			return errors.Join(save(), ctx.Err())
		}
		loss, accuracy, err := t.Update()
		if err != nil {
			return err
		}
		recent.add(loss, accuracy)
		w.tell(Progress{Model: name, Step: t.Step, Steps: t.Steps,
			Epoch: min(1+t.Step*epochs/t.Steps, epochs), Epochs: epochs,
			Loss: recent.loss, Accuracy: recent.accuracy})
		if time.Since(written) >= w.Every {
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

// removeCheckpoint tidies the folder of a complete model.
func removeCheckpoint(dir string) error {
	for _, name := range []string{checkpointFile, checkpointFile + ".tmp", trainingLock} {
		if err := os.Remove(filepath.Join(dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// tell tells the observer.
func (w *Workshop) tell(p Progress) {
	p.HeldOut = w.HeldOut
	w.Observe(p)
}
