// Package inspection says what is to be known of a data set before a search: what it has, what is wrong with it, and
// what would be wise.
package inspection

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/nse-dev/nse/internal/picture"
	"github.com/nse-dev/nse/supernet/config"
	"github.com/nse-dev/nse/supernet/data"
)

const (
	// MaxListed bounds each list of a Report, and MaxGroup that of a group.
	MaxListed, MaxGroup = 10_000, 100

	few       = 10 // images of a class, of which fewer are named
	elongated = 2  // ratio of the sides of an image, of which greater are counted
)

// Report is what a data set has, and what was found in it.
type Report struct {
	Spec     string `json:"spec"`
	Refused  string `json:"refused,omitempty"` // why a search would refuse the data set
	Images   int    `json:"images"`            // that can be read
	Height   int    `json:"height"`            // of what networks see, in pixels
	Width    int    `json:"width"`
	Channels int    `json:"channels"` // 1 if all images are grey

	Classes []Class `json:"classes"`
	Ratio   float64 `json:"ratio"` // of the sizes of the largest class and the smallest; 0 if a class is empty
	Few     int     `json:"few"`   // classes with fewer than ten images

	Sizes       Sizes   `json:"sizes"`
	Formats     []Count `json:"formats"` // of files, the commonest first
	Modes       []Count `json:"modes"`   // likewise: how they store pixels
	Transparent int     `json:"transparent"`
	Turned      int     `json:"turned"` // by EXIF
	Coloured    int     `json:"coloured"`

	Left       []Left     `json:"left_out"`
	Unreadable Unreadable `json:"unreadable"`

	Copies Groups `json:"copies"` // images whose content is the same
	Near   Groups `json:"near"`   // images that look alike, and are no copies
	Plain  Plain  `json:"plain"`  // images of one colour

	Notes  []string `json:"notes"` // how the layout was understood
	Advice []string `json:"advice"`
}

// Class is the number of images of a class by side. Sides are undecided where a search would refuse the data set before
// it divides them.
type Class struct {
	Name      string `json:"name"`
	Images    int    `json:"images"`
	Train     int    `json:"train"`
	Validate  int    `json:"validate"`
	Test      int    `json:"test"`
	Undecided int    `json:"undecided,omitempty"`
}

// Count is how many images have something.
type Count struct {
	Name   string `json:"name"`
	Images int    `json:"images"`
}

// Left is what is left out for a reason.
type Left struct {
	Reason string   `json:"reason"`
	Files  int      `json:"files"`
	Names  []string `json:"names"`
}

// Unreadable is the files that should be images.
type Unreadable struct {
	Files int               `json:"files"`
	List  []data.Unreadable `json:"list"`
}

// Plain is the images of one colour.
type Plain struct {
	Images int     `json:"images"`
	List   []Image `json:"list"`
}

// Image names an image: by its file, or by its side and its number there from 0.
type Image struct {
	Name  string `json:"name"`
	Class string `json:"class"`
	Side  string `json:"side"` // empty if it is undecided
}

// fact is what is kept of an image.
type fact struct {
	fingerprint

	width, height int32
	format, mode  string
	turned, alpha bool
	grey          bool
}

// factOf looks at an image.
func factOf(v data.View) fact {
	f := fact{fingerprint: fingerprintOf(v.Image), width: int32(v.Width), height: int32(v.Height), format: v.Format,
		turned: v.Orientation > 1, alpha: v.Alpha, grey: v.Grey}
	switch {
	case v.File != nil:
		f.mode = picture.Mode(v.File)
	case v.Grey:
		f.mode = "grey"
	default:
		f.mode = "RGB"
	}
	return f
}

// Of looks at all images of a data set, and draws them on a sheet if it is not nil. A data set that a search would
// refuse is no error if its images can be looked at.
func Of(ctx context.Context, spec string, o data.Options, s *Sheet) (*Report, error) {
	in, facts, err := data.Inspect(ctx, spec, o, func(v data.View) fact {
		s.offer(v)
		return factOf(v)
	})
	if err != nil {
		return nil, err
	}
	if s != nil {
		s.classes = in.Classes
	}
	r := &Report{Spec: spec, Images: len(in.Images), Height: in.Height, Width: in.Width,
		Notes: append([]string{}, in.Notes...)}
	if err := refusal(in); err != nil {
		r.Refused = err.Error()
	}
	r.count(in, facts)
	r.leave(in)
	if err := r.compare(ctx, in, facts); err != nil {
		return nil, err
	}
	r.advise(o)
	return r, nil
}

