package main

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/nse-dev/nse"
	"github.com/nse-dev/nse/internal/progress"
	"github.com/nse-dev/nse/internal/text"
	"github.com/nse-dev/nse/supernet/data"
)

// show prints a value as JSON, or rows as a table.
func show(c *cobra.Command, asJSON bool, value any, rows []string) error {
	if asJSON {
		return printJSON(c.OutOrStdout(), value)
	}
	return text.Table(c.OutOrStdout(), rows)
}

func printJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", " ")
	return e.Encode(v)
}

func jsonFlag(c *cobra.Command, asJSON *bool) {
	c.Flags().BoolVar(asJSON, "json", false, "print JSON")
}

func skipFlag(c *cobra.Command, skip *bool) {
	c.Flags().BoolVar(skip, "skip-unreadable", false, "leave out and count files that cannot be read as images")
}

// reading is an observer that shows how far reading is, if that takes long.
func reading(c *cobra.Command) func(data.Progress) {
	p := progress.NewPrinter(c.ErrOrStderr())
	return data.Paced(func(x data.Progress) { p.Observe(nse.Reading(x)) })
}

// printPath prints the path of a file that was written.
func printPath(c *cobra.Command, path string) error {
	_, err := fmt.Fprintln(c.OutOrStdout(), text.Printable(path))
	return err
}
