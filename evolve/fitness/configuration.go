package fitness

// Configuration is a selection of a layer's operations: bit i selects the i-th of those that a Distribution is over.
type Configuration uint64

// MaxBranches is the largest number of operations in a layer's subset: a Configuration's bits.
const MaxBranches = 64

// bit is 1 if a configuration selects operation i, else 0.
func bit(m Configuration, i int) int { return int(m >> i & 1) }

// alone is the configuration of operation i alone; the empty one for −1.
func alone(i int) Configuration {
	if i < 0 {
		return 0
	}
	return 1 << i
}

// forbidden is a set of at most two configurations.
type forbidden struct {
	list [2]Configuration
	n    int
}

// with is the set with one more configuration.
func (f forbidden) with(m Configuration) forbidden {
	f.list[f.n] = m
	f.n++
	return f
}

func (f forbidden) has(m Configuration) bool {
	return f.n > 0 && f.list[0] == m || f.n > 1 && f.list[1] == m
}

// where keeps those whose bit i is v.
func (f forbidden) where(i, v int) forbidden {
	var kept forbidden
	for _, m := range f.list[:f.n] {
		if bit(m, i) == v {
			kept = kept.with(m)
		}
	}
	return kept
}
