package inspection

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/nse-dev/nse/internal/text"
	"github.com/nse-dev/nse/supernet/data/listing"
)

const (
	namedInText   = 3  // images, files or groups of each finding
	classesInText = 20 // of more, the largest and the smallest are shown
)

// Write writes the report as text: all numbers, and the first names of each finding.
func (r *Report) Write(to io.Writer) error {
	w := bufio.NewWriter(to)
	colours := "in colour"
	if r.Channels == 1 {
		colours = "in grey"
	}
	fmt.Fprintf(w, "%s: %s in %d classes; networks see %d×%d pixels %s\n", text.Printable(r.Spec),
		number(r.Images, "image"), len(r.Classes), r.Width, r.Height, colours)
	for _, note := range r.Notes {
		fmt.Fprintln(w, note)
	}
	fmt.Fprintln(w)
	_ = text.Table(w, r.classRows()) // which fails as Flush does
	fmt.Fprintln(w)
	for _, line := range slices.Concat(r.properties(), r.findings()) {
		fmt.Fprintln(w, line)
	}
	for i, line := range r.Advice {
		if i == 0 {
			fmt.Fprintf(w, "\nadvice:\n")
		}
		fmt.Fprintf(w, "- %s\n", line)
	}
	return w.Flush()
}

// classRows is a table of the classes. Of many, the largest and the smallest have a row.
func (r *Report) classRows() []string {
	undecided := slices.ContainsFunc(r.Classes, func(c Class) bool { return c.Undecided > 0 })
	rows := []string{"class\timages\ttrain\tvalidate\ttest"}
	if undecided {
		rows[0] += "\tundecided"
	}
	row := func(c Class) string {
		s := fmt.Sprintf("%s\t%d\t%d\t%d\t%d", c.Name, c.Images, c.Train, c.Validate, c.Test)
		if undecided {
			s += fmt.Sprintf("\t%d", c.Undecided)
		}
		return s
	}
	list := r.Classes
	if hidden := len(list) - classesInText; hidden > 0 {
		list = slices.Clone(list)
		slices.SortStableFunc(list, func(a, b Class) int { return b.Images - a.Images })
		for _, c := range list[:classesInText/2] {
			rows = append(rows, row(c))
		}
		rows = append(rows, fmt.Sprintf("(%d between these)", hidden))
		list = list[len(list)-classesInText/2:]
	}
	for _, c := range list {
		rows = append(rows, row(c))
	}
	return rows
}

// properties are lines on what the images are.
func (r *Report) properties() (lines []string) {
	say := func(when bool, format string, args ...any) {
		if when {
			lines = append(lines, fmt.Sprintf(format, args...))
		}
	}
	s := r.Sizes
	say(s.Different == 1, "size: %d×%d", s.Smallest.Width, s.Smallest.Height)
	if s.Different > 1 {
		var common []string
		for _, c := range s.Common[:min(len(s.Common), namedInText)] {
			common = append(common, fmt.Sprintf("%d×%d (%d)", c.Width, c.Height, c.Images))
		}
		say(true, "sizes: %d, the commonest %s; smallest %d×%d, largest %d×%d", s.Different, strings.Join(common, ", "),
			s.Smallest.Width, s.Smallest.Height, s.Largest.Width, s.Largest.Height)
	}
	say(s.Smaller > 0, "smaller than %d×%d: %s", r.Width, r.Height, number(s.Smaller, "image"))
	say(s.Elongated > 0, "more than twice as long as wide: %s", number(s.Elongated, "image"))
	say(len(r.Formats) > 0, "formats: %s", countList(r.Formats))
	say(len(r.Modes) > 0, "pixels: %s", countList(r.Modes))
	say(r.Coloured > 0 && r.Coloured < r.Images, "grey: %s, beside %d with colour",
		number(r.Images-r.Coloured, "image"), r.Coloured)
	say(r.Transparent > 0, "transparent in part: %s", number(r.Transparent, "image"))
	say(r.Turned > 0, "turned by EXIF: %s", number(r.Turned, "image"))
	say(r.Ratio > 1, "balance: the largest class has %.3g times as many images as the smallest", r.Ratio)
	say(r.Few > 0, "fewer than %d images: %s", few, classes(r.Few))
	return lines
}

// findings are lines on what may be wrong, the worst first.
func (r *Report) findings() (lines []string) {
	if n := r.Unreadable.Files; n > 0 {
		var list []string
		for _, f := range r.Unreadable.List {
			list = append(list, fmt.Sprintf("%s (%s)", f.Name, f.Why))
		}
		lines = append(lines, fmt.Sprintf("cannot be read: %s: %s", number(n, "file"), first(list, n, "; ")))
	}
	for _, l := range r.Left {
		if l.Reason == listing.Unreadable { // which have been named
			continue
		}
		var list []string
		for _, name := range l.Names {
			list = append(list, text.Printable(name))
		}
		lines = append(lines, fmt.Sprintf("left out: %d %s: %s", l.Files, l.Reason, first(list, l.Files, ", ")))
	}
	lines = append(lines, r.Copies.lines("copies")...)
	lines = append(lines, r.Near.lines("alike")...)
	if n := r.Plain.Images; n > 0 {
		var list []string
		for _, image := range r.Plain.List {
			list = append(list, image.String())
		}
		lines = append(lines, fmt.Sprintf("of one colour: %s: %s", number(n, "image"), first(list, n, "; ")))
	}
	return lines
}

// lines are one for each kind of groups: across classes, then across sides, then the others.
func (g Groups) lines(what string) (lines []string) {
	kind := func(where string, n int, is func(Group) bool) {
		var list []string
		for _, group := range g.List {
			if is(group) {
				list = append(list, group.String())
			}
		}
		if n > 0 {
			lines = append(lines, fmt.Sprintf("%s%s: %s: %s", what, where, number(n, "group"), first(list, n, "; ")))
		}
	}
	kind(" in different classes", g.AcrossClasses, func(g Group) bool { return len(g.Classes) > 1 })
	kind(" on different sides", g.AcrossSides, func(g Group) bool { return len(g.Sides) > 1 })
	kind(" in one class on one side", g.within, func(g Group) bool { return len(g.Classes) == 1 && len(g.Sides) == 1 })
	return lines
}

// String names the first images of a group.
func (g Group) String() string {
	const named = 3
	var list []string
	for _, image := range g.List[:min(len(g.List), named)] {
		list = append(list, image.String())
	}
	s := strings.Join(list, " = ")
	if g.Images > named {
		s += fmt.Sprintf(" = %d others", g.Images-named)
	}
	return s
}

// String names an image, with its class and its side.
func (i Image) String() string {
	if i.Side == "" || strings.HasPrefix(i.Name, i.Side+" ") {
		return fmt.Sprintf("%s (%s)", i.Name, i.Class)
	}
	return fmt.Sprintf("%s (%s, %s)", i.Name, i.Class, i.Side)
}

// first joins the first texts of n, and counts the others.
func first(list []string, n int, between string) string {
	list = list[:min(len(list), namedInText)]
	s := strings.Join(list, between)
	if n > len(list) {
		s += fmt.Sprintf("%sand %d others", between, n-len(list))
	}
	return s
}

// number is a count with its noun.
func number(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
}

func classes(n int) string {
	if n == 1 {
		return "1 class"
	}
	return fmt.Sprintf("%d classes", n)
}

func countList(list []Count) string {
	var parts []string
	for _, c := range list {
		parts = append(parts, fmt.Sprintf("%d %s", c.Images, c.Name))
	}
	return strings.Join(parts, ", ")
}
