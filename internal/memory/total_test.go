package memory

import (
	"os"
	"regexp"
	"runtime/debug"
	"strconv"
	"testing"
)

func TestTotal(t *testing.T) {
	machine := Total()
	if b, err := os.ReadFile("/proc/meminfo"); err == nil {
		m := regexp.MustCompile(`MemTotal: +(\d+) kB`).FindSubmatch(b)
		kib, err := strconv.ParseInt(string(m[1]), 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		if machine.Bytes > kib<<10 || machine.Bytes < kib && machine.By == "the memory of the machine" {
			t.Errorf("%d bytes by %s, of %d KiB", machine.Bytes, machine.By, kib)
		}
	}
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(123 << 20))
	if got, want := Total(), (Bound{123 << 20, "GOMEMLIMIT"}); got != want {
		t.Errorf("with a limit of 123 MiB: %v", got)
	}
}
