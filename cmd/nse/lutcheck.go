package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/internal/latency"
	"github.com/nse-dev/nse/supernet"
)

// lutCheck is the command line of lut check.
type lutCheck struct {
	pool           string
	archs, repeats int
	seed           uint64
	json           bool
}

func lutCheckVerb() *cobra.Command {
	var k lutCheck
	c := &cobra.Command{
		Use:   "check LUT [FILE|RUN|NAME]",
		Short: "Compare what a table predicts with measured networks",
		Long: `Measure whole networks in turn, each twice, of which the second time counts, and compare the median with what the table
predicts: the stem, the head, and for each branch its operation and its part of the mean. The error is the difference as a part of what was measured. Without
architectures, random ones of the pool are measured: at each layer, each of 5 random operations with probability 0.5.

` + modelsHelp,
		Example: `  nse lut check latency.json --pool pools/latency19.toml
  nse lut check latency.json runs/001`,
		Args: usage(cobra.RangeArgs(1, 2)),
		RunE: func(c *cobra.Command, args []string) error {
			if err := k.check(); err != nil {
				return usageError{c.CommandPath(), err}
			}
			return k.run(c, args)
		},
	}
	poolFlag(c, &k.pool)
	c.Flags().IntVar(&k.archs, "random", 30, "number of random architectures")
	c.Flags().Uint64Var(&k.seed, "seed", 1, "seed of the random architectures")
	repeatsFlag(c, &k.repeats)
	jsonFlag(c, &k.json)
	return c
}

func (k lutCheck) check() error {
	if k.archs < 1 || k.archs > 1000 {
		return fmt.Errorf("--random %d: want 1 to 1000", k.archs)
	}
	return checkRepeats(k.repeats)
}

// checked compares a prediction with a measurement, both in ms.
type checked struct {
	Name      string       `json:"name"`
	Predicted float64      `json:"predicted_ms"`
	Measured  latency.Time `json:"measured"`
	Error     float64      `json:"error"` // (predicted − measured) / measured
}

func (k lutCheck) run(c *cobra.Command, args []string) error {
	t, err := readTable(args[0])
	if err != nil {
		return err
	}
	if here := latency.Here(version()); t.Machine != here {
		fmt.Fprintf(c.ErrOrStderr(), "warning: %s was measured on %v, this is %v\n", args[0], t.Machine, here)
	}
	var sample sample
	if len(args) == 2 {
		sample, err = namedSample(c.Context(), t, args[1])
	} else {
		sample, err = k.randomSample(c.Context(), t)
	}
	if err != nil {
		return err
	}
	defer sample.Close()
	list, err := sample.predict(t)
	if err != nil {
		return fmt.Errorf("%s: %w", args[0], err)
	}
	if err := k.measure(c, t, sample, list); err != nil {
		return err
	}
	return k.print(c.OutOrStdout(), list)
}

// sample is architectures of a network, to be measured.
type sample struct {
	*network
	names []string
	archs []evolve.Arch
	pools
}

// randomSample draws architectures of a pool.
func (k lutCheck) randomSample(ctx context.Context, t latency.Table) (s sample, err error) {
	laid, err := skeleton(t.Macro, imagesOf(t.Setup))
	if err != nil {
		return s, err
	}
	pool, err := openPool(ctx, k.pool)
	if err != nil {
		return s, err
	}
	s.pools = pools{pool}
	if s.network, err = layOut(ctx, pool.Ops, laid, pricing{}); err != nil {
		pool.Close()
		return s, err
	}
	for i := range k.archs {
		s.names = append(s.names, fmt.Sprintf("random-%d", i+1))
		s.archs = append(s.archs, randomArch(s.network, k.seed, i))
	}
	return s, nil
}

// randomArch draws an architecture as training does from a subset of 5.
func randomArch(n *network, seed uint64, number int) evolve.Arch {
	const most = 5
	a := make(evolve.Arch, len(n.Layers))
	for l, layer := range n.Layers {
		r := evolve.Rand(seed, "lut check", number, 0, l)
		for len(a[l]) == 0 {
			for _, op := range r.Perm(len(n.names))[:min(most, len(n.names))] {
				if r.IntN(2) == 1 {
					a[l] = append(a[l], evolve.OpID(op))
				}
			}
			if layer.Normal() {
				break
			}
		}
		slices.Sort(a[l])
	}
	return a
}

