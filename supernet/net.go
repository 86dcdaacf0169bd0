package supernet

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/internal/random"
	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/supernet/graph"
	"github.com/nse-dev/nse/supernet/kernel"
)

// Builder returns the graph of a pool's operation at a layer. It is called once for every operation that comes into the
// subset of the layer, and equal calls must give equal graphs.
type Builder func(op evolve.OpID, l sdk.Layer) (*sdk.Graph, error)

// Net is the weight-sharing supernet: one block for every operation of the subset at every layer, between a stem and a
// head that all architectures share. Its methods belong to one goroutine at a time. Results do not depend on the number
// of workers.
type Net struct {
	build   Builder
	seed    uint64
	stem    *graph.Block
	layers  []layer
	head    *graph.Block
	session graph.Session
	trace   trace
	momenta map[*graph.Param][]float32 // of the optimizer; absent until a parameter's first update
	squares map[*graph.Param][]float32 // likewise, of AdamW alone
	sharing sharing
	spent   evolve.Ledger
}

// layer is one place of the chain with the blocks of its subset, in ascending order of their operations.
type layer struct {
	sdk.Layer
	join Join
	ops  []candidate
}

type candidate struct {
	id    evolve.OpID
	block *graph.Block
}

// NewNet lays out a supernet without operations. Fill, Restore or an engine's Begin gives it some. workers is the
// number of goroutines that compute, 0 one for each core. seed determines all weights that are drawn. The error is that
// of a primitive which the engine does not know. Close the net after use.
func NewNet(s Skeleton, build Builder, seed uint64, workers int) (*Net, error) {
	n := &Net{build: build, seed: seed, momenta: map[*graph.Param][]float32{}, squares: map[*graph.Param][]float32{},
		sharing: defaultSharing}
	var err error
	if n.stem, err = graph.Compile("stem", s.Stem); err != nil {
		return nil, err
	}
	if n.head, err = graph.Compile("head", s.Head); err != nil {
		return nil, err
	}
	for i, l := range s.Layers {
		n.layers = append(n.layers, layer{Layer: l, join: s.Join(i)})
	}
	n.session = graph.Session{Pool: kernel.NewPool(workers), Arena: new(graph.Arena)}
	return n, nil
}

// Close stops the workers.
func (n *Net) Close() { n.session.Pool.Close() }

// Profile adds what passes cost from now on to p. A nil p ends that.
func (n *Net) Profile(p *graph.Profile) { n.session.Profile = p }

// Fill makes subset the operations of the layers, all with the weights that a first round begins with. The error is
// that of the builder, or of a subset with another number of layers.
func (n *Net) Fill(subset []evolve.Path) error { return n.begin(1, subset, false) }

// populate makes subset the operations of the layers. Blocks that were there already stay, with their weights.
func (n *Net) populate(subset []evolve.Path) error {
	if len(subset) != len(n.layers) {
		return fmt.Errorf("supernet: a subset of %d layers for a network of %d", len(subset), len(n.layers))
	}
	for i := range n.layers {
		l := &n.layers[i]
		ops := make([]candidate, 0, len(subset[i]))
		for _, id := range subset[i] {
			block := l.block(id)
			if block == nil {
				g, err := n.build(id, l.Layer)
				if err != nil {
					return err
				}
				if block, err = graph.Compile(fmt.Sprintf("layers.%d.%d", i, id), g); err != nil {
					return err
				}
			}
			ops = append(ops, candidate{id, block})
		}
		slices.SortFunc(ops, func(a, b candidate) int { return cmp.Compare(a.id, b.id) })
		l.ops = ops
	}
	return nil
}

// block returns the layer's block of an operation, or nil.
func (l *layer) block(id evolve.OpID) *graph.Block {
	i, found := slices.BinarySearchFunc(l.ops, id, func(c candidate, id evolve.OpID) int {
		return cmp.Compare(c.id, id)
	})
	if !found {
		return nil
	}
	return l.ops[i].block
}

// blocks are the stem, the head and the blocks of a path in every layer.
func (n *Net) blocks(a evolve.Arch) []*graph.Block {
	blocks := []*graph.Block{n.stem}
	for l, path := range a {
		for _, id := range path {
			blocks = append(blocks, n.layers[l].block(id))
		}
	}
	return append(blocks, n.head)
}

// subset lists the operations of every layer.
func (n *Net) subset() []evolve.Path {
	subset := make([]evolve.Path, len(n.layers))
	for i, l := range n.layers {
		for _, c := range l.ops {
			subset[i] = append(subset[i], c.id)
		}
	}
	return subset
}

// check refuses an architecture that the subset does not contain.
func (n *Net) check(a evolve.Arch) error {
	if len(a) != len(n.layers) {
		return fmt.Errorf("supernet: an architecture of %d layers for a network of %d", len(a), len(n.layers))
	}
	for i, path := range a {
		if len(path) == 0 && !n.layers[i].Normal() {
			return fmt.Errorf("supernet: reduction layer %d has no operation", i)
		}
		for _, id := range path {
			if n.layers[i].block(id) == nil {
				return fmt.Errorf("supernet: operation %d is not in the subset of layer %d", id, i)
			}
		}
	}
	return nil
}

// begin starts a round with subset, without momentum. All weights are drawn anew. With keep, those stay that were there
// in the round before. A block's weights depend on the seed, the round, the layer and the operation alone.
func (n *Net) begin(round int, subset []evolve.Path, keep bool) error {
	old := map[*graph.Block]bool{}
	if keep && round > 1 {
		for _, b := range n.blocks(n.subset()) {
			old[b] = true
		}
	}
	if err := n.populate(subset); err != nil {
		return err
	}
	clear(n.momenta)
	clear(n.squares)
	for i, l := range n.layers {
		for _, c := range l.ops {
			if !old[c.block] {
				n.initialise(c.block, round, i, int(c.id))
			}
		}
	}
	if !old[n.stem] {
		n.initialise(n.stem, round, len(n.layers), 0)
		n.initialise(n.head, round, len(n.layers), 1)
	}
	return nil
}

// initialise draws a block's parameters anew: convolutions as He et al. do by fan-out, everything else as its
// Init says.
func (n *Net) initialise(b *graph.Block, round, layer, op int) {
	r := random.New(n.seed, "weights", round, layer, op)
	for _, p := range b.Params {
		if p.Init == sdk.Kaiming {
			fillNormal(p.Value, math.Sqrt(2/float64(fanOut(p.Shape))), r.NormFloat64)
			continue
		}
		fill(p.Value, p.Init.Value())
	}
}

// fanOut is the number of outputs that an input element reaches, as PyTorch counts it: groups do not divide it.
func fanOut(shape []int) int {
	n := shape[0]
	for _, side := range shape[2:] {
		n *= side
	}
	return n
}

// fillNormal draws from a normal distribution with mean 0.
func fillNormal(dst []float32, deviation float64, normal func() float64) {
	for i := range dst {
		dst[i] = float32(deviation * normal())
	}
}

func fill(dst []float32, v float32) {
	for i := range dst {
		dst[i] = v
	}
}
