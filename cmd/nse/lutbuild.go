package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/nse-dev/nse/internal/file"
	"github.com/nse-dev/nse/internal/latency"
	"github.com/nse-dev/nse/supernet"
	"github.com/nse-dev/nse/supernet/config"
	"github.com/nse-dev/nse/supernet/data"
)

// lutBuild is the command line of lut build.
type lutBuild struct {
	place
	config, data            string
	threads, batch, repeats int
	out                     string
	json                    bool
}

func lutBuildVerb() *cobra.Command {
	var b lutBuild
	c := &cobra.Command{
		Use:   "build --config FILE",
		Short: "Measure a pool's operations at every layer into a table",
		Long: `Measure every operation of a pool at every layer of a network, and its stem, its head and the mean of branches, with fixed
BN statistics as in scoring, and write the median and the quartiles to a table. Groups as large as networks take turns,
--repeats times after ` + fmt.Sprint(warmUp) + ` turns to warm up; in each turn a group runs twice and the second time counts, so that the
caches are as in a network that runs again and again. Equal graphs are measured once. A reference network runs after each group:
it tells lut check whether the machine's speed has changed. Leave the machine alone meanwhile: the spread tells whether it was.

The network is that of a configuration, on the images of its data, or a built-in macro-architecture. If the table is there
already, only the operations are measured that it lacks, which has to be on the same machine with the same nse; their times
are divided by how much longer the reference network takes than it took for the table.`,
		Example: `  nse lut build --pool pools/latency19.toml --config examples/latency.toml --out latency.json
  nse lut build --pool pools/latency19.toml --macro latency --threads 2 --batch 8 --out latency.json
  nse lut build --pool more.toml --config examples/latency.toml --out latency.json`,
		Args: usage(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			if err := b.check(c); err != nil {
				return usageError{c.CommandPath(), err}
			}
			return b.run(c)
		},
	}
	b.place.flags(c)
	f := c.Flags()
	f.StringVar(&b.config, "config", "", "configuration of the search that the table is for, in place of --macro and --size")
	f.StringVar(&b.data, "data", "", "data set, if it is another than in the configuration")
	f.IntVar(&b.threads, "threads", 1, "number of cores to use")
	f.IntVar(&b.batch, "batch", 1, "images at a time: times are for all of them together")
	repeatsFlag(c, &b.repeats)
	f.StringVar(&b.out, "out", "latency.json", "the table")
	jsonFlag(c, &b.json)
	return c
}

func (b lutBuild) check(c *cobra.Command) error {
	given := c.Flags().Changed
	switch {
	case b.config != "" && (given("macro") || given("size")):
		return errors.New("--config says what --macro and --size would")
	case b.config == "" && b.data != "":
		return errors.New("--data is of --config, which is missing")
	case b.threads < 1 || b.threads > 1024:
		return fmt.Errorf("--threads %d: want 1 to 1024", b.threads)
	case b.batch < 1 || b.batch > 4096:
		return fmt.Errorf("--batch %d: want 1 to 4096", b.batch)
	}
	return checkRepeats(b.repeats)
}

func (b lutBuild) run(c *cobra.Command) error {
	setup, err := b.setup()
	if err != nil {
		return err
	}
	s, err := setup.Macro.Skeleton(imagesOf(setup))
	if err != nil {
		return err
	}
	reference, err := newReference(setup, s)
	if err != nil {
		return err
	}
	defer reference.net.Close()
	t, err := b.table(setup, reference.Reference)
	if err != nil {
		return err
	}
	pool, err := openPool(c.Context(), b.pool)
	if err != nil {
		return err
	}
	defer pool.Close()
	n, err := layOut(c.Context(), pool.Ops, s, pricing{})
	if err != nil {
		return err
	}
	ops, err := n.operations()
	if err != nil {
		return err
	}
	if err := file.Probe(b.out); err != nil {
		return err
	}
	_, missing := t.Missing(ops)
	t, slowdown, err := b.measure(c, t, n, ops, reference.run)
	if err != nil {
		return err
	}
	text, err := json.MarshalIndent(t, "", " ")
	if err != nil {
		return err
	}
	if err := file.Write(b.out, append(text, '\n')); err != nil {
		return err
	}
	return b.report(c, t, missing, slowdown, n.names)
}

// setup is what is to be measured.
func (b lutBuild) setup() (s latency.Setup, err error) {
	if b.config == "" {
		macro, image, err := b.built()
		if err != nil {
			return s, err
		}
		s = setupOf(macro, image)
	} else {
		text, err := readText(b.config)
		if err != nil {
			return s, err
		}
		settings, err := config.Parse(b.config, text, config.Override{Data: b.data})
		if err != nil {
			return s, err
		}
		set, err := data.Open(settings.Data.Spec, settings.Seed, settings.Data.Size)
		if err != nil {
			return s, err
		}
		s = setupOf(settings.Macro, supernet.InputOf(set))
	}
	s.Batch, s.Threads, s.WarmUp, s.Repeats = b.batch, b.threads, warmUp, b.repeats
	return s, nil
}

