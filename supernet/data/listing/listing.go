// Package listing finds the images of a data set as people have them, and reads their files without decoding them.
package listing

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Side is the part of a data set that an image is in.
type Side uint8

// The sides. Undecided images are trained on or tested, as their content says.
const (
	Undecided Side = iota
	Train
	Validate // held out of a search's training
	Test
)

// Entry is an image that is not decoded yet.
type Entry struct {
	Name  string // for messages: a path, or what is in an archive
	Class int32  // index of Listing.Classes
	Side  Side
	// Likely says that the name is that of an image. Of others the content decides.
	Likely bool
}

// Part is a number of consecutive entries that are read one after another.
type Part struct {
	From, To int // of Listing.Entries
	// Read yields the bytes of each entry by its index, or why they cannot be read, and ends early if yield returns
	// false. The bytes belong to the caller of Read. Each call reads anew, and several may run at a time.
	Read func(yield func(i int, b []byte, err error) bool)
}

// Listing is what a data set has.
type Listing struct {
	Classes []string // by label, at least two
	Entries []Entry
	Parts   []Part // all entries, in their order
	Left    Left
	Passed  map[string][]string // names of what Left counts by reason, the first MaxPassed of each
	Notes   []string            // what was understood of the layout, a line each
}

// MaxPassed bounds the names that a Listing keeps of a reason.
const MaxPassed = 10_000

// Pass counts what is passed over for a reason, and keeps its name.
func (l *Listing) Pass(reason, name string) {
	if l.Left == nil {
		l.Left = Left{}
	}
	if l.Passed == nil {
		l.Passed = map[string][]string{}
	}
	l.Left[reason]++
	if len(l.Passed[reason]) < MaxPassed {
		l.Passed[reason] = append(l.Passed[reason], name)
	}
}

// Left counts what is passed over, by reason.
type Left map[string]int

// String lists the numbers and the reasons in their order, such as "3 hidden files, 1 link to a folder above it". It is
// empty if there are none.
func (l Left) String() string {
	var list []string
	for _, reason := range slices.Sorted(maps.Keys(l)) {
		list = append(list, fmt.Sprintf("%d %s", l[reason], reason))
	}
	return strings.Join(list, ", ")
}

// endings are those of images, in lower case.
var endings = []string{".png", ".apng", ".jpg", ".jpeg", ".jpe", ".jfif", ".webp", ".bmp", ".dib", ".gif", ".tif",
	".tiff", ".heic", ".heif", ".avif", ".jxl", ".jp2"}
