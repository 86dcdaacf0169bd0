package evolve

import (
	"slices"

	"github.com/nse-dev/nse/internal/random"
)

// Space is the search space as it evolves: for each layer a subset of at most K operations and the list of those that
// wait for a place.
type Space struct {
	K      int          `json:"k"`
	Layers []LayerSpace `json:"layers"`
}

// LayerSpace is the search space of one layer. An operation that is in none of the lists has been tried and let go.
type LayerSpace struct {
	Kept    Path   `json:"kept"`    // inherited from the last front, ascending
	New     Path   `json:"new"`     // came in for this round, ascending
	Pending []OpID `json:"pending"` // wait, in the order in which they will come
}

// NewSpace gives every layer its own shuffle of a pool of n operations: the first k are the subset, the rest wait.
func NewSpace(layers, n, k int, seed uint64) Space {
	s := Space{k, make([]LayerSpace, layers)}
	pool := make([]OpID, n)
	for i := range pool {
		pool[i] = OpID(i)
	}
	for l := range s.Layers {
		s.Layers[l].Pending = shuffled(pool, seed, 0, l)
	}
	return s.Replenish(make([]Path, layers))
}

// shuffled is a layer's shuffle of a pool that comes after a number of rounds.
func shuffled(pool []OpID, seed uint64, rounds, layer int) []OpID {
	list := make([]OpID, len(pool))
	for i, place := range random.New(seed, "space", rounds, 0, layer).Perm(len(pool)) {
		list[i] = pool[place]
	}
	return list
}

// Subset lists the operations of every layer, ascending.
func (s Space) Subset() []Path {
	subset := make([]Path, len(s.Layers))
	for l, layer := range s.Layers {
		subset[l] = slices.Concat(layer.Kept, layer.New)
		slices.Sort(subset[l])
	}
	return subset
}

// Inherited lists the operations of every layer that the last front used.
func (s Space) Inherited() []Path {
	kept := make([]Path, len(s.Layers))
	for l, layer := range s.Layers {
		kept[l] = layer.Kept
	}
	return kept
}

// Arrived lists the operations of every layer that came in for this round.
func (s Space) Arrived() []Path {
	arrived := make([]Path, len(s.Layers))
	for l, layer := range s.Layers {
		arrived[l] = layer.New
	}
	return arrived
}

// Replenish keeps the given operations of each layer and fills it to K with the first that wait (3.3.3). The rest of
// the old subset is let go.
func (s Space) Replenish(kept []Path) Space {
	next := Space{s.K, make([]LayerSpace, len(s.Layers))}
	for l, layer := range s.Layers {
		room := min(max(s.K-len(kept[l]), 0), len(layer.Pending))
		next.Layers[l] = LayerSpace{
			Kept:    slices.Clone(kept[l]),
			New:     slices.Sorted(slices.Values(layer.Pending[:room])),
			Pending: slices.Clone(layer.Pending[room:]),
		}
	}
	return next
}

// Short returns the first layer that has fewer than K operations, or -1.
func (s Space) Short() int {
	return slices.IndexFunc(s.Layers, func(l LayerSpace) bool { return len(l.Kept)+len(l.New) < s.K })
}

// Settled reports whether no operation came in at any layer.
func (s Space) Settled() bool {
	return !slices.ContainsFunc(s.Layers, func(l LayerSpace) bool { return len(l.New) > 0 })
}