// table is the one that is there, if more can be added to it, or a new one.
func (b lutBuild) table(s latency.Setup, r latency.Reference) (latency.Table, error) {
	here := latency.Here(version())
	if _, err := os.Stat(b.out); errors.Is(err, fs.ErrNotExist) {
		return latency.New(s, here, r), nil
	}
	t, err := readTable(b.out)
	if err != nil {
		return t, err
	}
	if err := t.Fits(s); err != nil {
		return t, fmt.Errorf("%s cannot be added to: %w: choose another --out", b.out, err)
	}
	if t.Machine != here {
		return t, fmt.Errorf("%s cannot be added to: it was measured on %v, this is %v: choose another --out", b.out, t.Machine, here)
	}
	if _, same := t.Reference.Slowdown(r); !same {
		return t, fmt.Errorf("%s cannot be added to: this nse has another reference network: choose another --out", b.out)
	}
	return t, nil
}

func (b lutBuild) measure(c *cobra.Command, t latency.Table, n *network, ops []latency.Operation, reference func() error) (_ latency.Table, slowdown float64, err error) {
	net, err := supernet.NewNet(n.Skeleton, n.build, 1, b.threads)
	if err != nil {
		return t, 0, err
	}
	defer net.Close()
	p := newProgress(c.ErrOrStderr(), 0)
	defer p.close()
	m := latency.Meter{Now: time.Now, WarmUp: warmUp, Repeats: b.repeats, Reference: reference, Each: func(done, total int) {
		p.at("measure", done, total, "all operations in turn")
	}}
	return t.Measure(c.Context(), m, net, n.Skeleton, ops)
}

// lutSummary says what is in a table of the operations of a pool.
type lutSummary struct {
	File      string     `json:"file"`
	Measured  int        `json:"measured"` // graphs, in this call
	Fixed     float64    `json:"fixed_ms"` // of stem and head
	Reference float64    `json:"reference_ms"`
	Slowdown  float64    `json:"slowdown"` // of the reference network in this call, by which what was added is divided
	Spread    float64    `json:"spread"`   // interquartile range as a part of the median, the median of the table
	Ops       []lutRange `json:"operations"`
}

// lutRange is what an operation takes over the layers.
type lutRange struct {
	Name   string  `json:"name"`
	Least  float64 `json:"ms_min"`
	Most   float64 `json:"ms_max"`
	Spread float64 `json:"spread"` // the median of the layers
}

func (b lutBuild) report(c *cobra.Command, t latency.Table, measured int, slowdown float64, names []string) error {
	s := lutSummary{File: b.out, Measured: measured, Fixed: t.Fixed(), Reference: t.Reference.Median, Slowdown: slowdown, Spread: t.Spread()}
	for _, name := range names {
		s.Ops = append(s.Ops, rangeOf(t, name))
	}
	defer s.warn(c.ErrOrStderr())
	if b.json {
		return printJSON(c.OutOrStdout(), s)
	}
	rows := []string{"operation\tms\tspread"}
	for _, x := range s.Ops {
		rows = append(rows, fmt.Sprintf("%s\t%.4g–%.4g\t%.1f %%", x.Name, x.Least, x.Most, 100*x.Spread))
	}
	if err := table(c.OutOrStdout(), rows); err != nil {
		return err
	}
	_, err := fmt.Fprintf(c.ErrOrStderr(), "%s: %d operations at %d layers, %d different graphs measured; stem and head %.4g ms; %d threads, batches of %d\n"+
		"median spread of the table %.1f %%; reference network %.4g ms\n",
		b.out, len(names), len(t.Layers), measured, s.Fixed, t.Threads, t.Batch, 100*s.Spread, s.Reference)
	return err
}

// quiet is the median spread up to which a table is of a quiet machine.
const quiet = 0.15

// warn says what may be wrong with the table.
func (s lutSummary) warn(w io.Writer) {
	if s.Spread > quiet {
		fmt.Fprintf(w, "warning: the machine was not quiet, the median spread is %.0f %%: remove %s and measure again\n", 100*s.Spread, s.File)
	}
	if drifted(s.Slowdown) {
		fmt.Fprintf(w, "warning: the reference network now takes %.2f times what it took for the table: the new times are divided by that; a fresh table is better\n", s.Slowdown)
	}
}

func rangeOf(t latency.Table, name string) lutRange {
	var ms, spread []float64
	for _, layer := range t.Layers {
		for _, e := range layer.Ops {
			if e.Name == name {
				ms = append(ms, e.Median)
				spread = append(spread, e.Spread())
			}
		}
	}
	slices.Sort(spread)
	return lutRange{name, slices.Min(ms), slices.Max(ms), latency.Quantile(spread, 0.5)}
}
