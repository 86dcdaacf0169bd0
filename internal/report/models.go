package report

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/nse-dev/nse/internal/file"
	"github.com/nse-dev/nse/internal/modelfile"
	"github.com/nse-dev/nse/internal/runs"
	"github.com/nse-dev/nse/internal/statistics"
	"github.com/nse-dev/nse/internal/text"
	"github.com/nse-dev/nse/sdk"
)

// addModels adds the retrained models in the run's folder and in others, and how their accuracies rank.
func (g *Gathered) addModels(folders []string) error {
	found, err := modelFolders(filepath.Join(g.run.Dir, ModelsFolder))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, folder := range folders {
		more, err := modelFolders(folder)
		if err != nil {
			return file.PathError(folder, err)
		}
		if len(more) == 0 {
			return fmt.Errorf("%s holds no model, and neither do the folders in it", folder)
		}
		found = append(found, more...)
	}
	var alike []string // of each model: equal for those that were trained alike
	seen := map[string]bool{}
	for _, dir := range found {
		abs, err := filepath.Abs(dir)
		if err != nil {
			return err
		}
		if seen[abs] {
			continue
		}
		seen[abs] = true
		m, err := modelfile.Read(dir)
		if err != nil {
			return err
		}
		if m.Training == nil {
			continue
		}
		training, key, err := trainingOf(m)
		if err != nil {
			return err
		}
		alike = append(alike, key)
		g.Report.Models = append(g.Report.Models,
			Model{Name: m.Name, Folder: dir, Training: training, MACs: m.Count.MACs, Params: m.Count.Params,
				Accuracy: m.Training.Test.Accuracy, Scores: g.scores(m)})
	}
	var kinds []string
	for _, key := range alike {
		if !slices.Contains(kinds, key) {
			kinds = append(kinds, key)
		}
	}
	g.summarise(kinds, alike)
	g.rank(kinds, alike)
	return nil
}

// ModelsFolder is where models of a run come without another place, in its folder.
const ModelsFolder = "models"

// modelFolders lists the models in a folder, which may be one itself.
func modelFolders(dir string) (list []string, err error) {
	if modelfile.Exists(dir) {
		return []string{dir}, nil
	}
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		if path := filepath.Join(dir, e.Name()); modelfile.Exists(path) {
			list = append(list, path)
		}
	}
	return list, err
}

// trainingOf says how a model was trained, in words and in full. Models that were trained alike may differ in seed and
// scale.
func trainingOf(m *modelfile.Model) (words, full string, err error) {
	t := *m.Training
	words = fmt.Sprintf("%d epochs on %d images of %s", t.Settings.Epochs, t.Images, t.Data)
	if m.Macro.SqueezeExcite {
		words += ", squeeze-and-excite"
	}
	if m.Macro.Activation != sdk.ReLU {
		words += ", " + m.Macro.Activation.String()
	}
	key, err := json.Marshal(
		[]any{t.Data, t.Images, m.Input.Height, m.Input.Width, t.Settings, m.Macro.SqueezeExcite, m.Macro.Activation})
	return words, string(key), err
}

// scores are what the rounds of the search say of a model's architecture.
func (g *Gathered) scores(m *modelfile.Model) []Score {
	scores := []Score{}
	names := make([][]string, len(m.Layers))
	for l, path := range m.Layers {
		for _, b := range path {
			names[l] = append(names[l], b.Op)
		}
	}
	for i, archs := range g.scored {
		of := slices.DeleteFunc(slices.Clone(archs), func(a runs.Architecture) bool {
			return !slices.EqualFunc(a.Ops, names, slices.Equal[[]string])
		})
		front := slices.ContainsFunc(of, func(a runs.Architecture) bool { return a.Front })
		for _, a := range of {
			scores = append(scores, Score{g.rounds[i].Round, a.Accuracy, front, a.Epochs})
		}
	}
	return scores
}

// summarise gives mean and best of the models that were trained alike. Each kind of training has a key in alike.
func (g *Gathered) summarise(kinds, alike []string) {
	for _, kind := range kinds {
		var s Summary
		for i, m := range g.Report.Models {
			if alike[i] == kind {
				s.Training, s.Models = m.Training, s.Models+1
				s.Mean += (m.Accuracy - s.Mean) / float64(s.Models)
				s.Best = max(s.Best, m.Accuracy)
			}
		}
		g.Report.Summaries = append(g.Report.Summaries, s)
	}
}

// stage is what gives architectures accuracies that can be compared: the supernet of a round, or trainings alone in it
// for as many epochs.
type stage struct{ round, epochs int }

func (s Score) stage() stage { return stage{s.Round, s.Epochs} }

// name is the stage's name in a picture.
func (s stage) name() string {
	if s.epochs == 0 {
		return roundName(s.round)
	}
	return roundName(s.round) + ", " + text.Epochs(s.epochs)
}

// stages lists where models have scores, in order.
func (g *Gathered) stages() (list []stage) {
	for _, m := range g.Report.Models {
		for _, s := range m.Scores {
			list = append(list, s.stage())
		}
	}
	slices.SortFunc(list, func(a, b stage) int {
		return cmp.Or(cmp.Compare(a.round, b.round), cmp.Compare(a.epochs, b.epochs))
	})
	return slices.Compact(list)
}

// rank compares what each stage says of models with what became of them, for those that were trained alike.
func (g *Gathered) rank(kinds, alike []string) {
	for _, at := range g.stages() {
		for _, kind := range kinds {
			var before, after []float64
			out := Ranking{Round: at.round, Epochs: at.epochs}
			for i, m := range g.Report.Models {
				for _, s := range m.Scores {
					if s.stage() == at && alike[i] == kind {
						before, after = append(before, s.Accuracy), append(after, m.Accuracy)
						out.Training = m.Training
					}
				}
			}
			var ok bool
			if out.Correlation, ok = statistics.Kendall(before, after); ok {
				g.Report.Rankings = append(g.Report.Rankings, out)
			}
		}
	}
}
