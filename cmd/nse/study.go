package main

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/nse-dev/nse"
	"github.com/nse-dev/nse/internal/experiment"
	"github.com/nse-dev/nse/internal/study"
)

// studyFlags is the command line of study.
type studyFlags struct {
	out     string
	engine  string
	data    []string
	plugins []string
	json    bool
}

// studiesFolder is where studies come without --out, in the working directory.
const studiesFolder = "studies"

func studyVerb() *cobra.Command {
	var f studyFlags
	c := &cobra.Command{
		Use:   "study FILE",
		Short: "Compare search methods over seeds, data sets and budgets",
		Long: `Run what a study file lists: every method on every seed, data set and budget. Each search is a run of its
own, and the best of its last front are trained alone, all by one recipe and scaled to equal cost. What comes of each is
a row of study.db in the study's folder.

The same command goes on with what was interrupted or killed, and with what the file has got since. nse study report
says what the rows come to. docs/studies.md describes the file.`,
		Example: `  nse study examples/studies/table3.toml --data cifar10:DIR
  nse study mine.toml --out studies/mine --json
  nse study report studies/mine --html mine.html`,
		Args: usage(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error { return f.run(c, args[0]) },
	}
	c.Flags().StringVar(&f.out, "out", "", "the study's folder (default: one of its name under studies/)")
	c.Flags().StringArrayVar(&f.data, "data", nil,
		"data set in place of the file's of that kind, such as cifar10:DIR (may be repeated)")
	c.Flags().StringVar(&f.engine, "engine", "",
		"engine in place of the file's, such as nasbench201:DIR#cifar10 (docs/studies.md)")
	pluginFlag(c, &f.plugins)
	jsonFlag(c, &f.json)
	c.AddCommand(studyReportVerb())
	return c
}

func (f studyFlags) run(c *cobra.Command, path string) error {
	file, err := study.ReadFile(path, f.data)
	if err != nil {
		return err
	}
	file.Engine = cmp.Or(f.engine, file.Engine)
	dir := filepath.Clean(cmp.Or(f.out, filepath.Join(studiesFolder, file.Name)))
	var rows []study.Row
	err = observed(c, hosted(f.plugins), func(ctx context.Context, o nse.Options) (err error) {
		all := o.Observe
		o.Observe = func(e nse.Event) {
			if _, notice := e.(nse.Notice); notice {
				all(e)
			}
		}
		rows, err = experiment.Run(ctx, file, dir, o,
			func(e experiment.Progress) { fmt.Fprintln(c.ErrOrStderr(), e) })
		return err
	})
	if err != nil {
		return err
	}
	if f.json {
		return printJSON(c.OutOrStdout(), rows)
	}
	return studyReporting{}.run(c, dir)
}
