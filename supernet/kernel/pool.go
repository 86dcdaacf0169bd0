package kernel

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// Pool runs the shards of a kernel on a fixed number of goroutines, which wait between kernels, and lends kernels their
// scratch memory. It serves one kernel at a time: a Run inside a shard, or at the same time from another goroutine, panics.
// The scratch memory only grows, so a repeated step allocates none.
type Pool struct {
	workers int
	wake    chan int // the worker's index
	done    sync.WaitGroup
	closed  sync.WaitGroup
	busy    atomic.Bool
	next    atomic.Int64
	shards  int
	f       func(worker, shard int)

	floats  []float32
	doubles []float64
	runs    []run
}

// NewPool starts a pool of workers goroutines, the caller of Run counted; workers < 1 means GOMAXPROCS. Close stops them.
func NewPool(workers int) *Pool {
	if workers < 1 {
		workers = runtime.GOMAXPROCS(0)
	}
	p := &Pool{workers: workers, wake: make(chan int, workers)}
	p.closed.Add(workers - 1)
	for range workers - 1 {
		go p.serve()
	}
	return p
}

// Run calls f(shard) for every shard in 0..shards−1 and returns when all are done. Shards are claimed in any order by any worker,
// so each must write memory of its own. A panic on one of the pool's goroutines ends the program.
func (p *Pool) Run(shards int, f func(shard int)) {
	p.run(shards, func(_, shard int) { f(shard) })
}

// Close stops the goroutines. The pool must not be used afterwards.
func (p *Pool) Close() {
	close(p.wake)
	p.closed.Wait()
}

// run is Run with the index of the worker, below p.workers, for scratch memory.
func (p *Pool) run(shards int, f func(worker, shard int)) {
	if !p.busy.CompareAndSwap(false, true) {
		panic(poolInUse)
	}
	defer func() {
		p.done.Wait()
		p.f = nil
		p.busy.Store(false)
	}()
	others := max(min(p.workers, shards)-1, 0)
	p.shards, p.f = shards, f
	p.next.Store(0)
	p.done.Add(others)
	for i := range others {
		p.wake <- i + 1
	}
	p.work(0)
}

func (p *Pool) serve() {
	defer p.closed.Done()
	for worker := range p.wake {
		p.work(worker)
		p.done.Done()
	}
}

func (p *Pool) work(worker int) {
	for {
		shard := int(p.next.Add(1)) - 1
		if shard >= p.shards {
			return
		}
		p.f(worker, shard)
	}
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

// scratchRuns lends n runs with arbitrary contents until the next kernel.
func (p *Pool) scratchRuns(n int) []run {
	if cap(p.runs) < n {
		p.runs = make([]run, n)
	}
	return p.runs[:n]
}

// chunk is the number of elements in a shard of an elementwise kernel.
const chunk = 1 << 14

// chunks calls f on consecutive ranges of 0..n−1, in parallel.
func (p *Pool) chunks(n int, f func(from, to int)) {
	p.run(ceilDiv(n, chunk), func(_, s int) { f(s*chunk, min((s+1)*chunk, n)) })
}

// rowBlocks is the number of shards for rows of c channels: about chunk elements each, and no more than 64,
// since some kernels keep partial sums for each.
func rowBlocks(rows, c int) int {
	return max(min(rows, ceilDiv(rows*c, chunk), 64), 1)
}

// part is the range of shard s when n items are cut into shards parts of nearly equal size.
func part(n, shards, s int) (from, to int) { return n * s / shards, n * (s + 1) / shards }

// rows calls f on consecutive ranges of rows of c channels, in parallel.
func (p *Pool) rows(rows, c int, f func(from, to int)) {
	shards := ceilDiv(rows*c, chunk)
	p.run(shards, func(_, s int) { f(part(rows, shards, s)) })
}
