package main

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/nse-dev/nse/internal/file"
	"github.com/nse-dev/nse/internal/text"
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

// writePicture draws a picture into a file.
func writePicture(path string, draw func() ([]byte, error)) error {
	data, err := draw()
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return file.Output(path, data)
}

// printPath prints the path of a file that was written.
func printPath(c *cobra.Command, path string) error {
	_, err := fmt.Fprintln(c.OutOrStdout(), text.Printable(path))
	return err
}
