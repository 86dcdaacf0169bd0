package evaluation

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/nse-dev/nse/supernet/data"
	"github.com/nse-dev/nse/supernet/data/listing"
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

// PredictOptions say what becomes of predictions. Predict needs all fields.
type PredictOptions struct {
	Top     int                      // how many classes of each image
	Stdin   io.Reader                // what the path "-" stands for
	Each    func([]Prediction) error // gets predictions as they come, several at a time; its error ends all
	Bad     func(error)              // gets a line about each file that cannot be read
	Observe func(data.Progress)      // is told how far it is
}

// Validate refuses options with which nothing can be predicted, and paths that name standard input twice.
func (p PredictOptions) Validate(paths []string) error {
	stdin := func(path string) bool { return path == listing.Stdin }
	switch first := slices.IndexFunc(paths, stdin); {
	case p.Top < 1:
		return fmt.Errorf("--top %d: want 1 or more", p.Top)
	case first >= 0 && slices.ContainsFunc(paths[first+1:], stdin):
		return errors.New("- is given twice: standard input has one image")
	}
	return nil
}

// Seen counts the files of a Predict.
type Seen struct {
	Images, Bad int
	Left        string // what was passed over in folders, as listing.Left has it
}

// Err is the error about files that could not be read, or nil.
func (n Seen) Err() error {
	if n.Bad == 0 {
		return nil
	}
	return fmt.Errorf("%d of %d images could not be read", n.Bad, n.Bad+n.Images)
}

// Predict classifies image files, those in folders and below them, and for "-" standard input. It names the most
// probable classes of each, the most probable first. Images are cut and resized as in training. Files that cannot be
// read are told and passed over. No more than a few images are in memory at a time.
func (m *Model) Predict(ctx context.Context, paths []string, p PredictOptions) (n Seen, err error) {
	o, err := m.Input.Options()
	if err != nil {
		return n, fmt.Errorf("%s: background: %w", m.Dir, err)
	}
	list, bad := data.FindPictures(ctx, paths, p.Stdin)
	n.report(bad, p)
	for from := 0; from < list.Len(); from += batch {
		to := min(from+batch, list.Len())
		set, names, bad, err := list.Open(from, to, m.Input.Height, m.Input.Width, m.Input.Channels, o)
		if err != nil {
			return n, err
		}
		n.report(bad, p)
		if len(names) > 0 {
			seen, err := m.classify(ctx, set, names, p.Top)
			if err == nil {
				err = p.Each(seen)
			}
			if err != nil {
				return n, err
			}
		}
		n.Images += len(names)
		p.Observe(data.Progress{Stage: "classifying", Done: to, Total: list.Len()})
	}
	n.Left = list.Left.String()
	return n, nil
}

// report tells of files that cannot be read.
func (n *Seen) report(bad []error, p PredictOptions) {
	n.Bad += len(bad)
	for _, err := range bad {
		p.Bad(err)
	}
}

// classify names the most probable classes of the images of a set.
func (m *Model) classify(ctx context.Context, set *data.Set, names []string, top int) (list []Prediction, err error) {
	set.Normalization = data.Normalization{Mean: m.Input.Mean, Std: m.Input.Std}
	_, err = m.Net.Test(ctx, m.Arch(), set.Sequence(set.Test, batch), func(_ data.Batch, logits []float32) {
		for row := range slices.Chunk(logits, len(m.Classes)) {
			list = append(list, Prediction{names[len(list)], probable(m.Classes, row, top)})
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
