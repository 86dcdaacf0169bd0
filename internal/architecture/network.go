package architecture

import (
	"github.com/nse-dev/nse/internal/export"
	"github.com/nse-dev/nse/internal/modelfile"
	"github.com/nse-dev/nse/supernet/data"
)

// Network is the plan as other runtimes get it. A trained model brings its weights and classes. The weights of an
// architecture are nil.
func (p Plan) Network() (*export.Network, error) {
	n := &export.Network{Name: p.Name, Skeleton: p.Skeleton, Branches: make([][]export.Branch, len(p.Graphs))}
	for l, graphs := range p.Graphs {
		for i, g := range graphs {
			n.Branches[l] = append(n.Branches[l], export.Branch{Op: p.Ops[l][i].Name, Graph: g})
		}
	}
	if p.Folder == "" {
		return n, nil
	}
	m, err := modelfile.Read(p.Folder)
	if err != nil {
		return nil, err
	}
	n.Classes, n.Data = m.Classes, &data.Normalization{Mean: m.Input.Mean, Std: m.Input.Std}
	n.Resize = m.Input.Resize
	n.Weights, err = m.Weights(p.Folder)
	return n, err
}
