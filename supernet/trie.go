package supernet

import (
	"cmp"
	"context"
	"slices"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/supernet/data"
	"github.com/nse-dev/nse/supernet/graph"
)

// trie is a list of architectures in which those that begin alike share what they begin with. The output of a branch
// depends on the paths before it and on its own operation alone. So do its running statistics. A forward pass therefore
// runs a branch once for all architectures that reach it. Every architecture gets the bits that it gets alone.
//
// A trie works in the session of its net, and belongs to the net's goroutine.
type trie struct {
	net    *Net
	archs  []evolve.Arch
	stem   *branch
	root   *node
	leaves []*node // in ascending order of their architectures

	batch  int // number of calibration batches up to the present one
	images int // classified
	kept   int // floats of the branches' outputs that are kept at present
	spent  evolve.Ledger
}

// node is where architectures stand that have equal paths before a layer.
type node struct {
	layer    int
	branches []*branch // of all edges; after the last layer, the head
	edges    []edge

	places  []int   // after the last layer: of the equal architectures that end here
	correct int     // images that each of them classifies correctly
	loss    float64 // sum of the cross-entropies of images
}

// edge is one path of a node's layer.
type edge struct {
	branches []*branch // ascending
	to       *node
}

// branch is a block behind the paths that lead to its node. It has running statistics of its own, which the block has
// only while the branch runs.
type branch struct {
	block   *graph.Block
	running []*graph.Param // of the block
	values  []float32      // of them behind these paths, one after the other
	batch   int            // the last calibration batch in values
	uses    int            // by paths of its node
	output  []float32      // for the present batch, if kept
}

// plant makes a trie of some architectures of a list, which are named by their places. Architectures with equal
// beginnings must stand together there, as ascending orders them. All statistics begin as those that the blocks have
// now.
func (n *Net) plant(archs []evolve.Arch, places []int) *trie {
	t := &trie{net: n, archs: archs, stem: newBranch(n.stem)}
	t.root = t.grow(0, places)
	return t
}

func newBranch(b *graph.Block) *branch {
	c := &branch{block: b, running: running(b)}
	for _, p := range c.running {
		c.values = append(c.values, p.Value...)
	}
	return c
}

// running lists the running means and variances of a block.
func running(b *graph.Block) (params []*graph.Param) {
	for _, p := range b.Params {
		if p.Init == sdk.RunningMean || p.Init == sdk.RunningVar {
			params = append(params, p)
		}
	}
	return params
}

// grow makes the node at layer l of architectures whose paths before it are equal.
func (t *trie) grow(l int, places []int) *node {
	v := &node{layer: l}
	if l == len(t.net.layers) {
		v.places, v.branches = places, []*branch{newBranch(t.net.head)}
		t.leaves = append(t.leaves, v)
		return v
	}
	for len(places) > 0 {
		path, same := t.archs[places[0]][l], 1
		for same < len(places) && slices.Equal(t.archs[places[same]][l], path) {
			same++
		}
		v.edges = append(v.edges, edge{t.use(v, path), t.grow(l+1, places[:same])})
		places = places[same:]
	}
	return v
}

// use returns the branches of a path and adds to the node those that it has not.
func (t *trie) use(v *node, path evolve.Path) []*branch {
	branches := make([]*branch, len(path))
	for i, id := range path {
		block := t.net.layers[v.layer].block(id)
		at := slices.IndexFunc(v.branches, func(b *branch) bool { return b.block == block })
		if at < 0 {
			at = len(v.branches)
			v.branches = append(v.branches, newBranch(block))
		}
		v.branches[at].uses++
		branches[i] = v.branches[at]
	}
	return branches
}

// visitor is shown the logits [N, classes] at a leaf. They are valid until it returns. Its error ends the pass.
type visitor func(leaf *node, logits []float32) error

// forward runs a batch [N, H, W, C] through all architectures, depth first, and shows leaf the logits of each. With a
// nil leaf, heads without running statistics do not run. The error is that of ctx, of leaf, or of a kernel that a
// plugin runs.
func (t *trie) forward(ctx context.Context, b data.Batch, leaf visitor) error {
	s := &t.net.session
	s.Batch = len(b.Labels)
	defer s.Arena.Release(s.Arena.Mark())
	err := t.visit(ctx, t.root, t.run(t.stem, b.X), leaf)
	if broken := t.net.failure(); broken != nil {
		return broken
	}
	return err
}

// visit runs what lies behind node v on its input x [N, H, W, C]. The arena is afterwards as before.
func (t *trie) visit(ctx context.Context, v *node, x []float32, leaf visitor) error {
	if err := cmp.Or(ctx.Err(), t.net.session.Err); err != nil {
		return err
	}
	if v.edges == nil {
		return t.leave(v, x, leaf)
	}
	arena := t.net.session.Arena
	defer arena.Release(arena.Mark())
	t.keep(v, x)
	defer t.drop(v)
	for _, e := range v.edges {
		mark := arena.Mark()
		y := t.net.join(v.layer, x, len(e.branches), func(i int) []float32 { return t.output(e.branches[i], x) })
		if err := t.visit(ctx, e.to, y, leaf); err != nil {
			return err
		}
		arena.Release(mark)
	}
	return nil
}

// leave runs the head, unless nothing would come of it.
func (t *trie) leave(v *node, x []float32, leaf visitor) error {
	head := v.branches[0]
	if leaf == nil && head.running == nil {
		return nil
	}
	arena := t.net.session.Arena
	defer arena.Release(arena.Mark())
	logits := t.run(head, x)
	if err := t.net.session.Err; leaf == nil || err != nil {
		return err
	}
	return leaf(v, logits)
}

// keep runs the branches of a node that several paths use, as far as there is room for their outputs. drop makes room
// again.
func (t *trie) keep(v *node, x []float32) {
	size := t.net.session.Batch * t.net.layers[v.layer].Output().Size()
	for _, b := range v.branches {
		if b.uses > 1 && t.kept+size <= t.net.sharing.floats {
			b.output = t.run(b, x)
			t.kept += size
		}
	}
}

func (t *trie) drop(v *node) {
	for _, b := range v.branches {
		t.kept -= len(b.output)
		b.output = nil
	}
}

// output is the kept output of a branch, or a new one.
func (t *trie) output(b *branch, x []float32) []float32 {
	if b.output != nil {
		return b.output
	}
	return t.run(b, x)
}

// run runs a branch with its own statistics. A branch whose output found no room runs several times on a batch. Only
// the first time moves its statistics.
func (t *trie) run(b *branch, x []float32) []float32 {
	b.load()
	y := t.net.run(b.block, x)
	macs := float64(b.block.MACs) * float64(t.net.session.Batch)
	if t.net.session.Mode != graph.Probe {
		t.spent.Scoring += macs
		return y
	}
	t.spent.Calibration += macs
	if b.batch < t.batch {
		b.save()
		b.batch = t.batch
	}
	return y
}

// load gives the block the statistics that it has behind the branch's paths.
func (b *branch) load() {
	from := b.values
	for _, p := range b.running {
		from = from[copy(p.Value, from):]
	}
}

// save takes the block's statistics.
func (b *branch) save() {
	to := b.values
	for _, p := range b.running {
		to = to[copy(to, p.Value):]
	}
}

// loadAll gives the blocks the statistics of their branches. It is for a trie of one architecture.
func (t *trie) loadAll() {
	t.stem.load()
	for v := t.root; ; v = v.edges[0].to {
		for _, b := range v.branches {
			b.load()
		}
		if v.edges == nil {
			return
		}
	}
}
