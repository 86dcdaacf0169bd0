package main

import (
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/nse-dev/nse/internal/text"
)

// table prints rows in aligned columns. Tabs separate the cells of a row, and the first row is the heading.
func table(w io.Writer, rows []string) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, r := range rows {
		fmt.Fprintln(t, r)
	}
	return t.Flush()
}

func printJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", " ")
	return e.Encode(v)
}

func jsonFlag(c *cobra.Command, asJSON *bool) {
	c.Flags().BoolVar(asJSON, "json", false, "print JSON")
}

// span writes a range of counts, or one number if the ends are equal.
func span(low, high int64) string {
	if low == high {
		return text.Thousands(low)
	}
	return text.Thousands(low) + "–" + text.Thousands(high)
}
