// Package evaluation says what a trained model makes of images: how every class fares, and which classes an image is.
package evaluation

import (
	"cmp"
	"context"
	"fmt"
	"math"
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

	names []string // of files, in the order of rows; nil where images have none
	rows  []row
}

// row is what an image is taken for.
type row struct {
	label, taken int32
	probability  float64 // of the class that it is taken for
}

// Class is how a class fares.
type Class struct {
	Name      string  `json:"name"`
	Images    int     `json:"images"`
	Taken     int     `json:"taken"`     // images that are taken for it
	Recall    float64 `json:"recall"`    // part of its images that is recognised; 0 if there are none
	Precision float64 `json:"precision"` // part of the images that are taken for it that is it; 0 if there are none
}

// Tested says on what a model is tested.
type Tested struct {
	Data    string  // specification as in a configuration; empty for the set that the model was trained on
	Seed    *uint64 // of generated images; nil for that of the training
	Trained bool    // images that the model was trained on are tested, too
	// Options open the set. Their size, background and seed are not used.
	data.Options
}

// Open opens a data set as the model sees it: resized, cut, turned grey or to three channels, and normalised as the
// model's images were. A set with other classes or images of another size is an error. images are those to be tested.
// Of the set that the model was trained on these are its test images, of any other that is named all.
func (m *Model) Open(ctx context.Context, t Tested) (set *data.Set, images data.Split, err error) {
	own, err := m.Input.Options()
	if err != nil {
		return nil, images, fmt.Errorf("%s: background: %w", m.Dir, err)
	}
	o, spec := t.Options, t.Data
	o.Size, o.Crop, o.Background, o.Seed = own.Size, own.Crop, own.Background, 1
	if m.Training != nil {
		spec, o.Seed = cmp.Or(spec, m.Training.Data), m.Training.Seed
	}
	if t.Seed != nil {
		o.Seed = *t.Seed
	}
	if set, err = data.Open(ctx, spec, o); err != nil {
		return nil, images, err
	}
	if set, err = m.see(set); err != nil {
		return nil, images, err
	}
	if t.Data != "" && m.Training != nil && set.Index().Fingerprint() != m.Training.Fingerprint {
		return set, set.All(), nil
	}
	return set, set.Test, nil
}

// see is a set as the model sees it.
func (m *Model) see(set *data.Set) (*data.Set, error) {
	in := m.Input
	if h, w := set.Input(); h != in.Height || w != in.Width {
		return nil, fmt.Errorf("%s has images %d×%d×%d, the model takes %v", set.Name, h, w, set.Channels, in.Shape())
	}
	if !slices.Equal(set.Classes, m.Classes) {
		return nil, fmt.Errorf("%s has the classes %s, the model knows %s", set.Name, strings.Join(set.Classes, ", "),
			strings.Join(m.Classes, ", "))
	}
	note := "grey images get three equal channels, as the model takes colours"
	if in.Channels == 1 {
		note = "colours become their brightness, as the model takes grey images"
	}
	seen := set.WithChannels(in.Channels)
	if seen != set {
		seen.Notes = append(slices.Clip(seen.Notes), note)
	}
	seen.Normalization = data.Normalization{Mean: in.Mean, Std: in.Std}
	return seen, nil
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
	e.names = images.Names
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

// count adds a batch to the confusion and to the rows. logits are [N, classes].
func (e *Evaluation) count(b data.Batch, logits []float32) {
	classes := len(e.Classes)
	for i, label := range b.Labels {
		taken, probability := best(logits[i*classes : (i+1)*classes])
		e.Confusion[label][taken]++
		e.rows = append(e.rows, row{label, int32(taken), probability})
	}
}

// best is the first of the most probable classes, and its probability by softmax.
func best(logits []float32) (class int, probability float64) {
	greatest, sum := slices.Max(logits), 0.0
	for _, v := range logits {
		sum += math.Exp(float64(v) - float64(greatest))
	}
	return slices.Index(logits, greatest), 1 / sum
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
