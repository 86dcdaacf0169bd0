package space

import "slices"

// Missing is operations that a round could not sample within the constraint interval. The tags are those of events.
type Missing struct {
	Ops   []Path   `json:"ops"`   // by layer, ascending
	Names []string `json:"names"` // of all of them, each once, by id
}

// Unused lists the operations of a subset that are not used, both by layer. It is nil if all of them are.
func (p Problem) Unused(subset, used []Path) *Missing {
	m := &Missing{Ops: make([]Path, len(subset))}
	var all Path
	for l, ops := range subset {
		m.Ops[l] = Path{}
		for _, op := range ops {
			if !slices.Contains(used[l], op) {
				m.Ops[l] = append(m.Ops[l], op)
			}
		}
		all = append(all, m.Ops[l]...)
	}
	if len(all) == 0 {
		return nil
	}
	slices.Sort(all)
	for _, op := range slices.Compact(all) {
		m.Names = append(m.Names, p.Pool[op].Name)
	}
	return m
}

// Outside is the operations of a subset that no architecture of a cost from low to high can use, by Within. It is nil
// if there are none, and where a reduction layer is given nothing.
func (p Problem) Outside(subset []Path, k int, low, high float64) *Missing {
	for l, ops := range subset {
		if len(ops) == 0 && !p.Normal[l] {
			return nil
		}
	}
	return p.Unused(subset, p.Within(subset, k, low, high))
}

// Within lists by layer the operations of a subset that some architecture of a cost from low to high may use. The
// cheapest architecture with such an operation costs at most high, and the dearest at least low. Architectures have at
// most k operations in a layer. A reduction layer must be given one at least.
func (p Problem) Within(subset []Path, k int, low, high float64) []Path {
	least, greatest := p.Reach(subset, k)
	low, high = low*(1-rounding), high*(1+rounding)
	within := make([]Path, len(subset))
	for l, ops := range subset {
		bare := least // without the layer
		if !p.Normal[l] {
			bare -= slices.Min(p.costs(l, ops))
		}
		within[l] = Path{}
		for _, op := range ops {
			if bare+p.Pool[op].Cost[l] <= high && greatest-p.displaced(l, op, ops, k) >= low {
				within[l] = append(within[l], op)
			}
		}
	}
	return within
}

// rounding is more than the sums of costs in another order differ by, as a part of them.
const rounding = 1e-12

// costs are those of operations at a layer.
func (p Problem) costs(l int, ops Path) (list []float64) {
	for _, op := range ops {
		list = append(list, p.Pool[op].Cost[l])
	}
	return list
}

// displaced is how much the dearest path of at most k operations costs above the dearest that has op too.
func (p Problem) displaced(l int, op OpID, ops Path, k int) float64 {
	costs := p.costs(l, ops)
	slices.Sort(costs)
	if len(costs) <= k {
		return 0
	}
	return max(0, costs[len(costs)-k]-p.Pool[op].Cost[l])
}

// Lead swaps operations of a subset for those that wait, layer by layer, until its costs reach the interval from low to
// high. It takes the cheapest for the dearest where the subset is too dear, and the other way round. Architectures have
// at most k operations in a layer.
func (s Space) Lead(p Problem, k int, low, high float64) Space {
	for range s.K {
		for l := range s.Layers {
			if p.Meets(s.Subset(), k, low, high) {
				return s
			}
			least, _ := p.Reach(s.Subset(), k)
			sign := 1.0 // of the costs, so that less is wanted
			if least <= high {
				sign = -1
			}
			s = s.Exchange(l, func(op OpID) float64 { return sign * p.Pool[op].Cost[l] })
		}
	}
	return s
}

// Meets reports whether the costs that a subset makes, with at most k operations in a layer, overlap an interval.
func (p Problem) Meets(subset []Path, k int, low, high float64) bool {
	least, greatest := p.Reach(subset, k)
	return least <= high && greatest >= low
}
