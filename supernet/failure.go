package supernet

import "github.com/nse-dev/nse/evolve"

// failure returns and forgets why the last pass is worthless: a kernel failed that a plugin runs. It is nil if none
// has. The error is *evolve.Broken if the kernel belongs to an operation of the subset.
func (n *Net) failure() error {
	err, block := n.session.Err, n.session.Failed
	n.session.Err, n.session.Failed = nil, nil
	if err == nil {
		return nil
	}
	for i, l := range n.layers {
		for _, c := range l.ops {
			if c.block == block {
				return &evolve.Broken{Op: c.id, Layer: i, Err: err}
			}
		}
	}
	return err
}
