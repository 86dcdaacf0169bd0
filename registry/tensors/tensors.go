// Package tensors copies the tensors of kernels between a host and its plugins, and finds values that are not finite. A
// plugin may go on writing to memory that it shares: what is checked is the copy.
package tensors

import (
	"runtime"
	"sync/atomic"

	"github.com/sourcegraph/conc"

	"github.com/nse-dev/nse/sdk"
)

// Copy copies src to dst, on all cores. Both have the same length and do not overlap.
func Copy(dst, src []float32) {
	spread(len(dst), func(from, to int) bool { copy(dst[from:to], src[from:to]); return true })
}

// CopyFinite is Copy, and reports whether all that it has copied is finite. It copies values that are not finite too.
func CopyFinite(dst, src []float32) bool {
	return spread(len(dst), func(from, to int) bool { return takeFinite(dst[from:to], src[from:to]) })
}

// Given reports whether all that a kernel reads in a call is finite: X, W and DY. If not, its results need not be. Nil
// tensors are finite.
func Given(c sdk.Call) bool { return finite(append([][]float32{c.X, c.DY}, c.W...)) }

// Computed reports whether all that a kernel writes in a call is finite: Y, DX and DW. Nil tensors are finite.
func Computed(c sdk.Call) bool { return finite(append([][]float32{c.Y, c.DX}, c.DW...)) }

func finite(tensors [][]float32) bool {
	for _, v := range tensors {
		if !allFinite(v) {
			return false
		}
	}
	return true
}

// part is the number of floats that a core claims at a time: Go copies 1 MiB and more past the caches.
const part = 1 << 18

// spread does work on 0..n−1 in parts, on all cores, and reports whether all of them are fine.
func spread(n int, work func(from, to int) bool) bool {
	var claimed atomic.Int64
	var bad atomic.Bool
	claim := func() {
		for from := int(claimed.Add(part)) - part; from < n; from = int(claimed.Add(part)) - part {
			if !work(from, min(from+part, n)) {
				bad.Store(true)
			}
		}
	}
	var others conc.WaitGroup
	for range min(runtime.GOMAXPROCS(0), (n+part-1)/part) - 1 {
		others.Go(claim)
	}
	claim()
	others.Wait()
	return !bad.Load()
}
