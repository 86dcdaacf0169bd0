package evaluation

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/nse-dev/nse/supernet/data"
)

// Prediction is what a model sees in an image.
type Prediction struct {
	Image   string        `json:"image"`
	Classes []Probability `json:"classes"` // the most probable first
}

// Probability is that of a class.
type Probability struct {
	Name  string  `json:"name"`
	Value float64 `json:"probability"`
}

// Predict classifies image files and names the top most probable classes of each, the most probable first. Images are
// cut and resized as in training. A file that is no image is an error that names it.
func (m *Model) Predict(ctx context.Context, files []string, top int) (list []Prediction, err error) {
	o, err := m.Input.Options()
	if err != nil {
		return nil, fmt.Errorf("%s: background: %w", m.Dir, err)
	}
	set, err := data.Files(files, m.Input.Height, m.Input.Width, m.Input.Channels, o)
	if err != nil {
		return nil, err
	}
	set.Normalization = data.Normalization{Mean: m.Input.Mean, Std: m.Input.Std}
	_, err = m.Net.Test(ctx, m.Arch(), set.Sequence(set.Test, batch), func(_ data.Batch, logits []float32) {
		for row := range slices.Chunk(logits, len(m.Classes)) {
			list = append(list, Prediction{files[len(list)], probable(m.Classes, row, top)})
		}
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", m.Dir, err)
	}
	return list, nil
}

// probable lists the most probable classes, by softmax.
func probable(classes []string, logits []float32, top int) []Probability {
	greatest, sum := float64(slices.Max(logits)), 0.0
	list := make([]Probability, len(classes))
	for k, v := range logits {
		list[k] = Probability{classes[k], math.Exp(float64(v) - greatest)}
		sum += list[k].Value
	}
	for k := range list {
		list[k].Value /= sum
	}
	slices.SortStableFunc(list, func(a, b Probability) int { return cmp.Compare(b.Value, a.Value) })
	return list[:min(top, len(list))]
}
