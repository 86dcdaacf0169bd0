package listing

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// MaxImages bounds the images of a listing.
const MaxImages = 20_000_000

// Draft is a listing that is being made, and the zero value an empty one. Its entries stay in the order in which they
// are added.
type Draft struct {
	Listing
	labels map[string]int32 // of classes, by their names
}

// Label is that of a class in the draft, which names it in UTF-8. Spaces around the name do not count.
func (d *Draft) Label(class string) (int32, error) {
	name, err := className(strings.TrimSpace(class))
	if err != nil {
		return 0, err
	}
	label, known := d.labels[name]
	if !known {
		if d.labels == nil {
			d.labels = map[string]int32{}
		}
		label = int32(len(d.labels))
		d.labels[name] = label
		d.Classes = append(d.Classes, name)
	}
	return label, nil
}

// Add adds an image. It fails if there are too many.
func (d *Draft) Add(e Entry) error {
	if len(d.Entries) == MaxImages {
		return fmt.Errorf("more than %d images", MaxImages)
	}
	d.Entries = append(d.Entries, e)
	return nil
}

// merge counts what others have passed over.
func (d *Draft) merge(l Listing) {
	for reason, n := range l.Left {
		for _, name := range l.Passed[reason] {
			d.Pass(reason, name)
		}
		d.Left[reason] += n - len(l.Passed[reason])
	}
}

// Note adds a line on how the layout was understood.
func (d *Draft) Note(format string, a ...any) { d.Notes = append(d.Notes, fmt.Sprintf(format, a...)) }

// Finish sorts the classes by their names, or as numbers if all are numbers, and decides what the sides mean. Images on
// no side are for training if others are for testing. Images of one part alone, that are not for training, are divided
// as if they had none.
func (d *Draft) Finish() (Listing, error) {
	if n := len(d.Classes); n < 2 {
		return Listing{}, fmt.Errorf("%d images of %d classes: want at least 2 classes", len(d.Entries), n)
	}
	names := slices.Clone(d.Classes)
	sortClasses(names)
	for label, name := range names {
		d.labels[name] = int32(label)
	}
	for i, e := range d.Entries {
		d.Entries[i].Class = d.labels[d.Classes[e.Class]]
	}
	d.Classes = names
	return d.Listing, d.sides()
}

// sides decides what the sides of the entries mean.
func (d *Draft) sides() error {
	var n [Test + 1]int
	for _, e := range d.Entries {
		n[e.Side]++
	}
	move := func(from, to Side) {
		for i := range d.Entries {
			if d.Entries[i].Side == from {
				d.Entries[i].Side = to
			}
		}
	}
	switch all := len(d.Entries); {
	case n[Undecided] == all:
	case n[Test] == all:
		d.Note("all images are of test: they are divided as if they were of no part")
		move(Test, Undecided)
	case n[Validate] == all:
		d.Note("all images are of val: they are divided as if they were of no part")
		move(Validate, Undecided)
	case n[Undecided]+n[Train] == 0:
		return fmt.Errorf("images of val and test alone: want some of train")
	case n[Test] == 0:
		d.Note("no image is of test: a fifth of those of train is for testing")
	case n[Undecided] > 0:
		d.Note("%d images of no part are for training", n[Undecided])
		move(Undecided, Train)
	}
	if n[Validate] > 0 && n[Validate] < len(d.Entries) {
		d.Note("searches hold out the %d images of val", n[Validate])
	}
	return nil
}

// number is what sorts as a number.
var number = regexp.MustCompile(`^[+-]?[0-9]+(\.[0-9]*)?$`)

// sortClasses sorts names as numbers if all are, and by their bytes otherwise.
func sortClasses(names []string) {
	slices.Sort(names)
	if slices.ContainsFunc(names, func(s string) bool { return !number.MatchString(s) }) {
		return
	}
	value := make(map[string]float64, len(names))
	for _, s := range names {
		value[s], _ = strconv.ParseFloat(s, 64) // infinite if it is too large
	}
	slices.SortStableFunc(names, func(a, b string) int { return cmp.Compare(value[a], value[b]) })
}

// sideNames are the names of the parts of a data set, in lower case.
var sideNames = map[string]Side{"train": Train, "training": Train, "val": Validate, "valid": Validate,
	"validation": Validate, "test": Test, "testing": Test}

// sideOf is the part that a word names, in any case.
func sideOf(word string) (s Side, is bool) {
	s, is = sideNames[strings.ToLower(word)]
	return s, is
}
