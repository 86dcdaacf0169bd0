// Package lut measures tables of latencies for the operations of pools, and compares what a table predicts with
// measured networks.
package lut

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"time"

	"github.com/nse-dev/nse/internal/catalog"
	"github.com/nse-dev/nse/internal/file"
	"github.com/nse-dev/nse/internal/latency"
	"github.com/nse-dev/nse/registry"
	"github.com/nse-dev/nse/supernet"
	"github.com/nse-dev/nse/supernet/config"
)

// WarmUp is the number of turns before those that count.
const WarmUp = 3

// Builder measures a table, or adds to one that is there. Nothing else should run on the machine meanwhile. Close it
// after use.
type Builder struct {
	path      string
	setup     latency.Setup
	skeleton  supernet.Skeleton
	reference reference
	table     latency.Table
}

// SetupOf is the network that nse evolve makes of the configuration file at path, on the images of its data set. spec
// is the data set where it is another than the configuration's. Otherwise it is empty.
func SetupOf(ctx context.Context, path, spec string) (s latency.Setup, err error) {
	written, err := file.ReadText(path)
	if err != nil {
		return s, err
	}
	c, err := config.Parse(path, written, config.Override{Base: config.Quick, Data: spec})
	if err != nil {
		return s, err
	}
	set, err := c.Open(ctx, nil)
	if err != nil {
		return s, err
	}
	return latency.SetupOf(c.Macro, supernet.InputOf(set)), nil
}

// NewBuilder prepares a table at path. A table that is there has to be for the same setup, machine and reference
// network. Another one is an error, and stays as it is.
func NewBuilder(path string, s latency.Setup, here latency.Machine) (b *Builder, err error) {
	b = &Builder{path: path, setup: s}
	if b.skeleton, err = s.Macro.Skeleton(s.Input()); err != nil {
		return nil, err
	}
	if b.reference, err = newReference(s, b.skeleton); err != nil {
		return nil, err
	}
	if b.table, err = b.open(here); err != nil {
		b.Close()
		return nil, err
	}
	return b, nil
}

// Close stops the threads of the reference network.
func (b *Builder) Close() { b.reference.net.Close() }

// open is the table that is there, if more can be added to it, or a new one.
func (b *Builder) open(here latency.Machine) (latency.Table, error) {
	if _, err := os.Stat(b.path); errors.Is(err, fs.ErrNotExist) || file.IsSpecial(b.path) {
		return latency.New(b.setup, here, b.reference.Reference), nil
	}
	t, err := latency.Read(b.path)
	if err != nil {
		return t, err
	}
	if err := t.Fits(b.setup); err != nil {
		return t, fmt.Errorf("%s cannot be added to: %w: choose another --out", b.path, err)
	}
	if t.Machine != here {
		return t, fmt.Errorf("%s cannot be added to: it was measured on %v, this is %v: choose another --out", b.path,
			t.Machine, here)
	}
	if _, same := t.Reference.Slowdown(b.reference.Reference); !same {
		return t, fmt.Errorf("%s cannot be added to: this nse has another reference network: choose another --out",
			b.path)
	}
	return t, nil
}

// Measure measures the operations that the table lacks, and writes the table when all are measured. each is told of
// every turn. On error the file is what it was.
func (b *Builder) Measure(ctx context.Context, ops []registry.Op, each func(done, total int)) (s Summary, err error) {
	c, err := catalog.LayOut(ctx, ops, b.skeleton, catalog.Pricing{})
	if err != nil {
		return s, err
	}
	wanted, err := c.Operations()
	if err != nil {
		return s, err
	}
	if err := file.Probe(b.path); err != nil {
		return s, err
	}
	net, err := supernet.NewNet(b.skeleton, c.Build, 1, b.setup.Threads)
	if err != nil {
		return s, err
	}
	defer net.Close()
	_, missing := b.table.Missing(wanted)
	m := latency.Meter{Now: time.Now, WarmUp: WarmUp, Repeats: b.setup.Repeats, Reference: b.reference.run, Each: each}
	t, slowdown, err := b.table.Measure(ctx, m, net, b.skeleton, wanted)
	if err != nil {
		return s, err
	}
	text, err := json.MarshalIndent(t, "", " ")
	if err != nil {
		return s, err
	}
	b.table = t
	return b.summary(missing, slowdown, c.Names), file.Output(b.path, append(text, '\n'))
}

// Summary says what is in a table of the operations of a pool.
type Summary struct {
	File      string  `json:"file"`
	Measured  int     `json:"measured"` // graphs, in this call
	Fixed     float64 `json:"fixed_ms"` // of stem and head
	Reference float64 `json:"reference_ms"`
	Slowdown  float64 `json:"slowdown"` // of the reference network in this call, by which what was added is divided
	Spread    float64 `json:"spread"`   // interquartile range as a part of the median, the median of the table
	Ops       []Range `json:"operations"`

	Table latency.Table `json:"-"`
}

// Range is what an operation takes over the layers.
type Range struct {
	Name   string  `json:"name"`
	Least  float64 `json:"ms_min"`
	Most   float64 `json:"ms_max"`
	Spread float64 `json:"spread"` // the median of the layers
}

func (b *Builder) summary(measured int, slowdown float64, names []string) Summary {
	t := b.table
	s := Summary{File: b.path, Measured: measured, Fixed: t.Fixed(), Reference: t.Reference.Median, Slowdown: slowdown,
		Spread: t.Spread(), Table: t}
	for _, name := range names {
		s.Ops = append(s.Ops, rangeOf(t, name))
	}
	return s
}

func rangeOf(t latency.Table, name string) Range {
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
	return Range{name, slices.Min(ms), slices.Max(ms), latency.Quantile(spread, 0.5)}
}
