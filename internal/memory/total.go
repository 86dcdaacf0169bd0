package memory

import (
	"math"
	"runtime/debug"

	"github.com/KimMachineGun/automemlimit/memlimit"
)

// Bound is a limit of memory.
type Bound struct {
	Bytes int64
	By    string // what sets it, such as GOMEMLIMIT
}

// Total is the most that the process can ever have: the least of GOMEMLIMIT, the limit of its control group and the
// memory of the machine. What the system does not tell does not count.
func Total() Bound {
	least := Bound{debug.SetMemoryLimit(-1), "GOMEMLIMIT"}
	for _, b := range []struct {
		by   string
		read memlimit.Provider
	}{
		{"the limit of the control group", memlimit.FromCgroup},
		{"the memory of the machine", memlimit.FromSystem},
	} {
		n, err := b.read()
		if err == nil && n > 0 && n < math.MaxInt64 && int64(n) < least.Bytes {
			least = Bound{int64(n), b.by}
		}
	}
	return least
}
