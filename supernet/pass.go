package supernet

import (
	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/supernet/graph"
	"github.com/nse-dev/nse/supernet/kernel"
)

// trace is what a forward pass leaves for the backward pass. Activations lie in the session's arena until release.
type trace struct {
	start graph.Mark
	marks []graph.Mark // before each layer
	acts  [][]float32  // input of each layer, then of the head: [N, H, W, C]
	mixed [][]float32  // outputs of the branches of the layer that runs
	grads [3][]float32 // buffers of the backward pass, as large as the largest activation
}

// forward runs architecture a on x [N, H, W, C], N images of the session's batch, and returns the logits [N, classes].
// They and the activations stay in the arena until release. In Train mode x must stay as it is until backward.
func (n *Net) forward(a evolve.Arch, x []float32) (logits []float32) {
	h := n.enter(x)
	for l, path := range a {
		h = n.forwardLayer(l, path, h)
	}
	return n.leave(h)
}

// enter runs the stem and starts a trace.
func (n *Net) enter(x []float32) []float32 {
	t := &n.trace
	t.start = n.session.Arena.Mark()
	t.marks, t.acts = t.marks[:0], t.acts[:0]
	return n.run(n.stem, x)
}

// leave runs the head on h and returns the logits.
func (n *Net) leave(h []float32) (logits []float32) {
	n.trace.acts = append(n.trace.acts, h)
	return n.run(n.head, h)
}

// release returns the memory of the last pass.
func (n *Net) release() { n.session.Arena.Release(n.trace.start) }

// run runs a block on x. The result lies in the arena.
func (n *Net) run(b *graph.Block, x []float32) []float32 {
	y := n.session.Arena.Floats(n.session.Batch * b.OutShape().Size())
	b.Forward(&n.session, y, x)
	return y
}

// forwardLayer records the layer's input and returns its output.
func (n *Net) forwardLayer(l int, path evolve.Path, x []float32) []float32 {
	n.trace.marks = append(n.trace.marks, n.session.Arena.Mark())
	n.trace.acts = append(n.trace.acts, x)
	return n.mix(l, path, x)
}

// mix is the output of layer l on a path.
func (n *Net) mix(l int, path evolve.Path, x []float32) []float32 {
	layer := &n.layers[l]
	return n.join(l, x, len(path), func(i int) []float32 { return n.run(layer.block(path[i]), x) })
}

// join is the output of layer l on x, of k branches (eq. 1 and the other rules of Join). With no branch it is x itself.
// It is the branch's own output where there is one and x has no part.
func (n *Net) join(l int, x []float32, k int, branch func(i int) []float32) []float32 {
	layer := &n.layers[l]
	if k == 0 {
		return x
	}
	_, input := layer.join.shares(k, layer.Normal())
	if k == 1 && input == 0 {
		return branch(0)
	}
	arena := n.session.Arena
	y := arena.Floats(n.session.Batch * layer.Output().Size())
	mark := arena.Mark()
	mixed := n.trace.mixed[:0]
	for i := range k {
		mixed = append(mixed, branch(i))
	}
	if input > 0 {
		mixed = append(mixed, x)
	}
	start := n.session.Profile.Begin()
	switch pool := n.session.Pool; layer.join {
	case Sum:
		kernel.Sum(pool, y, mixed...)
	case Residual:
		kernel.Mean(pool, y, mixed[:k]...)
		kernel.Add(pool, y, y, x)
	default:
		kernel.Mean(pool, y, mixed...)
	}
	n.session.Profile.End(start, layer.join.String(), 0, len(y)*(1+len(mixed)))
	n.trace.mixed = mixed
	if n.session.Mode != graph.Train {
		arena.Release(mark)
	}
	return y
}

// backward computes the gradients of all parameters on the path from dlogits [N, classes], after forward in Train mode.
// It takes the activations back from the arena. seen is shown the gradient of every layer's output [N, H, W, C] before
// it is overwritten. A nil seen is not called.
func (n *Net) backward(a evolve.Arch, dlogits []float32, seen func(l int, dy []float32)) {
	n.growGrads()
	dy := n.grad(0, len(n.trace.acts[len(a)]))
	n.head.Backward(&n.session, dy, dlogits)
	for l := len(a) - 1; l >= 0; l-- {
		if seen != nil {
			seen(l, dy)
		}
		dy = n.backwardLayer(l, a[l], dy)
		n.session.Arena.Release(n.trace.marks[l])
	}
	n.stem.Backward(&n.session, nil, dy)
}

// backwardLayer returns the gradient of the layer's input and overwrites dy. It is the reverse of join: every branch
// gets dy times its share, and their gradients are summed from the last branch to the first.
func (n *Net) backwardLayer(l int, path evolve.Path, dy []float32) []float32 {
	if len(path) == 0 {
		return dy
	}
	layer := &n.layers[l]
	size := len(n.trace.acts[l])
	dx, part := n.freeGrads(dy, size)
	branch, input := layer.join.shares(len(path), layer.Normal())
	if branch != 1 {
		n.scale(dy, branch)
	}
	for i := len(path) - 1; i >= 0; i-- {
		block := layer.block(path[i])
		if i == len(path)-1 {
			block.Backward(&n.session, dx, dy)
			continue
		}
		block.Backward(&n.session, part, dy)
		n.add(dx, part)
	}
	switch input {
	case 0:
	case branch:
		n.add(dx, dy)
	default:
		kernel.AddScaled(n.session.Pool, dx, dy, input/branch)
	}
	return dx
}

// scale multiplies dst by s.
func (n *Net) scale(dst []float32, s float32) {
	start := n.session.Profile.Begin()
	kernel.Scale(n.session.Pool, dst, dst, s)
	n.session.Profile.End(start, "mean gradient", 0, 2*len(dst))
}

// add adds x to dst.
func (n *Net) add(dst, x []float32) {
	start := n.session.Profile.Begin()
	kernel.Add(n.session.Pool, dst, dst, x)
	n.session.Profile.End(start, "sum", 0, 3*len(dst))
}

// growGrads makes the gradient buffers as large as the largest activation of the trace.
func (n *Net) growGrads() {
	size := 0
	for _, x := range n.trace.acts {
		size = max(size, len(x))
	}
	for i := range n.trace.grads {
		if cap(n.trace.grads[i]) < size {
			n.trace.grads[i] = make([]float32, size)
		}
	}
}

// grad is the first part of gradient buffer i.
func (n *Net) grad(i, size int) []float32 { return n.trace.grads[i][:size] }

// freeGrads returns the two gradient buffers that do not hold dy, size floats of each.
func (n *Net) freeGrads(dy []float32, size int) (dx, part []float32) {
	for i := range n.trace.grads {
		if &n.trace.grads[i][0] == &dy[0] {
			return n.grad((i+1)%3, size), n.grad((i+2)%3, size)
		}
	}
	panic("supernet: dy is not a gradient buffer")
}
