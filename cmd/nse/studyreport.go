package main

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/nse-dev/nse/internal/file"
	"github.com/nse-dev/nse/internal/study"
)

// studyReporting is the command line of study report.
type studyReporting struct {
	html, reference string
	markdown, json  bool
}

func studyReportVerb() *cobra.Command {
	var f studyReporting
	c := &cobra.Command{
		Use:   "report DIR",
		Short: "Say what a study comes to: means with intervals, ranks, verdicts",
		Long: `Say what the rows of a study come to, whether it is finished or not: for each data set and budget the
mean and the best accuracy of every method, its difference to a reference method with intervals over seeds, ranks with
critical differences, distributions, fronts, and how searches rank what is trained alone. A verdict is above, below or
cannot be told. Tables come on standard output; --html has charts too.`,
		Example: `  nse study report studies/mine
  nse study report studies/mine --reference random --html mine.html
  nse study report studies/mine --markdown`,
		Args: usage(cobra.ExactArgs(1)),
		PreRunE: checked(func(*cobra.Command) error {
			if f.html != "" && (f.markdown || f.json) || f.markdown && f.json {
				return errors.New("want one of --html, --markdown and --json")
			}
			return nil
		}),
		RunE: func(c *cobra.Command, args []string) error { return f.run(c, filepath.Clean(args[0])) },
	}
	c.Flags().StringVar(&f.html, "html", "", "write a page to that file")
	c.Flags().StringVar(&f.reference, "reference", "", "method to compare with (default: the study's)")
	c.Flags().BoolVar(&f.markdown, "markdown", false, "print Markdown")
	jsonFlag(c, &f.json)
	return c
}

func (f studyReporting) run(c *cobra.Command, dir string) error {
	r, err := study.ReportOn(dir, f.reference)
	switch {
	case err != nil:
		return err
	case f.json:
		return printJSON(c.OutOrStdout(), r)
	case f.markdown:
		_, err = fmt.Fprint(c.OutOrStdout(), r.Markdown())
		return err
	case f.html == "":
		return r.Write(c.OutOrStdout())
	}
	page, err := r.HTML()
	if err != nil {
		return err
	}
	if err := file.Output(f.html, page); err != nil {
		return err
	}
	return printPath(c, f.html)
}
