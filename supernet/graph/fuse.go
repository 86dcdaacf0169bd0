package graph

import "github.com/nse-dev/nse/sdk"

// fusion says which nodes of an IR graph are computed together. A convolution measures the statistics of its output if
// only a normalisation reads that. The normalisation, and a ReLU behind it, are left to the operation that loads the
// output next.
type fusion struct {
	ir      *sdk.Graph
	readers []int // of each node's value, the graph's output counted as one
	// norm is the node that a convolution leaves to its reader, or a normalisation with a ReLU of its own.
	norm    map[int]int
	left    map[int]bool // nodes that are left to their readers
	through map[int]bool // convolutions that do what is left to them while they load
}

// passes find what can be fused, in this order.
var passes = []func(*fusion){leaveNorm, leaveReLU, loadThroughNorm}

func fuse(g *sdk.Graph) *fusion {
	f := &fusion{ir: g, readers: make([]int, len(g.Nodes)), norm: map[int]int{}, left: map[int]bool{},
		through: map[int]bool{}}
	for _, n := range g.Nodes {
		for _, in := range n.Inputs {
			if in != sdk.InputNode {
				f.readers[in]++
			}
		}
	}
	if g.Output != sdk.InputNode {
		f.readers[g.Output]++
	}
	for _, pass := range passes {
		pass(f)
	}
	return f
}

// only returns the node whose value node i alone reads, or false.
func (f *fusion) only(i int) (producer int, ok bool) {
	in := f.ir.Nodes[i].Inputs
	if len(in) != 1 || in[0] == sdk.InputNode || f.readers[in[0]] != 1 {
		return 0, false
	}
	return in[0], true
}

// leaveNorm leaves a normalisation behind a convolution without bias to its reader.
func leaveNorm(f *fusion) {
	for i, n := range f.ir.Nodes {
		if _, norm := n.Primitive.(sdk.BatchNorm); !norm {
			continue
		}
		if from, ok := f.only(i); ok {
			if c, conv := f.ir.Nodes[from].Primitive.(sdk.Conv2D); conv && !c.Bias {
				f.norm[from], f.left[i] = i, true
			}
		}
	}
}

// leaveReLU leaves a ReLU behind such a normalisation too.
func leaveReLU(f *fusion) {
	for i, n := range f.ir.Nodes {
		if a, act := n.Primitive.(sdk.Activation); !act || a != sdk.ReLU {
			continue
		}
		if from, ok := f.only(i); ok && f.left[from] {
			f.norm[from], f.left[i] = i, true
		}
	}
}

// loadThroughNorm lets a convolution that is the only reader of such a value normalise what it loads.
func loadThroughNorm(f *fusion) {
	for i, n := range f.ir.Nodes {
		if _, conv := n.Primitive.(sdk.Conv2D); !conv {
			continue
		}
		if from, ok := f.only(i); ok && f.left[from] {
			f.through[i] = true
		}
	}
}

// relu reports whether a ReLU is left together with normalisation i.
func (f *fusion) relu(i int) bool { _, ok := f.norm[i]; return ok }
