package kernel

import (
	"sync/atomic"
	"testing"
)

func TestPoolRunsEveryShardOnce(t *testing.T) {
	for _, workers := range []int{1, 2, 7} {
		p := NewPool(workers)
		for shards := range 40 {
			counts := make([]atomic.Int32, shards)
			p.Run(shards, func(s int) { counts[s].Add(1) })
			for s := range counts {
				if got := counts[s].Load(); got != 1 {
					t.Fatalf("%d workers, %d shards: shard %d ran %d times", workers, shards, s, got)
				}
			}
		}
		p.Close()
	}
}

func TestPoolRefusesNestedRun(t *testing.T) {
	p := NewPool(1)
	defer p.Close()
	defer func() {
		if got := recover(); got != poolInUse {
			t.Errorf("recovered %v, want %q", got, poolInUse)
		}
		p.Run(1, func(int) {}) // usable again
	}()
	p.Run(1, func(int) { p.Run(1, func(int) {}) })
}