// namedSample lays out the architectures of a source as one network.
func namedSample(ctx context.Context, t latency.Table, what string) (s sample, err error) {
	m, err := openModels(ctx, what, variant{})
	if err != nil {
		return s, err
	}
	defer func() {
		if err != nil {
			m.Close()
		}
	}()
	if len(m.list) == 0 {
		return s, fmt.Errorf("%s: there are no architectures", what)
	}
	first := m.list[0]
	s = sample{network: newNetwork(first.Skeleton, pricing{}), pools: m.pools}
	for _, x := range m.list {
		of := setupOf(x.Macro, x.Image)
		of.Batch, of.Threads = t.Batch, t.Threads
		if err := t.Fits(of); err != nil {
			return s, fmt.Errorf("%s: %s: the table is not for it: %w", what, x.Name, err)
		}
		s.names = append(s.names, x.Name)
		s.archs = append(s.archs, s.take(x))
	}
	return s, nil
}

// take adds a model's operations to the network, and returns the model in its terms.
func (n *network) take(m model) evolve.Arch {
	a := make(evolve.Arch, len(m.Ops))
	for l, path := range m.Ops {
		for i, op := range path {
			id := n.id(op.Name)
			n.graphs[l][id] = m.Graphs[l][i]
			a[l] = append(a[l], evolve.OpID(id))
		}
		slices.Sort(a[l])
	}
	return a
}

// id is the number of the operation of that name, the next one if it is new.
func (n *network) id(name string) int {
	if id := slices.Index(n.names, name); id >= 0 {
		return id
	}
	n.names = append(n.names, name)
	for l := range n.graphs {
		n.graphs[l] = append(n.graphs[l], nil)
	}
	return len(n.names) - 1
}

// predict is what a table says of the sample.
func (s sample) predict(t latency.Table) ([]checked, error) {
	list := make([]checked, len(s.archs))
	for i, a := range s.archs {
		list[i] = checked{Name: s.names[i], Predicted: t.Fixed()}
		for l, path := range a {
			for _, op := range path {
				f, err := fingerprint(s.graphs[l][op])
				if err != nil {
					return nil, err
				}
				ms, err := t.Cost(l, s.network.names[op], f)
				if err != nil {
					return nil, err
				}
				list[i].Predicted += ms
			}
		}
	}
	return list, nil
}

// subset lists the operations that the sample uses.
func (s sample) subset() []evolve.Path {
	all := make([]evolve.Member, len(s.archs))
	for i, a := range s.archs {
		all[i].Arch = a
	}
	return evolve.Aggregate(all, len(s.Layers))
}

// measure completes a list.
func (k lutCheck) measure(c *cobra.Command, t latency.Table, s sample, list []checked) error {
	net, err := supernet.NewNet(s.Skeleton, s.build, 1, t.Threads)
	if err != nil {
		return err
	}
	defer net.Close()
	if err := net.Fill(s.subset()); err != nil {
		return err
	}
	p := newProgress(c.ErrOrStderr(), 0)
	defer p.close()
	m := latency.Meter{Now: time.Now, WarmUp: warmUp, Repeats: k.repeats, Each: func(done, total int) {
		p.at("measure", done, total, "all architectures in turn")
	}}
	times, err := m.Networks(c.Context(), net, s.Stem.In, t.Batch, s.archs)
	for i, measured := range times {
		list[i].Measured = measured
		list[i].Error = list[i].Predicted/measured.Median - 1
	}
	return err
}

func (k lutCheck) print(w io.Writer, list []checked) error {
	errors := make([]float64, len(list))
	for i, x := range list {
		errors[i] = math.Abs(x.Error)
	}
	slices.Sort(errors)
	median, worst := latency.Quantile(errors, 0.5), errors[len(errors)-1]
	if k.json {
		return printJSON(w, struct {
			Median float64   `json:"median_error"`
			Worst  float64   `json:"worst_error"`
			Archs  []checked `json:"architectures"`
		}{median, worst, list})
	}
	rows := []string{"architecture\tpredicted ms\tmeasured ms\tquartiles\terror"}
	for _, x := range list {
		rows = append(rows, fmt.Sprintf("%s\t%.4g\t%.4g\t%.4g–%.4g\t%+.1f %%", x.Name, x.Predicted, x.Measured.Median, x.Measured.Q1, x.Measured.Q3, 100*x.Error))
	}
	if err := table(w, rows); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "\nerror of %d architectures: median %.1f %%, worst %.1f %%\n", len(list), 100*median, 100*worst)
	return err
}
