// Package sdktest is the conformance suite of operations: what nse expects of them, as Go tests for their authors.
package sdktest

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"
	"testing"

	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/sdk/layers"
	"github.com/nse-dev/nse/sdk/wire"
)

// Run tests members of a family: those with the given attributes, or the one with all defaults if none are given. A
// family whose attributes are required needs some. Each member is a subtest by its name, which fails with the first
// fault that is found.
//
// A member is built at the layers of the built-in macro-architectures, also on images of odd size, and at layers
// of many other widths, strides, sizes and activations. It may be impossible at some, with an error of one line. At one
// of the two layers of 240 channels it must be possible, since nse builds every operation of a pool there.
//
// Equal calls give equal graphs, also through the plugin protocol and in several calls at once. Attributes without
// sense are refused, or fit by chance, but never panic.
//
// Kernels of Exec primitives write every result and nothing else. Their gradients agree with central differences to 1 %
// of the largest element of a tensor. They repeat themselves to the bit where they are declared to be deterministic.
//
// No other process is started.
func Run(t *testing.T, op sdk.Op, members ...sdk.Attrs) {
	t.Helper()
	if err := op.Validate(); err != nil {
		t.Fatal(err)
	}
	s, err := serveFamily(op)
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	if len(members) == 0 {
		members = []sdk.Attrs{nil}
	}
	names := map[string]bool{}
	for _, given := range members {
		attrs, err := op.Complete(given)
		if err != nil {
			t.Error(err)
			continue
		}
		name := op.Member(attrs)
		if names[name] {
			t.Errorf("%s is given twice", name)
		}
		names[name] = true
		t.Run(name, func(t *testing.T) {
			if err := check(op, attrs, s); err != nil {
				t.Error(err)
			}
		})
	}
}

// check tests one member. One fault often shows at a hundred layers: the first is told.
func check(op sdk.Op, attrs sdk.Attrs, s *served) error {
	for _, test := range []func(sdk.Op, sdk.Attrs, *served) error{possible, everywhere, senseless, kernels} {
		if err := test(op, attrs, s); err != nil {
			return err
		}
	}
	return nil
}

// everyLayer returns the wide layers, those of networks and others, at which operations may be impossible.
func everyLayer() []sdk.Layer {
	list := layers.Wide()
	for _, channels := range [][2]int{{1, 1}, {3, 7}, {4, 4}, {8, 16}, {24, 24}, {96, 40}} {
		for _, size := range [][2]int{{1, 1}, {5, 6}, {14, 14}} {
			for stride := 1; stride <= 2; stride++ {
				for activation := sdk.ReLU; activation <= sdk.Sigmoid; activation++ {
					for _, gate := range []bool{false, true} {
						list = append(list, sdk.Layer{Index: len(list), In: channels[0], Out: channels[1],
							Stride: stride, Height: size[0], Width: size[1], Activation: activation,
							SqueezeExcite: gate})
					}
				}
			}
		}
	}
	return append(list, layers.OfNetworks()...)
}

// possible builds at the wide layers. Every operation has to be possible at one of them.
func possible(op sdk.Op, attrs sdk.Attrs, _ *served) (err error) {
	for _, l := range layers.Wide() {
		if _, err = build(op, l, attrs); err == nil {
			return nil
		}
	}
	return err
}

// everywhere builds at all layers, at once and through the plugin protocol. A data race in Build shows under go test
// -race.
func everywhere(op sdk.Op, attrs sdk.Attrs, s *served) error {
	list := everyLayer()
	faults := make([]error, len(list))
	var all sync.WaitGroup
	for i, l := range list {
		all.Go(func() { faults[i] = same(op, l, attrs, s) })
	}
	all.Wait()
	return cmp.Or(faults...)
}

// same builds at one layer twice, and over the wire, and compares.
func same(op sdk.Op, l sdk.Layer, attrs sdk.Attrs, s *served) error {
	first, err := encoded(op, l, attrs)
	if fault := wellPut(err); fault != nil {
		return fault
	}
	again, err2 := encoded(op, l, attrs)
	if !bytes.Equal(first, again) || fmt.Sprint(err) != fmt.Sprint(err2) {
		return fmt.Errorf("%s at %s: two equal calls of Build differ", op.Member(attrs), l)
	}
	remote, err3 := s.build(op, l, attrs)
	if !bytes.Equal(first, remote) || fmt.Sprint(err) != fmt.Sprint(err3) {
		return fmt.Errorf("%s at %s: over the wire Build gives another graph, or error: %v", op.Member(attrs), l, err3)
	}
	return nil
}

// encoded is the graph at a layer in bytes, which are equal for equal graphs only.
func encoded(op sdk.Op, l sdk.Layer, attrs sdk.Attrs) ([]byte, error) {
	g, err := build(op, l, attrs)
	if err != nil {
		return nil, err
	}
	return wire.MarshalGraph(g)
}

// panicked is an error that should have been one of Build's, or of a kernel's.
type panicked struct{ error }

// build calls Build, and turns a panic into an error.
func build(op sdk.Op, l sdk.Layer, attrs sdk.Attrs) (g *sdk.Graph, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = panicked{fmt.Errorf("%s at %s: Build panics: %v", op.Member(attrs), l, p)}
		}
	}()
	return op.Graph(l, attrs)
}

// wellPut finds fault with an error that is a panic, says nothing or takes several lines.
func wellPut(err error) error {
	if err == nil {
		return nil
	}
	if p, ok := errors.AsType[panicked](err); ok {
		return p
	}
	if text := err.Error(); text != strings.TrimSpace(text) || strings.Contains(text, "\n") {
		return fmt.Errorf("%q: an error says in one line what is impossible", text)
	}
	return nil
}

// senseless builds with values that an attribute may not be meant to have, one at a time. Both results are right: a
// graph, or an error of one line.
func senseless(op sdk.Op, attrs sdk.Attrs, _ *served) error {
	for _, a := range op.Attrs {
		for _, v := range values(a.Default) {
			odd := maps.Clone(attrs)
			odd[a.Name] = v
			for _, l := range layers.Wide() {
				_, err := build(op, l, odd)
				if fault := wellPut(err); fault != nil {
					return fault
				}
			}
		}
	}
	return nil
}

// values are of the type of an attribute, and lie at and beyond the ends of what makes sense.
func values(like any) []any {
	switch like.(type) {
	case int:
		return []any{-1, 0, 1, 1 << 20}
	case []int:
		return []any{[]int{}, []int{0}, []int{1}, []int{-1, -1}, []int{1 << 20, 1 << 20, 1 << 20}}
	case float64:
		return []any{-1.0, 0.0, 1.0, 1e30}
	case bool:
		return []any{false, true}
	}
	return []any{"x"}
}
