package report

import (
	"encoding/json"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/internal/file"
	"github.com/nse-dev/nse/internal/history"
	"github.com/nse-dev/nse/internal/runs"
	"github.com/nse-dev/nse/internal/text"
	"github.com/nse-dev/nse/supernet/config"
)

// Gathered is a report with what its pictures show besides. Draw fills the report's pictures.
type Gathered struct {
	run       *runs.Run
	config    config.Config
	rounds    []runs.Round
	scored    [][]runs.Architecture // by round
	ops       runs.Ops
	histories []history.Operation
	Report    Report
}

// Gather reads all that a report tells of a run, which a search may be writing: what it tells is of one moment. folders
// are further folders of retrained models. A folder without a model is an error.
func Gather(r *runs.Run, folders []string) (g *Gathered, err error) {
	g = &Gathered{run: r}
	if g.config, err = r.Settings(); err != nil {
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
func (g *Gathered) read(status string) (err error) {
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
	if g.histories, err = history.Of(r); err != nil {
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
func (g *Gathered) addSearch(status string) error {
	i, c, t := g.run.Info, g.config, &g.Report
	*t = Report{Run: g.run.Dir, Status: status, Version: i.Version, Preset: i.Preset, Seed: i.Seed, Data: i.Data,
		Created: i.Created, Image: fmt.Sprintf("%d×%d×%d", i.Image.Height, i.Image.Width, i.Image.Channels),
		Classes: i.Image.Classes, Network: c.Macro.Layers, K: c.Search.K, Operations: len(g.ops),
		Unit: c.Search.Constraint.Kind.Unit(), Low: c.Search.Constraint.Low(), High: c.Search.Constraint.High(),
		Rounds: []Round{}, Models: []Model{}, Rankings: []Ranking{}, Broken: []Broken{}, Machines: []string{}}
	written, err := file.Read(filepath.Join(g.run.Dir, runs.ConfigFile))
	if err != nil {
		return err
	}
	t.Config = string(written)
	t.Files = append(t.Files, File{Name: runs.ConfigFile, Sum: i.ConfigHash})
	if i.TableHash != "" {
		t.Files = append(t.Files, File{Name: runs.TableFile, Sum: i.TableHash})
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
	if t.Ledger, err = g.run.Ledger(); err != nil {
		return err
	}
	if t.Result, err = g.run.Result(); err != nil {
		return err
	}
	return g.addReason()
}

// addReason says why a search has ended.
func (g *Gathered) addReason() error {
	ends, err := g.run.Events(evolve.Finished{}.Kind())
	if err != nil || len(ends) == 0 || g.Report.Status != "finished" {
		return err
	}
	var end evolve.Finished
	err = json.Unmarshal(ends[len(ends)-1].Body, &end)
	g.Report.Reason = end.Reason
	return err
}

// addRounds adds every round.
func (g *Gathered) addRounds() error {
	ends, err := g.run.Events(evolve.Aggregated{}.Kind())
	if err != nil {
		return err
	}
	ended := map[int]time.Time{}
	for _, e := range ends {
		ended[e.Round] = e.Time
	}
	for i, x := range g.rounds {
		out := Round{Round: x.Round, Done: x.Done, GivenUp: !x.Done && i < len(g.rounds)-1,
			Operations: countNames(x.Subset), Size: x.SubsetSize, Log10: text.Log10(x.SubsetSize),
			Scored: len(runs.Latest(g.scored[i])), Sampled: sampled(g.scored[i]), Front: []Architecture{},
			Hypervolume: x.Hypervolume, Rehearsed: x.Rehearsed, Started: x.Started, Ended: ended[x.Round]}
		for _, a := range g.scored[i] {
			out.Epochs = max(out.Epochs, a.Epochs)
		}
		for n, a := range runs.OnFront(g.scored[i]) {
			name := fmt.Sprintf("front-%d", n+1)
			out.Front = append(out.Front, Architecture{ID: fmt.Sprintf("round-%d-%s", x.Round, name), Name: name,
				Pick: a.Name(), Cost: a.Cost, MACs: a.MACs, Params: a.Params, Accuracy: a.Accuracy, Ops: a.Ops})
		}
		g.Report.Rounds = append(g.Report.Rounds, out)
	}
	for _, h := range g.histories {
		g.addPlaces(h)
	}
	return nil
}

// sampled lists the accuracies of architectures that were sampled within the constraint interval, ascending. Of those
// that were trained alone the shortest trainings count, which are alike.
func sampled(archs []runs.Architecture) []float64 {
	accuracies, least := []float64{}, math.MaxInt
	for _, a := range archs {
		if a.Role == runs.Sampled {
			least = min(least, a.Epochs)
		}
	}
	for _, a := range archs {
		if a.Role == runs.Sampled && a.Epochs == least {
			accuracies = append(accuracies, a.Accuracy)
		}
	}
	slices.Sort(accuracies)
	return accuracies
}

// addPlaces counts where an operation was inherited and dropped.
func (g *Gathered) addPlaces(h history.Operation) {
	for _, e := range h.Places {
		x := &g.Report.Rounds[e.Round-1]
		if !e.New {
			x.Inherited++
		}
		if e.End == history.Dropped {
			x.Dropped++
		}
	}
	if q := h.Quarantined; q != nil {
		g.Report.Broken = append(g.Report.Broken, Broken{Op: h.Op, Round: q.Round, Reason: q.Reason})
	}
}

func countNames(layers [][]string) (n int) {
	for _, names := range layers {
		n += len(names)
	}
	return n
}

// addPools adds where operations come from, with checksums.
func (g *Gathered) addPools() error {
	list, err := g.run.Pools()
	if err != nil {
		return err
	}
	came := map[runs.PoolKind]string{runs.Start: "with the start", runs.Second: "with nse continue",
		runs.Arrived: "during the search"}
	for _, p := range list {
		x := Pool{File: p.File(), Source: p.Source, Came: came[p.Kind], Round: p.Round, Sum: p.Sum, Time: p.Time}
		if p.Lock != nil {
			x.Lock = file.Sum(p.Lock)
		}
		for _, op := range g.ops {
			if op.Pool == p.Number {
				x.Operations++
			}
		}
		g.Report.Pools = append(g.Report.Pools, x)
		g.Report.Files = append(g.Report.Files, File{Name: x.File, Sum: x.Sum})
	}
	for _, op := range g.ops {
		same := func(p Plugin) bool { return p.Family == op.Plugin && p.Sum == op.Checksum }
		i := slices.IndexFunc(g.Report.Plugins, same)
		if i < 0 {
			i = len(g.Report.Plugins)
			g.Report.Plugins = append(g.Report.Plugins, Plugin{Family: op.Plugin, Sum: op.Checksum})
		}
		g.Report.Plugins[i].Operations++
	}
	return nil
}

// opsLines lists an architecture's operations, a line for each layer.
func opsLines(layers [][]string) string {
	lines := make([]string, len(layers))
	for l, ops := range layers {
		lines[l] = fmt.Sprintf("%d: %s", l, text.OrDash(ops, " + "))
	}
	return strings.Join(lines, "\n")
}
