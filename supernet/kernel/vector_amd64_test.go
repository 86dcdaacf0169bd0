//go:build !noasm

package kernel

import (
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

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

// TestInstructionSetsAgree: both give the same bits.
func TestInstructionSetsAgree(t *testing.T) {
	if best() < avx512 {
		t.Skip("the machine has no avx512")
	}
	defer func() { instructions = best() }()
	p := NewPool(1)
	defer p.Close()
	rapid.Check(t, func(t *rapid.T) {
		f := drawFused(t)
		instructions = avx512
		want := f.run(p)
		instructions = avx2
		for i, got := range f.run(p) {
			for j, v := range got {
				if math.Float32bits(v) != math.Float32bits(want[i][j]) {
					t.Fatalf("result %d element %d: %g, with avx512 %g", i, j, v, want[i][j])
				}
			}
		}
	})
}

// TestInstructionSetsAgreeOnSigmoids: both give the same bits.
func TestInstructionSetsAgreeOnSigmoids(t *testing.T) {
	if best() < avx512 {
		t.Skip("the machine has no avx512")
	}
	defer func() { instructions = best() }()
	x, dy := normals(rand.New(rand.NewPCG(1, 1)), 10007), normals(rand.New(rand.NewPCG(2, 1)), 10007)
	for i := range x {
		x[i] *= 10
	}
	for name, f := range map[string]func(dst []float32){
		"sigmoid":       func(dst []float32) { sigmoid(dst, x) },
		"swish":         func(dst []float32) { swish(dst, x) },
		"swishBackward": func(dst []float32) { swishBackward(dst, x, dy) },
	} {
		want, got := garbage(len(x)), garbage(len(x))
		instructions = avx512
		f(want)
		instructions = avx2
		f(got)
		exact(t, name, got, func(i int) float32 { return want[i] })
	}
}
