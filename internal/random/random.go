// Package random makes streams of random numbers that follow from what they are for.
package random

import (
	"encoding/binary"
	"hash/fnv"
	"math/rand/v2"
)

// New returns the random numbers of one step. They depend on the seed, the name of the stream, the round, the step and
// the layer alone. No part of a search has to remember a generator, and a resumed search draws the same numbers. The
// result is for one goroutine.
func New(seed uint64, stream string, round, step, layer int) *rand.Rand {
	name := fnv.New64a()
	name.Write([]byte(stream))
	var key [32]byte
	binary.LittleEndian.PutUint64(key[0:], seed)
	binary.LittleEndian.PutUint64(key[8:], name.Sum64())
	binary.LittleEndian.PutUint64(key[16:], uint64(round)<<32|uint64(uint32(step)))
	binary.LittleEndian.PutUint64(key[24:], uint64(layer))
	return rand.New(rand.NewChaCha8(key))
}
