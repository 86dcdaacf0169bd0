package graph

import (
	"math"
	"slices"

	G "gorgonia.org/gorgonia"
)

// goal asks for the value of a node at an address.
type goal struct {
	node *G.Node
	to   ref
}

// planner turns the part of a gorgonia graph that goals need into a program. A value lies where the caller wants it, or
// else in the memory of an input that dies there, or else in a buffer of its own. Buffers whose lifetimes do not meet
// share memory.
type planner struct {
	graph   *G.ExprGraph
	read    reading
	batch   int // of the nodes' shapes
	refs    map[*G.Node]ref
	keep    map[*G.Node]bool // values that outlive the program
	steps   []*G.Node        // what runs, in order
	last    map[*G.Node]int  // step that reads a value last
	wanted  map[*G.Node]bool // values that anything reads
	owner   map[*G.Node]*buffer
	buffers []*buffer
}

// forever is the last reader of a kept value.
const forever = math.MaxInt

// reading returns the operation that computes a node in a program, and the nodes that it reads, in order and with
// repetitions. It returns a nil operation for an input.
type reading func(g *G.ExprGraph, n *G.Node) (*op, G.Nodes)

// apart computes every node by itself.
func apart(g *G.ExprGraph, n *G.Node) (*op, G.Nodes) { return kernelOf(n), inputs(g, n) }

// inlined computes convolutions that are fused with the one before them where that is read.
func inlined(g *G.ExprGraph, n *G.Node) (*op, G.Nodes) {
	o, in := apart(g, n)
	if o == nil || o.fused.inline == nil {
		return o, in
	}
	return o.fused.inline, append(inputs(g, in[0]), in[1:]...)
}

// settled is inlined for Eval mode, in which operations that are absent there leave their first input.
func settled(g *G.ExprGraph, n *G.Node) (*op, G.Nodes) {
	o, in := inlined(g, n)
	if o != nil && o.fused.absent {
		return inlined(g, in[0])
	}
	return o, in
}

// plan assembles the program that reaches goals from the known values. It adds the addresses of its own values to
// known. Values in keep lie in the kept frame.
func plan(b *builder, read reading, known map[*G.Node]ref, keep map[*G.Node]bool, goals ...goal) (p program) {
	l := &planner{graph: b.graph, read: read, batch: b.batch, refs: known, keep: keep, last: map[*G.Node]int{},
		wanted: map[*G.Node]bool{}, owner: map[*G.Node]*buffer{}}
	l.steps = ancestors(b.graph, read, known, goals)
	l.lifetimes(goals)
	l.bind(goals)
	for step, n := range l.steps {
		l.house(step, n)
	}
	p.kept, p.temp = arrange(l.buffers)
	for n, buffer := range l.owner {
		l.refs[n] = ref{place: buffer.place, offset: buffer.offset, size: l.size(n)}
	}
	l.emit(&p, goals)
	return p
}

// ancestors lists the nodes that goals need and that are not known, in the order in which they were made. So inputs
// come before their readers, and the gradients of an operation stand together.
func ancestors(g *G.ExprGraph, read reading, known map[*G.Node]ref, goals []goal) (steps []*G.Node) {
	needed := map[*G.Node]bool{}
	for _, goal := range goals {
		needed[goal.node] = true
	}
	for _, n := range slices.Backward(g.AllNodes()) {
		if _, have := known[n]; have || !needed[n] {
			continue
		}
		steps = append(steps, n)
		_, in := read(g, n)
		for _, in := range in {
			needed[in] = true
		}
	}
	slices.Reverse(steps)
	return steps
}

// inputs lists the nodes that n reads, in order and with repetitions.
func inputs(g *G.ExprGraph, n *G.Node) (in []*G.Node) {
	for it := g.From(n.ID()); it.Next(); {
		in = append(in, it.Node().(*G.Node))
	}
	return in
}

// lifetimes finds the last step that reads each value.
func (l *planner) lifetimes(goals []goal) {
	for step, n := range l.steps {
		l.last[n] = max(l.last[n], step)
		o, in := l.read(l.graph, n)
		if o.home.grad != nil {
			continue // it reads what the input has done, not its result
		}
		for _, in := range in {
			l.last[l.origin(in)] = step
			l.wanted[in] = true
		}
	}
	for _, goal := range goals {
		l.last[l.origin(goal.node)] = len(l.steps)
		l.wanted[goal.node] = true
	}
	for n := range l.keep {
		l.last[n] = forever
	}
}

// origin is the node whose memory n looks into: n itself unless it is a view.
func (l *planner) origin(n *G.Node) *G.Node {
	if o := kernelOf(n); o != nil && o.home.part != nil {
		return l.origin(inputs(l.graph, n)[o.home.part.input])
	}
	return n
}

// bind puts results straight where the caller wants them.
func (l *planner) bind(goals []goal) {
	for _, goal := range goals {
		_, known := l.refs[goal.node]
		if !known && !l.keep[goal.node] && l.origin(goal.node) == goal.node {
			l.refs[goal.node] = goal.to
		}
	}
}

// house gives n, which runs at step, a buffer.
func (l *planner) house(step int, n *G.Node) {
	if _, known := l.refs[n]; known || l.origin(n) != n {
		return
	}
	if p := kernelOf(n).home.grad; p != nil {
		l.refs[n] = ref{place: atGrad, param: p}
		return
	}
	if !l.wanted[n] {
		l.refs[n] = ref{place: nowhere}
		return
	}
	home := l.inherit(step, n)
	if home == nil {
		home = &buffer{size: l.size(n), from: step, place: atTemp}
		l.buffers = append(l.buffers, home)
	}
	if l.keep[n] {
		home.place = atKept
	}
	home.to = l.last[n]
	l.owner[n] = home
}

// inherit finds the buffer of an input that dies at this step and that the operation can overwrite, or nil. An input
// that it reads twice keeps its own: a sum of three may come back to it after its first step.
func (l *planner) inherit(step int, n *G.Node) *buffer {
	o, in := l.read(l.graph, n)
	times := map[*buffer]int{}
	for _, x := range in {
		times[l.owner[l.origin(x)]]++
	}
	for _, i := range o.home.over {
		home := l.owner[in[i]]
		if home != nil && home.to == step && home.size == l.size(n) && times[home] == 1 {
			return home
		}
	}
	return nil
}

// emit writes the calls, and copies to goals that could not be bound.
func (l *planner) emit(p *program, goals []goal) {
	for _, n := range l.steps {
		o, in := l.read(l.graph, n)
		dst := l.refs[n]
		if part := o.home.part; part != nil {
			base := l.refs[in[part.input]]
			l.refs[n] = ref{place: base.place, offset: base.offset + part.from, size: part.size}
			dst = ref{place: nowhere}
		}
		if o.home.grad != nil || o.home.part != nil && !o.home.part.runs {
			continue
		}
		src := make([]ref, len(in))
		for i, from := range in {
			src[i] = l.refs[from]
		}
		p.add(o, dst, src...)
	}
	for _, goal := range goals {
		if l.refs[goal.node] != goal.to {
			p.add(move, goal.to, l.refs[goal.node])
		}
	}
}

// size is the number of floats of a node's value for one image.
func (l *planner) size(n *G.Node) int { return n.Shape().TotalSize() / l.batch }
