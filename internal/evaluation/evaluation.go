// Package evaluation says what a trained model makes of images: how every class fares, and which classes an image is.
package evaluation

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/nse-dev/nse/supernet"
	"github.com/nse-dev/nse/supernet/data"
)

// batch is the number of images that are classified at a time.
const batch = 128

// Evaluation is what a model makes of a data set.
type Evaluation struct {
	Model  string `json:"model"`
	Data   string `json:"data"`
	Images int    `json:"images"`
	// Trained counts images that the model was trained on. They are among Images only where LeftOut is false.
	Trained int  `json:"trained,omitempty"`
	LeftOut bool `json:"left_out,omitempty"`
	// Unknown says that the model does not tell on which images it was trained, as those of older versions.
	Unknown bool `json:"unknown,omitempty"`
	supernet.Result
	Classes   []Class `json:"classes"`
	Confusion [][]int `json:"confusion"` // images by their class and the class that they are taken for
}

// Class is how a class fares.
type Class struct {
	Name      string  `json:"name"`
	Images    int     `json:"images"`
	Taken     int     `json:"taken"`     // images that are taken for it
	Recall    float64 `json:"recall"`    // part of its images that is recognised; 0 if there are none
	Precision float64 `json:"precision"` // part of the images that are taken for it that is it; 0 if there are none
}

// Open opens a data set as the model sees it: resized, cut and normalised as the model's images were. spec is a
// specification as in a configuration. Size, crop and background of the options are the model's. A set with other
// classes or images of another shape is an error.
func (m *Model) Open(ctx context.Context, spec string, o data.Options) (*data.Set, error) {
	in := m.Input
	own, err := in.Options()
	if err != nil {
		return nil, fmt.Errorf("%s: background: %w", m.Dir, err)
	}
	o.Size, o.Crop, o.Background = own.Size, own.Crop, own.Background
	set, err := data.Open(ctx, spec, o)
	if err != nil {
		return nil, err
	}
	if h, w := set.Input(); h != in.Height || w != in.Width || set.Channels != in.Channels {
		return nil, fmt.Errorf("%s has images %d×%d×%d, the model takes %v", spec, h, w, set.Channels, in.Shape())
	}
	if !slices.Equal(set.Classes, m.Classes) {
		return nil, fmt.Errorf("%s has the classes %s, the model knows %s", spec, strings.Join(set.Classes, ", "),
			strings.Join(m.Classes, ", "))
	}
	set.Normalization = data.Normalization{Mean: in.Mean, Std: in.Std}
	return set, nil
}

// Evaluate tests the model on images of a set that Open has opened. Those that the model was trained on are left out
// unless trained is true. A cancelled context is its error, and so is a list of which nothing is left.
func (m *Model) Evaluate(ctx context.Context, set *data.Set, images data.Split, trained bool) (e *Evaluation,
	err error) {
	known, err := m.trained()
	if err != nil {
		return nil, err
	}
	n := images.Count(known)
	if n > 0 && !trained {
		images = images.Without(known)
	}
	if images.Len() == 0 {
		return nil, fmt.Errorf("%s was trained on all %d images of %s that it would be tested on", m.Dir, n, set.Name)
	}
	e = newEvaluation(m.Dir, set)
	e.Trained, e.LeftOut = n, n > 0 && !trained
	e.Unknown = m.Training != nil && m.Training.Fingerprint == (data.Fingerprint{})
	if e.Result, err = m.Net.Test(ctx, m.Arch(), set.Sequence(images, batch), e.count); err != nil {
		return nil, fmt.Errorf("%s: %w", m.Dir, err)
	}
	e.sum()
	return e, nil
}

// trained is the set of the images that the model was trained on, or chosen on.
func (m *Model) trained() (map[uint64]bool, error) {
	x, err := m.Images(m.Dir)
	known := map[uint64]bool{}
	for _, r := range x.Rows {
		if r.Side != "test" {
			known[r.Digest] = true
		}
	}
	return known, err
}

func newEvaluation(name string, set *data.Set) *Evaluation {
	e := &Evaluation{Model: name, Data: set.Name}
	for _, class := range set.Classes {
		e.Classes = append(e.Classes, Class{Name: class})
		e.Confusion = append(e.Confusion, make([]int, len(set.Classes)))
	}
	return e
}

// count adds a batch to the confusion. logits are [N, classes].
func (e *Evaluation) count(b data.Batch, logits []float32) {
	classes := len(e.Classes)
	for i, label := range b.Labels {
		row := logits[i*classes : (i+1)*classes]
		e.Confusion[label][slices.Index(row, slices.Max(row))]++
	}
}

// sum fills the classes and the number of images from the confusion.
func (e *Evaluation) sum() {
	for k := range e.Classes {
		c := &e.Classes[k]
		for i := range e.Confusion {
			c.Images += e.Confusion[k][i]
			c.Taken += e.Confusion[i][k]
		}
		e.Images += c.Images
		right := float64(e.Confusion[k][k])
		c.Recall = right / float64(max(c.Images, 1))
		c.Precision = right / float64(max(c.Taken, 1))
	}
}
