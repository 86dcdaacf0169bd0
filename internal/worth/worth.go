// Package worth says what operations are worth after a search: how much accuracy the architectures that it trained
// alone would lose without them.
//
// The accuracies are those after the most epochs, as predictor.Levelled has them. A linear model of them, see model,
// gives each operation a worth at equal MACs. The loss without an operation at a place is its worth there less that of
// the best alternative: another operation that some trained architecture has in that layer, or none, where the network
// allows that. The interval is that of the posterior. Unlike a bootstrap over architectures, it does not mind that the
// alternative was chosen as the best, and it needs no many architectures.
package worth

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/evolve/methods/predictor"
	"github.com/nse-dev/nse/internal/modelfile"
	"github.com/nse-dev/nse/internal/runs"
	"github.com/nse-dev/nse/internal/text"
	"github.com/nse-dev/nse/supernet"
)

// Report is what the operations of a run are worth, those first without which most is lost.
type Report struct {
	Trainings     int      `json:"trainings"`     // that it rests on
	Architectures int      `json:"architectures"` // different ones
	Epochs        int      `json:"epochs"`        // the most, after which accuracies are predicted
	Ops           []Worth  `json:"operations"`    // over all layers
	Places        []Worth  `json:"places"`        // by operation and layer
	Unused        []string `json:"unused"`        // operations that no training had
}

// Worth is what the architectures with an operation lose without it. With a Layer it is without it there alone.
type Worth struct {
	Op    string  `json:"op"`
	Layer *int    `json:"layer,omitempty"`
	Loss  float64 `json:"loss"` // the mean over the architectures with it, in parts of the accuracy
	Low   float64 `json:"low"`  // of the 95 % interval
	High  float64 `json:"high"`
	// Instead names what takes the operation's place, the most frequent first. Leaving the place empty is "nothing".
	Instead       []string `json:"instead"`
	Architectures int      `json:"architectures"` // with it
}

// Nothing is the name of an empty place in Worth.Instead.
const Nothing = "nothing"

// Of reads the trainings of the run in a folder, and says what its operations are worth. A run without a training is an
// error that says what to do.
func Of(dir string) (x Report, err error) {
	r, err := runs.Read(filepath.Clean(dir))
	if err != nil {
		return x, err
	}
	defer r.Close()
	err = r.Frozen(func() (err error) { x, err = of(r); return err })
	return x, err
}

func of(r *runs.Run) (x Report, err error) {
	t := table{index: map[string]int{}}
	ops, err := r.Ops()
	if err != nil {
		return x, err
	}
	for i, op := range ops {
		t.names, t.index[op.Name] = append(t.names, op.Name), i
	}
	settings, err := r.Config()
	if err != nil {
		return x, err
	}
	skeleton, err := settings.Macro.Skeleton(r.Info.Image)
	if err != nil {
		return x, err
	}
	t.normal = normal(skeleton)
	if err := errors.Join(t.addScored(r), t.addModels(r.Dir)); err != nil {
		return x, err
	}
	if len(t.trials) == 0 {
		return x, fmt.Errorf("%s has trained no architecture alone, and shared weights do not tell what an operation "+
			"is worth: train its front (nse retrain %s), or search by search.method = \"guided\"", r.Dir,
			text.Shell(r.Dir))
	}
	if x, err = t.report(); err != nil {
		err = fmt.Errorf("%s: %d trainings of %w: train more (nse retrain %s)", r.Dir, len(t.trials), err,
			text.Shell(r.Dir))
	}
	return x, err
}

// normal says which layers need no operation.
func normal(s supernet.Skeleton) (list []bool) {
	for _, l := range s.Layers {
		list = append(list, l.Normal())
	}
	return list
}

// table is trainings and the operations that they name.
type table struct {
	names  []string
	index  map[string]int
	normal []bool // by layer
	trials []evolve.Trial
	macs   map[string]float64 // in millions, by the architecture's key
}

