package main

import (
	"errors"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/nse-dev/nse"
	"github.com/nse-dev/nse/internal/file"
)

// reporting is the command line of report.
type reporting struct {
	out    string
	models []string
	json   bool
}

// reportFile is where a report comes without --out, in the run's folder.
const reportFile = "report.html"

func reportVerb() *cobra.Command {
	var f reporting
	c := &cobra.Command{
		Use:   "report RUN",
		Short: "Make a page of a run: fronts, rounds, operations, retrained models",
		Long: `Make one HTML file of a run, whether it is finished or not: its front with drawings, the fronts of all
rounds, hypervolume, the size of the space, how accuracies are spread, what became of every operation, fitness,
retrained models with their rank correlation, configuration, checksums, machines and times. The file needs no other,
asks no network for anything and has no script. Retrained models are those in the run's folder and in those that
--models names.`,
		Example: `  nse report runs/001
  nse report runs/001 --out report.html --models longer --models models/front-3
  nse report runs/001 --json`,
		Args: usage(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			if f.json && f.out != "" {
				return usageError{c.CommandPath(),
					errors.New("--json prints the figures instead of a page: leave --out out")}
			}
			return f.run(c, filepath.Clean(args[0]))
		},
	}
	c.Flags().StringVar(&f.out, "out", "", "file to write (default: report.html in the run's folder)")
	c.Flags().StringArrayVar(&f.models, "models", nil, "folder of a retrained model, or of several (may be repeated)")
	c.Flags().BoolVar(&f.json, "json", false, "print the figures as JSON, and make no page")
	return c
}

func (f reporting) run(c *cobra.Command, dir string) error {
	r, err := nse.Open(dir)
	if err != nil {
		return err
	}
	defer r.Close()
	if f.json {
		figures, err := r.Report(f.models...)
		if err != nil {
			return err
		}
		return printJSON(c.OutOrStdout(), figures)
	}
	page, err := r.HTML(f.models...)
	if err != nil {
		return err
	}
	path, write := f.out, file.Output
	if path == "" {
		path, write = filepath.Join(dir, reportFile), file.Write
	}
	if err := write(path, page); err != nil {
		return err
	}
	return printPath(c, path)
}
