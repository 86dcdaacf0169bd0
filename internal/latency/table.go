package latency

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/nse-dev/nse/supernet"
)

// Version is that of the format of tables. Read refuses every other.
const Version = 2

// Table is what a network's parts take on a machine, as a JSON file holds it.
type Table struct {
	Version int     `json:"latency_table"`
	Machine Machine `json:"machine"`
	Setup
	Reference Reference `json:"reference"`
	Stem      Time      `json:"stem"`
	Head      Time      `json:"head"`
	Layers    []Layer   `json:"layers"` // of the macro-architecture
}

// New is a table without times, whose reference network is r.
func New(s Setup, m Machine, r Reference) Table {
	return Table{Version: Version, Machine: m, Setup: s, Reference: r, Layers: make([]Layer, s.layers())}
}

// Setup is what is measured, and how.
type Setup struct {
	Macro   supernet.Macro `json:"macro"`
	Image   [3]int         `json:"image"` // height, width, channels
	Classes int            `json:"classes"`
	Batch   int            `json:"batch"` // images at a time: times are for all of them
	Threads int            `json:"threads"`
	WarmUp  int            `json:"warm_up"` // measurements that do not count
	Repeats int            `json:"repeats"` // measurements that do
}

// Layer is what the operations of a layer take.
type Layer struct {
	Branch Time    `json:"branch"` // that each branch adds to the join of branches
	Ops    []Entry `json:"operations"`
}

// Entry is what an operation takes at a layer.
type Entry struct {
	Name  string `json:"name"`
	Graph string `json:"graph"` // its fingerprint
	Time
}

// Fixed is what every architecture takes, in ms.
func (t Table) Fixed() float64 { return t.Stem.Median + t.Head.Median }

// Cost is what an operation adds to an architecture that has it at layer l, in ms. graph is the operation's
// fingerprint. An operation that the table lacks, or has with another graph, is an error that names both.
func (t Table) Cost(l int, name, graph string) (float64, error) {
	i := t.Layers[l].find(name)
	switch {
	case i < 0:
		return 0, fmt.Errorf("there is no operation %q at layer %d", name, l)
	case t.Layers[l].Ops[i].Graph != graph:
		return 0, fmt.Errorf("operation %q at layer %d is not the one that was measured", name, l)
	}
	return t.Layers[l].Ops[i].Median + t.Layers[l].Branch.Median, nil
}

// Spread is the median of the operations' spreads. The table has to have an operation.
func (t Table) Spread() float64 {
	var spreads []float64
	for _, l := range t.Layers {
		for _, e := range l.Ops {
			spreads = append(spreads, e.Spread())
		}
	}
	slices.Sort(spreads)
	return Quantile(spreads, 0.5)
}

func (l Layer) find(name string) int {
	return slices.IndexFunc(l.Ops, func(e Entry) bool { return e.Name == name })
}

// Fits refuses a setup that measures something else than s: another network, another number of images or threads. How
// often it is measured is of no consequence.
func (s Setup) Fits(other Setup) error {
	a, b := describe(s.Macro), describe(other.Macro)
	switch {
	case a != b:
		return fmt.Errorf("it is of the network %s, not of %s", a, b)
	case s.Image != other.Image || s.Classes != other.Classes:
		return fmt.Errorf("it is for %s, not for %s", s.images(), other.images())
	case s.Batch != other.Batch:
		return fmt.Errorf("it is for batches of %d, not of %d", s.Batch, other.Batch)
	case s.Threads != other.Threads:
		return fmt.Errorf("it is for %d threads, not for %d", s.Threads, other.Threads)
	}
	return nil
}

// describe writes all that tells macro-architectures apart.
func describe(m supernet.Macro) string {
	text := fmt.Sprintf("%s with channels %v, stem stride %d, head %d, %v",
		strings.Join(strings.Fields(m.Layers), ""), m.Channels, m.StemStride, m.Head, m.Activation)
	if m.SqueezeExcite {
		text += ", squeeze-and-excite"
	}
	if c := m.Canonical(); c.Join != "" || c.StemKernel != 3 || c.StemPool != 0 {
		text += fmt.Sprintf(", join %q, stem kernel %d, stem pool %d", c.Join, c.StemKernel, c.StemPool)
	}
	return text
}

func (s Setup) layers() int { return len(strings.Join(strings.Fields(s.Macro.Layers), "")) }

func (s Setup) images() string {
	return fmt.Sprintf("images %d×%d×%d of %d classes", s.Image[0], s.Image[1], s.Image[2], s.Classes)
}

// Validate refuses what no measurement gives.
func (t Table) Validate() error {
	if t.Version != Version {
		return fmt.Errorf("latency_table = %d: want %d: a table of another version of nse has to be measured anew",
			t.Version, Version)
	}
	if err := t.Setup.Validate(); err != nil {
		return err
	}
	if len(t.Layers) != t.layers() {
		return fmt.Errorf("times of %d layers for a macro-architecture of %d", len(t.Layers), t.layers())
	}
	if err := cmp.Or(t.Reference.validate(), t.Stem.validate("stem"), t.Head.validate("head")); err != nil {
		return err
	}
	for l, layer := range t.Layers {
		if err := layer.validate(l); err != nil {
			return err
		}
	}
	return nil
}

// Validate refuses what cannot be measured.
func (s Setup) Validate() error {
	const most = 1 << 16
	if err := s.Macro.Validate(); err != nil {
		return fmt.Errorf("macro: %w", err)
	}
	for _, side := range s.Image {
		if side < 1 || side > most {
			return fmt.Errorf("image %v: want height, width and channels of 1 to %d", s.Image, most)
		}
	}
	for _, n := range []struct {
		name  string
		value int
		least int
	}{{"classes", s.Classes, 1}, {"batch", s.Batch, 1}, {"threads", s.Threads, 1}, {"warm_up", s.WarmUp, 0},
		{"repeats", s.Repeats, 1}} {
		if n.value < n.least || n.value > most {
			return fmt.Errorf("%s = %d: want %d to %d", n.name, n.value, n.least, most)
		}
	}
	return nil
}

func (l Layer) validate(i int) error {
	if err := l.Branch.validate(fmt.Sprintf("branch at layer %d", i)); err != nil {
		return err
	}
	for j, e := range l.Ops {
		if e.Name == "" || e.Graph == "" {
			return fmt.Errorf("layer %d: operation %d has no name or no graph", i, j)
		}
		if l.find(e.Name) < j {
			return fmt.Errorf("layer %d: operation %q is there twice", i, e.Name)
		}
		if err := e.validate(fmt.Sprintf("%s at layer %d", e.Name, i)); err != nil {
			return err
		}
	}
	return nil
}

// validate refuses times that are not of this world.
func (t Time) validate(of string) error {
	if !(t.Median >= 0) || !(t.Q1 >= 0) || !(t.Q3 >= 0) || t.Median > math.MaxFloat32 || t.Q1 > t.Median ||
		t.Q3 < t.Median {
		return errors.New(of + fmt.Sprintf(": ms = %v, q1 = %v, q3 = %v: want 0 ≤ q1 ≤ ms ≤ q3", t.Median, t.Q1, t.Q3))
	}
	return nil
}
