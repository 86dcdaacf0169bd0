package supernet

import (
	"slices"

	"github.com/nse-dev/nse/internal/safetensors"
	"github.com/nse-dev/nse/supernet/graph"
	"github.com/nse-dev/nse/supernet/kernel"
)

// Average is the exponential moving average v of every trained parameter w of a network. It belongs to the network's
// goroutine.
type Average struct {
	net    *Net
	values map[*graph.Param][]float32
}

// Average begins an average with the weights as they are. It covers the present subset, which has to stay.
func (n *Net) Average() *Average {
	a := &Average{n, map[*graph.Param][]float32{}}
	for _, p := range n.params() {
		if p.Init.Trained() {
			a.values[p] = slices.Clone(p.Value)
		}
	}
	return a
}

// Move takes the weights as they are into the average: v ← decay·v + (1 − decay)·w.
func (a *Average) Move(decay float32) {
	for _, p := range a.net.params() {
		if v := a.values[p]; v != nil {
			kernel.Scale(a.net.session.Pool, v, v, decay)
			kernel.AddScaled(a.net.session.Pool, v, p.Value, 1-decay)
		}
	}
}

// Apply gives the network the averages as its weights. Running statistics stay.
func (a *Average) Apply() {
	for p, v := range a.values {
		copy(p.Value, v)
	}
}

// Tensors are copies of the averages under the names and in the layouts of their parameters.
func (a *Average) Tensors() (list []safetensors.Tensor) {
	for name, p := range a.net.params() {
		if v := a.values[p]; v != nil {
			list = append(list, safetensors.NewFloat32(name, p.Shape, p.Torch(v)))
		}
	}
	return list
}

// SetTensors replaces the averages by the tensors of their names. It refuses a file in which one is missing or has
// another shape.
func (a *Average) SetTensors(f *safetensors.File) error {
	for name, p := range a.net.params() {
		if v := a.values[p]; v != nil {
			if err := readParam(f, name, p, v); err != nil {
				return err
			}
		}
	}
	return nil
}
