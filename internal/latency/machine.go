package latency

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"strings"

	"github.com/nse-dev/nse/supernet/kernel"
)

// Machine is what times depend on besides the network.
type Machine struct {
	CPU     string `json:"cpu"`
	Cores   int    `json:"cores"`
	System  string `json:"system"`  // such as linux/amd64
	Kernels string `json:"kernels"` // instructions: avx512, avx2 or portable
	NSE     string `json:"nse"`     // version
}

// Here is this machine. version is that of nse, for the record.
func Here(version string) Machine {
	return Machine{cpu(), runtime.NumCPU(), runtime.GOOS + "/" + runtime.GOARCH, kernel.Instructions(), version}
}

// String is one line.
func (m Machine) String() string {
	return fmt.Sprintf("%s, %d cores, %s, %s, nse %s", m.CPU, m.Cores, m.System, m.Kernels, m.NSE)
}

// cpu is the processor's name as Linux has it, elsewhere that of the architecture.
func cpu() string {
	f, err := os.Open("/proc/cpuinfo")
	if err != nil {
		return runtime.GOARCH
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if key, value, _ := strings.Cut(lines.Text(), ":"); strings.TrimSpace(key) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return runtime.GOARCH
}
