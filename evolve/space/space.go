// Package space is what a search chooses from (section 1): the operations of a pool at the layers of a network, the
// architectures that they make, and what these cost. It also has the subset of operations that a search evolves from
// round to round (3.3.3).
package space

import (
	"cmp"
	"math/rand/v2"
	"slices"

	"github.com/nse-dev/nse/internal/random"
)

// Space is the search space as it evolves: for each layer a subset of at most K operations, and the list of those that
// wait for a place. Methods return a new value and leave the old one as it is.
type Space struct {
	K      int     `json:"k"`
	Layers []Layer `json:"layers"`
}

// Layer is the search space of one layer. An operation that is in none of the lists has been tried and let go.
type Layer struct {
	Kept    Path   `json:"kept"`    // inherited from the last front, ascending
	New     Path   `json:"new"`     // came in for this round, ascending
	Pending []OpID `json:"pending"` // wait, in the order in which they will come
}

// New gives every layer its own shuffle of a pool of n operations. The first k are the subset, the rest wait. The
// shuffle of a layer depends on seed, n and the layer's number alone.
func New(layers, n, k int, seed uint64) Space { return Draw(layers, n, k, seed, 0) }

// Draw is New with other shuffles for each try. Those of try 0 are New's.
func Draw(layers, n, k int, seed uint64, try int) Space {
	pool := make([]OpID, n)
	for i := range pool {
		pool[i] = OpID(i)
	}
	s := Space{k, make([]Layer, layers)}
	for l := range s.Layers {
		s.Layers[l].Pending = shuffled(pool, random.New(seed, "space", 0, try, l))
	}
	return s.Fill()
}

// Over is the space of a pool with which a search goes on after so many rounds. Each layer keeps the given operations,
// ascending, and is filled to k from its own shuffle of the others in the pool. The result shares no memory with kept.
func Over(pool []OpID, kept []Path, k int, seed uint64, rounds int) Space {
	s := Space{k, make([]Layer, len(kept))}
	for l := range kept {
		inherited := func(op OpID) bool { return slices.Contains(kept[l], op) }
		s.Layers[l].Pending = slices.DeleteFunc(shuffled(pool, random.New(seed, "space", rounds, 0, l)), inherited)
	}
	return s.Replenish(kept)
}

// shuffled is a shuffle of a pool.
func shuffled(pool []OpID, r *rand.Rand) []OpID {
	list := make([]OpID, len(pool))
	for i, place := range r.Perm(len(pool)) {
		list[i] = pool[place]
	}
	return list
}

// Subset lists the operations of every layer that a round searches on, ascending: those inherited and those that are
// new. The paths are copies.
func (s Space) Subset() []Path {
	subset := make([]Path, len(s.Layers))
	for l, layer := range s.Layers {
		subset[l] = slices.Concat(layer.Kept, layer.New)
		slices.Sort(subset[l])
	}
	return subset
}

// Inherited lists the operations of every layer that the last front used, ascending. Lock and Rehearse never drops
// them. The paths share the space's memory; those of a search's first round are empty.
func (s Space) Inherited() []Path {
	kept := make([]Path, len(s.Layers))
	for l, layer := range s.Layers {
		kept[l] = layer.Kept
	}
	return kept
}

// Arrived lists the operations of every layer that came in from its pending list for this round, ascending. The paths
// share the space's memory; that of a layer into which nothing came is empty.
func (s Space) Arrived() []Path {
	arrived := make([]Path, len(s.Layers))
	for l, layer := range s.Layers {
		arrived[l] = layer.New
	}
	return arrived
}

// Replenish is the space of the next round (3.3.3): each layer keeps the given operations, ascending, and is filled to
// K with the first that wait. The rest of the old subset is let go. Layers run short where too few wait. The result
// shares no memory with s and kept.
func (s Space) Replenish(kept []Path) Space {
	next := Space{s.K, make([]Layer, len(s.Layers))}
	for l, layer := range s.Layers {
		next.Layers[l] = Layer{Kept: slices.Clone(kept[l]), Pending: layer.Pending}
	}
	return next.Fill()
}

// Fill fills every layer to K with the first operations that wait, and lets nothing go.
func (s Space) Fill() Space {
	next := Space{s.K, make([]Layer, len(s.Layers))}
	for l, layer := range s.Layers {
		room := min(max(s.K-len(layer.Kept)-len(layer.New), 0), len(layer.Pending))
		in := append(slices.Clone(layer.New), layer.Pending[:room]...)
		slices.Sort(in)
		next.Layers[l] = Layer{Kept: layer.Kept, New: in, Pending: slices.Clone(layer.Pending[room:])}
	}
	return next
}

// Exchange swaps the operation of a layer that came in and that weighs most for the one that weighs least of those that
// wait, and gives it that one's place in the list. Without one that weighs less it changes nothing.
func (s Space) Exchange(l int, weight func(OpID) float64) Space {
	next := Space{s.K, slices.Clone(s.Layers)}
	layer := Layer{s.Layers[l].Kept, slices.Clone(s.Layers[l].New), slices.Clone(s.Layers[l].Pending)}
	if len(layer.New) == 0 || len(layer.Pending) == 0 {
		return s
	}
	lighter := func(a, b OpID) int { return cmp.Compare(weight(a), weight(b)) }
	out := slices.Index(layer.New, slices.MaxFunc(layer.New, lighter))
	in := slices.Index(layer.Pending, slices.MinFunc(layer.Pending, lighter))
	if weight(layer.Pending[in]) >= weight(layer.New[out]) {
		return s
	}
	layer.New[out], layer.Pending[in] = layer.Pending[in], layer.New[out]
	slices.Sort(layer.New)
	next.Layers[l] = layer
	return next
}

// Short returns the first layer that has fewer than K operations. It is -1 if all are full.
func (s Space) Short() int {
	return slices.IndexFunc(s.Layers, func(l Layer) bool { return len(l.Kept)+len(l.New) < s.K })
}

// Settled reports whether no operation came in at any layer for this round.
func (s Space) Settled() bool {
	return !slices.ContainsFunc(s.Layers, func(l Layer) bool { return len(l.New) > 0 })
}

// Append is the space in which more operations wait at every layer, after all that wait there now. It does not look
// whether they wait already.
func (s Space) Append(ops []OpID) Space {
	next := Space{s.K, slices.Clone(s.Layers)}
	for l, layer := range s.Layers {
		next.Layers[l].Pending = slices.Concat(layer.Pending, ops)
	}
	return next
}

// Prepend is Append for operations that wait before all others.
func (s Space) Prepend(ops []OpID) Space {
	next := Space{s.K, slices.Clone(s.Layers)}
	for l, layer := range s.Layers {
		next.Layers[l].Pending = slices.Concat(ops, layer.Pending)
	}
	return next
}

// Without is the space without an operation.
func (s Space) Without(op OpID) Space {
	next := Space{s.K, make([]Layer, len(s.Layers))}
	for l, layer := range s.Layers {
		next.Layers[l] = Layer{omit(layer.Kept, op), omit(layer.New, op), omit(layer.Pending, op)}
	}
	return next
}

// omit is a copy of a list without an operation.
func omit[P ~[]OpID](ops P, op OpID) P {
	return slices.DeleteFunc(slices.Clone(ops), func(o OpID) bool { return o == op })
}
