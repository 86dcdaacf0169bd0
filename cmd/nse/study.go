package main

import (
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/nse-dev/nse"
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
	file, err := nse.ReadStudyFile(path, f.data...)
	if err != nil {
		return err
	}
	if f.engine != "" {
		file.Engine = f.engine
	}
	dir := f.out
	if dir == "" {
		dir = filepath.Join(studiesFolder, file.Name)
	}
	dir = filepath.Clean(dir)
	ctx, stop := interruptible(c.Context())
	defer stop()
	p := &studyPrinter{printer: printer{w: c.ErrOrStderr()}}
	rows, err := nse.RunStudy(ctx, file, dir, nse.Options{Observe: p.observe, Host: pluginOptions(), Accept: f.plugins})
	if err = p.end(ctx, err); err != nil {
		return err
	}
	if f.json {
		return printJSON(c.OutOrStdout(), rows)
	}
	return reportStudy(c, dir, "")
}

// studyPrinter writes how far a study is, for a person.
type studyPrinter struct{ printer }

// observe is nse.Options.Observe.
func (p *studyPrinter) observe(e nse.Event) {
	switch e := e.(type) {
	case nse.Notice:
		p.notice(e)
	case nse.Studying:
		p.studying(e)
	}
}

func (p *studyPrinter) studying(e nse.Studying) {
	k := e.Item
	budget := ""
	if k.Budget > 0 {
		budget = fmt.Sprintf(", %.4g GMAC", k.Budget/1e9)
	}
	name := fmt.Sprintf("item %d of %d, %s, %s%s, seed %d", e.Number, e.Total, k.Method, k.Data, budget, k.Seed)
	left := ""
	if e.Left > 0 {
		left = fmt.Sprintf(", %v left", e.Left)
	}
	if e.Row == nil {
		fmt.Fprintf(p.w, "%s: begins%s\n", name, left)
		return
	}
	result := "no result: " + e.Row.Reason
	best := -1.
	for _, c := range e.Row.Candidates {
		if c.Finalist && *c.Test > best {
			best = *c.Test
			result = fmt.Sprintf("%.2f %% of test images", 100*best)
		}
	}
	fmt.Fprintf(p.w, "%s: %s, %.4g GMAC%s\n", name, result, e.Row.Ledger.MACs()/1e9, left)
}