// addScored adds what the search has trained.
func (t *table) addScored(r *runs.Run) error {
	scored, err := r.Scored()
	if err != nil {
		return err
	}
	for _, s := range scored {
		archs, err := r.Architectures(s.Round)
		if err != nil {
			return err
		}
		for _, a := range archs {
			if a.Epochs > 0 && a.Role != runs.Previous {
				t.add(a.Ops, a.MACs, a.Epochs, a.Accuracy)
			}
		}
	}
	return nil
}

// addModels adds the trained models in a run's folder. Those of other operations and networks are passed over.
func (t *table) addModels(dir string) error {
	for _, folder := range []string{"models", "candidates"} {
		entries, err := os.ReadDir(filepath.Join(dir, folder))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		for _, e := range entries {
			path := filepath.Join(dir, folder, e.Name())
			if !modelfile.Exists(path) {
				continue
			}
			m, err := modelfile.Read(path)
			if err != nil {
				return err
			}
			if m.Training == nil {
				continue
			}
			ops := make([][]string, len(m.Layers))
			for l, branches := range m.Layers {
				for _, b := range branches {
					ops[l] = append(ops[l], b.Op)
				}
			}
			t.add(ops, m.Count.MACs, m.Training.Settings.Epochs, m.Training.Test.Accuracy)
		}
	}
	return nil
}

// add adds a training of an architecture. One with unknown operations or other layers is left out.
func (t *table) add(ops [][]string, macs int64, epochs int, accuracy float64) {
	if len(ops) != len(t.normal) {
		return
	}
	a := make(evolve.Arch, len(ops))
	for l, names := range ops {
		for _, name := range names {
			id, known := t.index[name]
			if !known {
				return
			}
			a[l] = append(a[l], evolve.OpID(id))
		}
		slices.Sort(a[l])
	}
	trial := evolve.Trial{Done: true}
	trial.Arch, trial.Epochs, trial.Accuracy = a, epochs, accuracy
	if t.macs == nil {
		t.macs = map[string]float64{}
	}
	t.trials, t.macs[a.Key()] = append(t.trials, trial), text.Millions(macs)
}

// report fits the model and ranks the operations.
func (t *table) report() (x Report, err error) {
	archs, accuracies := predictor.Levelled(t.trials)
	x = Report{Trainings: len(t.trials), Architectures: len(archs), Ops: []Worth{}, Places: []Worth{},
		Unused: []string{}}
	points := make([]point, len(archs))
	for i, a := range archs {
		points[i] = point{layers: make([][]int, len(a)), macs: t.macs[a.Key()], accuracy: accuracies[i]}
		for l, path := range a {
			for _, op := range path {
				points[i].layers[l] = append(points[i].layers[l], int(op))
			}
		}
	}
	for _, trial := range t.trials {
		x.Epochs = max(x.Epochs, trial.Epochs)
	}
	m, err := fit(points)
	if err != nil {
		return x, err
	}
	s := newSwaps(m, t.normal)
	for op, name := range t.names {
		if w, ok := t.worth(m, s.without(op, all)); ok {
			w.Op = name
			x.Ops = append(x.Ops, w)
		} else if !s.used(op) {
			x.Unused = append(x.Unused, name)
		}
		for l := range t.normal {
			if w, ok := t.worth(m, s.without(op, l)); ok {
				w.Op, w.Layer = name, &l
				x.Places = append(x.Places, w)
			}
		}
	}
	dearest := func(a, b Worth) int { return cmp.Compare(b.Loss, a.Loss) }
	slices.SortStableFunc(x.Ops, dearest)
	slices.SortStableFunc(x.Places, dearest)
	return x, nil
}

// worth is what a swap loses. It reports false for one that no architecture allows.
func (t *table) worth(m *model, s swap) (w Worth, ok bool) {
	if s.archs == 0 {
		return w, false
	}
	mean, deviation := m.expect(s.lost)
	reach := m.quantile() * deviation
	w = Worth{Loss: mean, Low: mean - reach, High: mean + reach, Architectures: s.archs}
	for _, op := range s.instead() {
		name := Nothing
		if op != left {
			name = t.names[op]
		}
		w.Instead = append(w.Instead, name)
	}
	return w, true
}
