package kernel

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// Pool runs the shards of a kernel on a fixed number of goroutines, and lends kernels their scratch memory. It serves
// one kernel at a time: a Run inside a shard, or at the same time from another goroutine, panics. Between kernels the
// goroutines wait.
//
// A repeated step allocates nothing, since scratch memory only grows, and what a kernel works on lies in the pool.
// Close stops the goroutines.
type Pool struct {
	workers int
	busy    atomic.Bool
	next    atomic.Int64 // shard to be claimed
	started signal       // counts kernels
	ended   signal       // counts workers that are done with a kernel
	closed  atomic.Bool
	stopped sync.WaitGroup
	looks   int // before a goroutine sleeps
	shards  int
	f       shardFunc

	current work // of over, while it runs
	ranges  parts
	places  []work      // one for each type that over has ever done
	many    [][]float32 // operands of Mean

	floats  []float32
	doubles []float64
}

// shardFunc computes one shard of a kernel on the worker of that index, below p.workers.
type shardFunc func(p *Pool, worker, shard int)

// NewPool starts a pool of workers goroutines, the caller of Run counted; workers < 1 means GOMAXPROCS. Close stops
// them.
func NewPool(workers int) *Pool {
	if workers < 1 {
		workers = runtime.GOMAXPROCS(0)
	}
	p := &Pool{workers: workers}
	if workers <= runtime.GOMAXPROCS(0) {
		p.looks = looks
	}
	p.started.sleepers.L, p.ended.sleepers.L = &p.started.mutex, &p.ended.mutex
	p.stopped.Add(workers - 1)
	for worker := 1; worker < workers; worker++ {
		go p.serve(worker)
	}
	return p
}

// Run calls f(shard) for every shard in 0..shards−1, and returns when all are done. Any worker claims any shard, so
// each must write memory of its own. A panic on one of the pool's goroutines ends the program.
func (p *Pool) Run(shards int, f func(shard int)) {
	p.run(shards, func(_ *Pool, _, shard int) { f(shard) })
}

// Close stops the goroutines. The pool must not be used afterwards.
func (p *Pool) Close() {
	p.closed.Store(true)
	p.started.add()
	p.stopped.Wait()
}

// run is Run for functions that need no closure.
func (p *Pool) run(shards int, f shardFunc) {
	if p.closed.Load() {
		panic(poolClosed)
	}
	if !p.busy.CompareAndSwap(false, true) {
		panic(poolInUse)
	}
	p.shards, p.f = shards, f
	p.next.Store(0)
	if p.workers == 1 || shards < 2 {
		defer p.busy.Store(false)
		p.work(0)
		return
	}
	before := p.ended.count.Load()
	defer func() {
		p.ended.wait(before+int64(p.workers)-1, p.looks)
		p.busy.Store(false)
	}()
	p.started.add()
	p.work(0)
}

func (p *Pool) serve(worker int) {
	defer p.stopped.Done()
	for kernel := int64(1); ; kernel++ {
		p.started.wait(kernel, p.looks)
		if p.closed.Load() {
			return
		}
		p.work(worker)
		p.ended.add()
	}
}

func (p *Pool) work(worker int) {
	for {
		shard := int(p.next.Add(1)) - 1
		if shard >= p.shards {
			return
		}
		p.f(p, worker, shard)
	}
}

// signal is a count that goroutines wait for. Kernels follow each other within microseconds, and waking a goroutine
// takes many. So goroutines look for a while before they sleep.
type signal struct {
	count    atomic.Int64
	asleep   atomic.Int64
	mutex    sync.Mutex
	sleepers sync.Cond
}

// looks is how often a goroutine looks before it sleeps: for some tens of microseconds. It does not look where workers
// outnumber processors, since it would take one from the worker that it waits for.
const looks = 1 << 17

// add counts one more and wakes the sleepers.
func (s *signal) add() {
	s.count.Add(1)
	if s.asleep.Load() > 0 {
		s.mutex.Lock()
		s.sleepers.Broadcast()
		s.mutex.Unlock()
	}
}

// wait returns when the count has reached n. It looks that often before it sleeps.
func (s *signal) wait(n int64, looks int) {
	for range looks {
		if s.count.Load() >= n {
			return
		}
	}
	s.mutex.Lock()
	s.asleep.Add(1)
	for s.count.Load() < n {
		s.sleepers.Wait()
	}
	s.asleep.Add(-1)
	s.mutex.Unlock()
}

// scratch32 lends n floats with arbitrary contents until the next kernel.
func (p *Pool) scratch32(n int) []float32 {
	if cap(p.floats) < n {
		p.floats = make([]float32, n)
	}
	return p.floats[:n]
}

// scratch64 lends n float64 with arbitrary contents until the next kernel.
func (p *Pool) scratch64(n int) []float64 {
	if cap(p.doubles) < n {
		p.doubles = make([]float64, n)
	}
	return p.doubles[:n]
}

// chunk is the number of elements in a shard of an elementwise kernel.
const chunk = 1 << 14

// work is what a kernel works on. do computes a range of its elements or rows. It runs on any goroutine of the pool,
// beside other ranges, and writes the results of its range alone.
type work interface{ do(from, to int) }

// over does w on the ranges of q, in parallel. While it runs, w lies in the pool, in the place of its type. A closure
// would have to be allocated at every call. A place is allocated once.
func over[W any, P interface {
	*W
	work
}](p *Pool, q parts, w W) {
	at := placeOf[W, P](p)
	*at = w
	p.current, p.ranges = at, q
	p.run(q.count(), doRange)
	p.current = nil
	*at = *new(W)
}

// placeOf is the place of a type, which is made at the first call.
func placeOf[W any, P interface {
	*W
	work
}](p *Pool) P {
	for _, place := range p.places {
		if at, ok := place.(P); ok {
			return at
		}
	}
	at := P(new(W))
	p.places = append(p.places, at)
	return at
}

func doRange(p *Pool, _, shard int) { p.current.do(p.ranges.bounds(shard)) }

// rowChunks cuts rows of c channels into parts of about chunk elements.
func rowChunks(rows, c int) parts { return parts{rows, max(chunk/max(c, 1), 1)} }

// chunks calls f on consecutive ranges of 0..n−1, in parallel.
func (p *Pool) chunks(n int, f func(from, to int)) {
	p.run(ceilDiv(n, chunk), func(_ *Pool, _, s int) { f(s*chunk, min((s+1)*chunk, n)) })
}

// rows calls f on consecutive ranges of rows of c channels, in parallel.
func (p *Pool) rows(rows, c int, f func(from, to int)) {
	q := rowChunks(rows, c)
	p.run(q.count(), func(_ *Pool, _, s int) { f(q.bounds(s)) })
}

// part is the range of shard s when n items are cut into shards parts of nearly equal size.
func part(n, shards, s int) (from, to int) { return n * s / shards, n * (s + 1) / shards }
