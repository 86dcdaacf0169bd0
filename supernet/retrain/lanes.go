package retrain

import (
	"context"
	"runtime"
	"slices"
	"sync"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/internal/safetensors"
)

// lanes are trainings beside each other, each on some of the cores.
type lanes struct {
	free    chan struct{} // has a place for each that may run; nil before Lanes
	workers int           // of each
	begun   map[string]*lane
}

// lane is a training that was begun before its result was asked for. What it has may be read once it is done.
type lane struct {
	done     chan struct{}
	accuracy float64
	spent    evolve.Ledger
	err      error
}

// Lanes implements evolve.Ahead. Small networks keep one core busy and not several, so that there are as many trainings
// as cores, if so many are wanted.
func (e *Solo) Lanes(most int) int {
	cores := e.workers
	if cores < 1 {
		cores = runtime.GOMAXPROCS(0)
	}
	n := max(1, min(cores, most))
	e.lanes = lanes{make(chan struct{}, n), cores / n, map[string]*lane{}}
	return n
}

// Ahead implements evolve.Ahead.
func (e *Solo) Ahead(ctx context.Context, a evolve.Arch, ends []int) {
	x := e.lanes
	l := &lane{done: make(chan struct{})}
	x.begun[key(a, ends)] = l
	go func() {
		defer close(l.done)
		select {
		case x.free <- struct{}{}:
			defer func() { <-x.free }()
			l.accuracy, l.spent, l.err = e.alone(ctx, a, ends, x.workers)
		case <-ctx.Done():
			l.err = ctx.Err()
		}
	}()
}

// Settle implements evolve.Ahead.
func (e *Solo) Settle() {
	for _, l := range e.lanes.begun {
		<-l.done
	}
	clear(e.lanes.begun)
}

// take waits for a training that was begun, and forgets it.
func (x lanes) take(key string) (l lane, begun bool) {
	p, begun := x.begun[key]
	if !begun {
		return l, false
	}
	<-p.done
	delete(x.begun, key)
	return *p, true
}

// store keeps checkpoints at the ends of cycles, until they are taken or find no room.
type store struct {
	mu   sync.Mutex
	kept []kept // the oldest first
}

// kept is a checkpoint.
type kept struct {
	key   string // of the architecture and the cycles
	state safetensors.File
}

// mostKept is how many bytes of tensors are kept. What finds no room is trained again when it is to go on.
const mostKept = 1 << 30

// take hands a checkpoint out.
func (s *store) take(key string) (state safetensors.File, found bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.kept, func(k kept) bool { return k.key == key })
	if i < 0 {
		return state, false
	}
	state = s.kept[i].state
	s.kept = slices.Delete(s.kept, i, i+1)
	return state, true
}

// put keeps a checkpoint, once for each key, and forgets the oldest where there are too many bytes.
func (s *store) put(key string, state safetensors.File) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.kept = slices.DeleteFunc(s.kept, func(k kept) bool { return k.key == key })
	s.kept = append(s.kept, kept{key, state})
	total := 0
	for i, k := range slices.Backward(s.kept) {
		for _, t := range k.state.Tensors {
			total += len(t.Data)
		}
		if total > mostKept {
			s.kept = slices.Delete(s.kept, 0, i+1)
			return
		}
	}
}
