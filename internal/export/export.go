// Package export writes a network for other runtimes: as ONNX, as a PyTorch module, and as a description in JSON.
package export

import (
	"fmt"
	"iter"
	"slices"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/internal/reparam"
	"github.com/nse-dev/nse/internal/safetensors"
	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/supernet"
	"github.com/nse-dev/nse/supernet/data"
)

// Network is an architecture laid out for images of one shape, with its weights.
type Network struct {
	Name string
	supernet.Skeleton
	Branches [][]Branch // by layer; a layer without any is the identity
	Weights  *safetensors.File
	Classes  []string            // their names; nil if they have none
	Data     *data.Normalization // of the images that it was trained on; nil if there were none
	// Resize is the side to which the shorter side of images is scaled, before the middle is cut out for the network. 0
	// is the size of its input, or unknown.
	Resize int
}

// Branch is one operation of a layer. Skeleton.Join says how the layer's output comes of them.
type Branch struct {
	Op    string
	Graph *sdk.Graph
}

// Initialise gives the network the weights that training begins with. They follow from seed alone. It replaces the
// weights that the network has.
func (n *Network) Initialise(seed uint64) error {
	net, err := supernet.NewNet(n.Skeleton, func(op evolve.OpID, l sdk.Layer) (*sdk.Graph, error) {
		return n.Branches[l.Index][op].Graph, nil
	}, seed, 1)
	if err != nil {
		return err
	}
	defer net.Close()
	paths := make([]evolve.Path, len(n.Branches))
	for l, branches := range n.Branches {
		for i := range branches {
			paths[l] = append(paths[l], evolve.OpID(i))
		}
	}
	if err := net.Fill(paths); err != nil {
		return err
	}
	n.Weights = &safetensors.File{Tensors: net.Tensors()}
	return nil
}

// Merged is the network for inference: parallel branches within its operations are one convolution, as package reparam
// merges them. The network needs its weights, and stays as it is. It shares with the new one what did not merge.
func (n *Network) Merged() (*Network, error) {
	graphs, weights, err := reparam.Network(func(yield func(string, *sdk.Graph) bool) {
		for b := range n.blocks() {
			if !yield(b.prefix, b.Graph) {
				return
			}
		}
	}, n.Weights)
	if err != nil {
		return nil, fmt.Errorf("export: the weights do not fit: %w", err)
	}
	m := *n
	m.Weights, m.Branches = weights, make([][]Branch, len(n.Branches))
	graphs = graphs[1:] // without the stem, which has no branches, as the head behind the layers
	for l, branches := range n.Branches {
		for i, b := range branches {
			m.Branches[l] = append(m.Branches[l], Branch{b.Op, graphs[i]})
		}
		graphs = graphs[len(branches):]
	}
	return &m, nil
}

// block is a graph of a network with its place.
type block struct {
	*sdk.Graph
	prefix string // of its tensors' names
	values string // before the names of its values
	title  string // in messages
}

func (n *Network) stem() block { return block{n.Stem, "stem.", "stem", "stem"} }
func (n *Network) head() block { return block{n.Head, "", "head", "head"} }

// branch is branch i of layer l. The tensors of its nodes are layers.L.I.NODE.weight and so on.
func (n *Network) branch(l, i int) block {
	b := n.Branches[l][i]
	return block{b.Graph, fmt.Sprintf("layers.%d.%d.", l, i), fmt.Sprintf("layers/%d/%d", l, i),
		fmt.Sprintf("layer %d: %s", l, b.Op)}
}

// blocks yields the stem, all branches and the head.
func (n *Network) blocks() iter.Seq[block] {
	return func(yield func(block) bool) {
		if !yield(n.stem()) {
			return
		}
		for l, branches := range n.Branches {
			for i := range branches {
				if !yield(n.branch(l, i)) {
					return
				}
			}
		}
		yield(n.head())
	}
}

// node is a node of a block with what its mapping needs to know.
type node struct {
	sdk.Node
	in    []sdk.Shape
	block block
	norm  *node // BatchNorm to fold into this convolution, or nil
}

func (b block) node(i int) node { return node{Node: b.Nodes[i], in: b.InputShapes(i), block: b} }

// norm is the BatchNorm behind convolution i, if nothing else reads that.
func (b block) norm(i int) (n node, ok bool) {
	_, conv := b.Nodes[i].Primitive.(sdk.Conv2D)
	readers := b.readers(i)
	if !conv || len(readers) != 1 {
		return node{}, false
	}
	n = b.node(readers[0])
	_, ok = n.Primitive.(sdk.BatchNorm)
	return n, ok
}

// readers are the nodes that read node i.
func (b block) readers(i int) (readers []int) {
	for j, n := range b.Nodes {
		if slices.Contains(n.Inputs, i) {
			readers = append(readers, j)
		}
	}
	return readers
}

// input is the shape of the only input.
func (n node) input() sdk.Shape { return n.in[0] }

// tensor is the name of one of the node's tensors in the weights.
func (n node) tensor(name string) string { return n.block.prefix + n.Name + "." + name }

// mappable refuses a network with a primitive that exists in nse alone.
func (n *Network) mappable() error {
	for b := range n.blocks() {
		for i, node := range b.Nodes {
			if exec, ok := node.Primitive.(sdk.Exec); ok {
				return fmt.Errorf("export: %s: node %d is exec %s, which runs in its plugin and nowhere else", b.title,
					i, exec.Kernel)
			}
			if _, ok := mappingOf(node.Primitive); !ok {
				return fmt.Errorf("export: %s: node %d: no format has %s", b.title, i, node.Primitive.Kind())
			}
		}
	}
	return nil
}

// tensors are the weights by name. They must be those that the graphs need, and no others.
func (n *Network) tensors() (map[string][]float32, error) {
	tensors := map[string][]float32{}
	for b := range n.blocks() {
		for _, p := range b.Params() {
			name := b.prefix + p.Name
			t, found := n.Weights.Tensor(name)
			if !found {
				return nil, fmt.Errorf("export: %s: the weights have no tensor %q", b.title, name)
			}
			if !slices.Equal(t.Shape, p.Shape) {
				return nil, fmt.Errorf("export: %s: tensor %q has shape %v, want %v", b.title, name, t.Shape, p.Shape)
			}
			v, err := t.Float32s()
			if err != nil {
				return nil, fmt.Errorf("export: %s: %w", b.title, err)
			}
			tensors[name] = v
		}
	}
	for _, t := range n.Weights.Tensors {
		if tensors[t.Name] == nil {
			return nil, fmt.Errorf("export: tensor %q belongs to no operation of the network", t.Name)
		}
	}
	return tensors, nil
}
