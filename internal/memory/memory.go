// Package memory tells how much of the machine's memory a process may use.
package memory

import (
	"math"
	"runtime/debug"

	"github.com/KimMachineGun/automemlimit/memlimit"
	"github.com/shirou/gopsutil/v4/mem"
)

// Free is the number of bytes that are available: on the machine, in the process's cgroup, and within GOMEMLIMIT. What
// the system does not tell is not counted. Caches of files that the system can drop are available.
func Free() int64 {
	free := debug.SetMemoryLimit(-1)
	if m, err := mem.VirtualMemory(); err == nil {
		free = min(free, bounded(m.Available))
	}
	if limit, err := memlimit.FromCgroup(); err == nil {
		free = min(free, bounded(limit))
	}
	return free
}

func bounded(n uint64) int64 { return int64(min(n, math.MaxInt64)) }
