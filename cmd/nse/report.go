package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/internal/file"
	"github.com/nse-dev/nse/internal/report"
	"github.com/nse-dev/nse/internal/runs"
	"github.com/nse-dev/nse/supernet/config"
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
		Long: `Make one HTML file of a run, whether it is finished or not: its front with drawings, the fronts of all rounds, hypervolume,
the size of the space, how accuracies are spread, what became of every operation, fitness, retrained models with their
rank correlation, configuration, checksums, machines and times. The file needs no other, asks no network for anything and
has no script. Retrained models are those in the run's folder and in those that --models names.`,
		Example: `  nse report runs/001
  nse report runs/001 --out report.html --models longer --models models/front-3
  nse report runs/001 --json`,
		Args: usage(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			if f.json && f.out != "" {
				return usageError{c.CommandPath(), errors.New("--json prints the figures instead of a page: leave --out out")}
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
	r, err := runs.Read(dir)
	if err != nil {
		return err
	}
	defer r.Close()
	g, err := gather(r, f.models)
	if err != nil {
		return err
	}
	if f.json {
		return printJSON(c.OutOrStdout(), g.report)
	}
	if err := g.draw(); err != nil {
		return fmt.Errorf("%s: %w", dir, err)
	}
	page, err := g.report.HTML()
	if err != nil {
		return fmt.Errorf("%s: %w", dir, err)
	}
	path := f.out
	if path == "" {
		path = filepath.Join(dir, reportFile)
	}
	if err := file.Write(path, page); err != nil {
		return err
	}
	_, err = fmt.Fprintln(c.OutOrStdout(), path)
	return err
}

// gathered is what a report tells, with what its pictures show besides.
type gathered struct {
	run       *runs.Run
	config    config.Config
	rounds    []runs.Round
	scored    [][]runs.Architecture // by round
	ops       runs.Ops
	histories []history
	report    report.Report
}

// gather reads all that a report tells of a run, which a search may be writing.
func gather(r *runs.Run, folders []string) (g *gathered, err error) {
	g = &gathered{run: r}
	if g.config, err = settingsOf(r); err != nil {
		return g, err
	}
	list, err := runs.List(r.Dir)
	if err != nil {
		return g, err
	}
	if err := r.Frozen(func() error { return g.read(list[0].Status) }); err != nil {
		return g, err
	}
	return g, g.addModels(folders)
}

// read reads what the run's database tells.
func (g *gathered) read(status string) (err error) {
	r := g.run
	if g.rounds, err = r.Rounds(); err != nil {
		return err
	}
	for _, x := range g.rounds {
		archs, err := r.Architectures(x.Round)
		if err != nil {
			return err
		}
		g.scored = append(g.scored, archs)
	}
	if g.ops, err = r.Ops(); err != nil {
		return err
	}
	if g.histories, err = histories(r); err != nil {
		return err
	}
	for _, part := range []func() error{func() error { return g.addSearch(status) }, g.addRounds, g.addPools} {
		if err := part(); err != nil {
			return err
		}
	}
	return nil
}

// addSearch adds what is known of the search as a whole.
func (g *gathered) addSearch(status string) error {
	i, c, t := g.run.Info, g.config, &g.report
	*t = report.Report{Run: g.run.Dir, Status: status, Version: i.Version, Preset: i.Preset, Seed: i.Seed, Data: i.Data, Created: i.Created,
		Image:   fmt.Sprintf("%d×%d×%d", i.Image.Height, i.Image.Width, i.Image.Channels),
		Classes: i.Image.Classes, Network: c.Macro.Layers, K: c.Search.K, Operations: len(g.ops),
		Unit: c.Search.Constraint.Kind.Unit(), Low: c.Search.Constraint.Low(), High: c.Search.Constraint.High(),
		Rounds: []report.Round{}, Models: []report.Model{}, Rankings: []report.Ranking{}, Broken: []report.Broken{}, Machines: []string{}}
	text, err := readText(filepath.Join(g.run.Dir, runs.ConfigFile))
	if err != nil {
		return err
	}
	t.Config = string(text)
	t.Files = append(t.Files, report.File{Name: runs.ConfigFile, Sum: i.ConfigHash})
	if i.TableHash != "" {
		t.Files = append(t.Files, report.File{Name: runs.TableFile, Sum: i.TableHash})
	}
	machines, err := g.run.Machines()
	if err != nil {
		return err
	}
	t.Machines = append(t.Machines, machines...)
	last, err := g.run.Last()
	if err != nil {
		return err
	}
	t.Last = last.Time
	return g.addReason()
}

// addReason says why a search has ended.
func (g *gathered) addReason() error {
	ends, err := g.run.Events(evolve.Finished{}.Kind())
	if err != nil || len(ends) == 0 || g.report.Status != "finished" {
		return err
	}
	var end evolve.Finished
	err = json.Unmarshal(ends[len(ends)-1].Body, &end)
	g.report.Reason = end.Reason
	return err
}

// addRounds adds every round.
func (g *gathered) addRounds() error {
	ends, err := g.run.Events(evolve.Aggregated{}.Kind())
	if err != nil {
		return err
	}
	ended := map[int]time.Time{}
	for _, e := range ends {
		ended[e.Round] = e.Time
	}
	for i, x := range g.rounds {
		out := report.Round{Round: x.Round, Done: x.Done, GivenUp: !x.Done && i < len(g.rounds)-1, Operations: countNames(x.Subset),
			Size: x.SubsetSize, Log10: log10(x.SubsetSize), Scored: len(g.scored[i]), Sampled: []float64{}, Front: []report.Architecture{},
			Hypervolume: x.Hypervolume, Rehearsed: x.Rehearsed, Started: x.Started, Ended: ended[x.Round]}
		for _, a := range g.scored[i] {
			if a.Role == runs.Sampled {
				out.Sampled = append(out.Sampled, a.Accuracy)
			}
		}
		slices.Sort(out.Sampled)
		for n, a := range frontAmong(g.scored[i]) {
			out.Front = append(out.Front, report.Architecture{ID: fmt.Sprintf("round-%d-front-%d", x.Round, n+1), Name: fmt.Sprintf("front-%d", n+1),
				Cost: a.Cost, MACs: a.MACs, Params: a.Params, Accuracy: a.Accuracy, Ops: a.Ops})
		}
		g.report.Rounds = append(g.report.Rounds, out)
	}
	for _, h := range g.histories {
		g.addPlaces(h)
	}
	return nil
}

// addPlaces counts where an operation was inherited and dropped.
func (g *gathered) addPlaces(h history) {
	for _, e := range h.Places {
		x := &g.report.Rounds[e.Round-1]
		if !e.New {
			x.Inherited++
		}
		if e.End == wasDropped {
			x.Dropped++
		}
	}
	if q := h.Quarantined; q != nil {
		g.report.Broken = append(g.report.Broken, report.Broken{Op: h.Op, Round: q.Round, Reason: q.Reason})
	}
}

func countNames(layers [][]string) (n int) {
	for _, names := range layers {
		n += len(names)
	}
	return n
}

// addPools adds where operations come from, with checksums.
func (g *gathered) addPools() error {
	list, err := g.run.Pools()
	if err != nil {
		return err
	}
	came := map[runs.PoolKind]string{runs.Start: "with the start", runs.Second: "with nse continue", runs.Arrived: "during the search"}
	for _, p := range list {
		x := report.Pool{File: p.File(), Source: p.Source, Came: came[p.Kind], Round: p.Round, Sum: p.Sum, Time: p.Time}
		if p.Lock != nil {
			x.Lock = file.Sum(p.Lock)
		}
		for _, op := range g.ops {
			if op.Pool == p.Number {
				x.Operations++
			}
		}
		g.report.Pools = append(g.report.Pools, x)
		g.report.Files = append(g.report.Files, report.File{Name: x.File, Sum: x.Sum})
	}
	for _, op := range g.ops {
		same := func(p report.Plugin) bool { return p.Family == op.Plugin && p.Sum == op.Checksum }
		i := slices.IndexFunc(g.report.Plugins, same)
		if i < 0 {
			i = len(g.report.Plugins)
			g.report.Plugins = append(g.report.Plugins, report.Plugin{Family: op.Plugin, Sum: op.Checksum})
		}
		g.report.Plugins[i].Operations++
	}
	return nil
}

// opsLines lists an architecture's operations, a line for each layer.
func opsLines(layers [][]string) string {
	lines := make([]string, len(layers))
	for l, ops := range layers {
		lines[l] = fmt.Sprintf("%d: %s", l, orDash(ops, " + "))
	}
	return strings.Join(lines, "\n")
}
