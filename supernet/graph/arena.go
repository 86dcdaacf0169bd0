package graph

// Arena lends float32 slices in the order of a stack. Memory that is given back is lent again without being zeroed; it
// returns to the system only with the arena. The zero value is empty and ready. It belongs to one goroutine at a time.
type Arena struct {
	chunks [][]float32 // never moved: slices that are lent stay valid when the arena grows
	at     Mark
	peak   int
}

// Mark is a height of the stack: the chunk being filled, floats used in it, and floats lent in all.
type Mark struct{ chunk, used, inUse int }

const (
	minChunk  = 1 << 20 // floats
	alignment = 16      // floats: one cache line, one AVX-512 register
)

// Floats lends n floats with arbitrary contents, beginning at a multiple of 64 bytes from the chunk's start. They are
// the caller's until Release of an earlier Mark.
func (a *Arena) Floats(n int) []float32 {
	need := aligned(n)
	for a.at.chunk < len(a.chunks) && len(a.chunks[a.at.chunk])-a.at.used < need {
		a.next(need)
	}
	if a.at.chunk == len(a.chunks) {
		a.chunks = append(a.chunks, make([]float32, max(need, minChunk, a.capacity()/2)))
	}
	from := a.at.used
	a.at.used += need
	a.at.inUse += need
	a.peak = max(a.peak, a.at.inUse)
	return a.chunks[a.at.chunk][from : from+n : from+n]
}

// next goes on to the chunk after the current one. It drops the current one if that is unused and still too small.
func (a *Arena) next(need int) {
	if a.at.used == 0 && len(a.chunks[a.at.chunk]) < need {
		a.chunks = append(a.chunks[:a.at.chunk], a.chunks[a.at.chunk+1:]...)
		return
	}
	a.at.chunk, a.at.used = a.at.chunk+1, 0
}

func (a *Arena) capacity() (floats int) {
	for _, c := range a.chunks {
		floats += len(c)
	}
	return floats
}

// Mark returns the present height.
func (a *Arena) Mark() Mark { return a.at }

// Release takes back what was lent since m. Slices that were lent since must not be used afterwards.
func (a *Arena) Release(m Mark) { a.at = m }

// Peak is the greatest number of bytes that were lent at once.
func (a *Arena) Peak() int64 { return 4 * int64(a.peak) }

// aligned is n rounded up to whole alignments.
func aligned(n int) int { return (n + alignment - 1) / alignment * alignment }
