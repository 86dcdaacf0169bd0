package supernet

import (
	"encoding/json"
	"fmt"
	"iter"
	"slices"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/internal/safetensors"
	"github.com/nse-dev/nse/supernet/graph"
)

// Momentum buffers stand in the file under the name of their parameter behind this prefix.
const momentumPrefix = "momentum."

// subsetKey of a file's metadata has the operations of every layer: those without weights have no tensor to tell of
// them.
const subsetKey = "subset"

// Save writes weights, running statistics and the optimizer's momentum as safetensors, with PyTorch's names and
// layouts. The file replaces path in one step. Equal states make equal bytes.
func (n *Net) Save(path string) error {
	subset, err := json.Marshal(n.subset())
	if err != nil {
		return err
	}
	f := safetensors.File{Metadata: map[string]string{subsetKey: string(subset)}, Tensors: n.Tensors()}
	for _, t := range n.Momenta() {
		t.Name = momentumPrefix + t.Name
		f.Tensors = append(f.Tensors, t)
	}
	return f.WriteFile(path)
}

// Restore reads what Save wrote, and takes over its subset. The file must have every tensor of the subset and no other.
// The error names the file. The net is not to be used after an error.
func (n *Net) Restore(path string) error {
	f, err := safetensors.ReadFile(path)
	if err != nil {
		return err
	}
	subset, err := subsetOf(f)
	if err == nil {
		err = n.populate(subset)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	clear(n.momenta)
	read, err := n.setTensors(f)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	for name, p := range n.params() {
		if t, found := f.Tensor(momentumPrefix + name); found {
			if err := setTorch(p, n.momentum(p), t); err != nil {
				return fmt.Errorf("%s: %w", path, err)
			}
			read++
		}
	}
	if read != len(f.Tensors) {
		return fmt.Errorf("%s: %d tensors belong to no operation of the subset", path, len(f.Tensors)-read)
	}
	return nil
}

// Tensors are copies of the weights and running statistics, with PyTorch's names and layouts: stem.0.weight,
// layers.3.17.4.running_mean (layer 3, operation 17, node 4), head.weight, fc.bias.
func (n *Net) Tensors() (list []safetensors.Tensor) {
	for name, p := range n.params() {
		list = append(list, safetensors.NewFloat32(name, p.Shape, p.Torch(p.Value)))
	}
	return list
}

// SetTensors gives every parameter and running statistic the values of the tensor of its name. It refuses a file in
// which one is missing or has another shape, and one with others. Values may be those of the file in part after an
// error.
func (n *Net) SetTensors(f *safetensors.File) error {
	read, err := n.setTensors(f)
	if err == nil && read != len(f.Tensors) {
		err = fmt.Errorf("%d tensors belong to no operation of the network", len(f.Tensors)-read)
	}
	return err
}

// Momenta are copies of the optimizer's momentum under the names and in the layouts of their parameters. A parameter
// that was never updated has none.
func (n *Net) Momenta() []safetensors.Tensor { return n.buffers(n.momenta) }

// buffers are copies of what an optimizer keeps of parameters.
func (n *Net) buffers(of map[*graph.Param][]float32) (list []safetensors.Tensor) {
	for name, p := range n.params() {
		if v := of[p]; v != nil {
			list = append(list, safetensors.NewFloat32(name, p.Shape, p.Torch(v)))
		}
	}
	return list
}

// SetMomenta gives every trained parameter the momentum of its name. It refuses a file in which one is missing or has
// another shape.
func (n *Net) SetMomenta(f *safetensors.File) error { return n.setBuffers(n.momenta, f) }

// setBuffers fills what an optimizer keeps of all trained parameters.
func (n *Net) setBuffers(of map[*graph.Param][]float32, f *safetensors.File) error {
	for name, p := range n.params() {
		if !p.Init.Trained() {
			continue
		}
		if err := readParam(f, name, p, buffer(of, p)); err != nil {
			return err
		}
	}
	return nil
}

// setTensors is SetTensors for a file that may have further tensors. It returns the number of those that were read.
func (n *Net) setTensors(f *safetensors.File) (read int, err error) {
	for name, p := range n.params() {
		if err := readParam(f, name, p, p.Value); err != nil {
			return read, err
		}
		read++
	}
	return read, nil
}

// subsetOf reads the operations of every layer that a file is of.
func subsetOf(f *safetensors.File) (subset []evolve.Path, err error) {
	if err := json.Unmarshal([]byte(f.Metadata[subsetKey]), &subset); err != nil {
		return nil, fmt.Errorf("metadata %q: %w", subsetKey, err)
	}
	for l, ops := range subset {
		for i, op := range ops {
			if op < 0 || i > 0 && op <= ops[i-1] {
				return nil, fmt.Errorf("metadata %q: layer %d: operations %v do not ascend from 0", subsetKey, l, ops)
			}
		}
	}
	return subset, nil
}

// readParam fills dst, which is like p, from the tensor of a name.
func readParam(f *safetensors.File, name string, p *graph.Param, dst []float32) error {
	t, found := f.Tensor(name)
	if !found {
		return fmt.Errorf("no tensor %q", name)
	}
	return setTorch(p, dst, t)
}

// setTorch fills dst, which is like p, from a tensor of the same shape in PyTorch's layout.
func setTorch(p *graph.Param, dst []float32, t safetensors.Tensor) error {
	v, err := t.Float32s()
	if err != nil {
		return err
	}
	if !slices.Equal(t.Shape, p.Shape) {
		return fmt.Errorf("tensor %q has shape %v, want %v", t.Name, t.Shape, p.Shape)
	}
	p.SetTorch(dst, v)
	return nil
}

// params yields the parameters and buffers of the stem, the layers and the head, in order, with PyTorch's names.
func (n *Net) params() iter.Seq2[string, *graph.Param] {
	return func(yield func(string, *graph.Param) bool) {
		for prefix, b := range n.named() {
			for _, p := range b.Params {
				if !yield(prefix+p.Name, p) {
					return
				}
			}
		}
	}
}

// named yields all blocks with the prefix of their parameters' names.
func (n *Net) named() iter.Seq2[string, *graph.Block] {
	return func(yield func(string, *graph.Block) bool) {
		if !yield("stem.", n.stem) {
			return
		}
		for i, l := range n.layers {
			for _, c := range l.ops {
				if !yield(fmt.Sprintf("layers.%d.%d.", i, c.id), c.block) {
					return
				}
			}
		}
		yield("", n.head)
	}
}
