package data

import (
	"fmt"
	"runtime"
	"sync"

	"github.com/nse-dev/nse/supernet/data/pack"
)

// Stream says which batches a Loader makes.
type Stream struct {
	Seed, ID uint64 // loaders with different IDs (below 2⁶³) draw independently
	Batch    int    // images a batch
	Augment  Augment
}

// Loader makes the shuffled and augmented batches of a stream, ahead of their use. Batches are numbered by step, and
// follow each other through permutations of the split, one an epoch, without a gap. So every batch is full, and an
// image comes back only when all others have come.
//
// The permutation of an epoch depends on (seed, stream, epoch) alone, and image i of a batch on (seed, stream, step,
// i).
type Loader struct {
	set    *Set
	split  Split
	stream Stream

	jobs    chan *slot // to the workers
	workers sync.WaitGroup
	ahead   []*slot // being prepared, by ascending step
	free    []*slot
	lent    *slot // the batch that the caller has

	mu     sync.Mutex
	epochs [2]epoch // the last permutation of even and odd epochs
}

// slot is the memory of one batch.
type slot struct {
	step  int
	batch Batch
	ready chan struct{} // gets a token when batch is that of step
}

type epoch struct {
	number uint64
	order  []int // nil: not drawn yet
}

// loadAhead is the number of batches that are prepared before they are asked for.
const loadAhead = 4

// NewLoader starts the goroutines that prepare batches of s, a split of set. Close stops them. The error is that of an
// augmentation out of range, of a batch below 1, or of an empty split.
func NewLoader(set *Set, s Split, o Stream) (*Loader, error) {
	if err := o.Augment.Validate(); err != nil {
		return nil, err
	}
	if o.Batch < 1 || s.Len() < 1 {
		return nil, fmt.Errorf("data: batches of %d from %d images: want at least 1 of each", o.Batch, s.Len())
	}
	l := &Loader{set: set, split: s, stream: o, jobs: make(chan *slot, loadAhead+1)}
	h, w := set.Input()
	each := h * w * set.Channels
	for range loadAhead + 1 {
		b := Batch{make([]float32, o.Batch*each), make([]int32, o.Batch)}
		l.free = append(l.free, &slot{batch: b, ready: make(chan struct{}, 1)})
	}
	for range min(loadAhead, runtime.GOMAXPROCS(0)) {
		l.workers.Go(l.work)
	}
	return l, nil
}

// At returns the batch of a step, from 0. It is valid until the next call. Steps in order are prepared ahead. Any other
// step gives the same bits, but has to be waited for. Calls come from one goroutine.
func (l *Loader) At(step int) Batch {
	if l.lent != nil {
		l.free = append(l.free, l.lent)
		l.lent = nil
	}
	for len(l.ahead) > 0 && l.ahead[0].step != step {
		l.free = append(l.free, l.take())
	}
	for len(l.free) > 0 {
		l.request(step + len(l.ahead))
	}
	l.lent = l.take()
	return l.lent.batch
}

// Close stops the goroutines and waits for them. The loader must not be used afterwards.
func (l *Loader) Close() {
	close(l.jobs)
	l.workers.Wait()
}

// request hands a free slot to the workers.
func (l *Loader) request(step int) {
	s := l.free[len(l.free)-1]
	l.free = l.free[:len(l.free)-1]
	s.step = step
	l.ahead = append(l.ahead, s)
	l.jobs <- s
}

// take waits for the first slot ahead and removes it.
func (l *Loader) take() *slot {
	s := l.ahead[0]
	l.ahead = append(l.ahead[:0], l.ahead[1:]...)
	<-s.ready
	return s
}

func (l *Loader) work() {
	d := newDeveloper(l.set, l.split)
	for s := range l.jobs {
		l.prepare(s, d)
		s.ready <- struct{}{}
	}
}

// prepare makes the batch of s.step.
func (l *Loader) prepare(s *slot, d *developer) {
	first := s.step * l.stream.Batch
	for i := 0; l.set.mapped && i < len(s.batch.Labels); i++ {
		pack.Ahead(l.split.Images[l.image(first+i)])
	}
	for i := range s.batch.Labels {
		image := l.image(first + i)
		k := key(l.stream.Seed, l.stream.ID, uint64(s.step), uint64(i))
		d.augmented(s.batch.X[i*d.each:][:d.each], image, l.stream.Augment, k)
		s.batch.Labels[i] = l.split.Labels[image]
	}
}

// image is the index in the split of the n-th image of the stream.
func (l *Loader) image(n int) int {
	number := uint64(n / l.split.Len())
	l.mu.Lock()
	defer l.mu.Unlock()
	e := &l.epochs[number%2]
	if e.order == nil || e.number != number {
		r := newRand(l.stream.Seed, l.stream.ID, number, epochKey)
		*e = epoch{number, r.Perm(l.split.Len())}
	}
	return e.order[n%l.split.Len()]
}

// epochKey stands where images of a batch have their index.
const epochKey = 1<<64 - 1
