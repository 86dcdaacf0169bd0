//go:build !noasm

package kernel

import "testing"

// onLevels runs f with every instruction set that the machine has, and with none, which is the portable loops.
func onLevels(t *testing.T, f func(t *testing.T)) {
	for level, name := range map[instructionSet]string{none: "portable", avx2: "avx2", avx512: "avx512"} {
		t.Run(name, func(t *testing.T) {
			if level > best() {
				t.Skip("the machine has no " + name)
			}
			instructions = level
			defer func() { instructions = best() }()
			f(t)
		})
	}
}
