package text

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// Table writes rows in aligned columns. Tabs separate the cells of a row, and the first row is the heading. Other
// control characters are escaped.
func Table(w io.Writer, rows []string) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, r := range rows {
		fmt.Fprintln(t, escape(r, "\t"))
	}
	return t.Flush()
}

// Percent is a part of 1 in percent.
func Percent(part float64) string { return fmt.Sprintf("%.2f %%", 100*part) }

// Layers lists operations by layer, layers apart by bars.
func Layers(ops [][]string) string {
	parts := make([]string, len(ops))
	for l, names := range ops {
		parts[l] = OrDash(names, "+")
	}
	return strings.Join(parts, " | ")
}

// Span is a range of counts, or one number if the ends are equal.
func Span(low, high int64) string {
	if low == high {
		return Thousands(low)
	}
	return Thousands(low) + "–" + Thousands(high)
}