// refusal is why a search would not begin: it cannot open the data set, or hold images out.
func refusal(in *data.Inspection) error {
	if in.Refused != nil {
		return in.Refused
	}
	c, err := config.Default(config.Quick)
	if err == nil {
		_, _, err = c.Split(in.Set())
	}
	return err
}

// count counts what images are and have.
func (r *Report) count(in *data.Inspection, facts []fact) {
	for _, name := range in.Classes {
		r.Classes = append(r.Classes, Class{Name: name})
	}
	formats, modes, sizes := map[string]int{}, map[string]int{}, map[[2]int]int{}
	for i, image := range in.Images {
		r.Classes[image.Class].add(image.Side)
		f := &facts[i]
		modes[f.mode]++
		if f.format != "" {
			formats[f.format]++
		}
		sizes[[2]int{int(f.width), int(f.height)}]++
		r.Turned += one(f.turned)
		r.Transparent += one(f.alpha)
		r.Coloured += one(!f.grey)
	}
	r.Formats, r.Modes = counts(formats), counts(modes)
	r.Sizes = sizesOf(sizes, r.Height, r.Width)
	if r.Channels = 3; r.Coloured == 0 {
		r.Channels = 1
	}
	r.balance()
}

func one(is bool) int {
	if is {
		return 1
	}
	return 0
}

// add counts an image on a side.
func (c *Class) add(side string) {
	c.Images++
	switch side {
	case "train":
		c.Train++
	case "validate":
		c.Validate++
	case "test":
		c.Test++
	default:
		c.Undecided++
	}
}

// counts lists numbers, the greatest first.
func counts(of map[string]int) []Count {
	list := []Count{}
	for name, n := range of {
		list = append(list, Count{name, n})
	}
	slices.SortFunc(list, func(a, b Count) int {
		return cmp.Or(cmp.Compare(b.Images, a.Images), cmp.Compare(a.Name, b.Name))
	})
	return list
}

// balance compares the sizes of classes.
func (r *Report) balance() {
	least, most := r.Images, 0
	for _, c := range r.Classes {
		least, most = min(least, c.Images), max(most, c.Images)
		r.Few += one(c.Images < few)
	}
	if least > 0 {
		r.Ratio = float64(most) / float64(least)
	}
}

// leave lists what is no image of the set.
func (r *Report) leave(in *data.Inspection) {
	r.Left = []Left{}
	for _, reason := range slices.Sorted(maps.Keys(in.Left)) {
		names := append([]string{}, in.Passed[reason]...)
		slices.Sort(names)
		r.Left = append(r.Left, Left{reason, in.Left[reason], names[:min(len(names), MaxListed)]})
	}
	n := len(in.Unreadable)
	r.Unreadable = Unreadable{n, append([]data.Unreadable{}, in.Unreadable[:min(n, MaxListed)]...)}
}

// compare finds images that are like others, or like nothing.
func (r *Report) compare(ctx context.Context, in *data.Inspection, facts []fact) error {
	name := func(i int) Image { return imageOf(in, i) }
	r.Plain.List = []Image{}
	for i := range facts {
		if !facts[i].plain {
			continue
		}
		if r.Plain.Images++; len(r.Plain.List) < MaxListed {
			r.Plain.List = append(r.Plain.List, name(i))
		}
	}
	same, first := copies(in.Images)
	r.Copies = groupsOf(same, name)
	prints := make([]fingerprint, len(first))
	for i, members := range first {
		prints[i] = facts[members[0]].fingerprint
	}
	alike, err := near(ctx, prints)
	for i, group := range alike {
		var all []int
		for _, content := range group {
			all = append(all, first[content]...)
		}
		alike[i] = all
	}
	r.Near = groupsOf(alike, name)
	return err
}

// imageOf names image i.
func imageOf(in *data.Inspection, i int) Image {
	image := in.Images[i]
	if in.Files == 0 {
		image.Name = fmt.Sprintf("%s %d", image.Side, image.Number)
	}
	return Image{image.Name, in.Classes[image.Class], image.Side}
}
