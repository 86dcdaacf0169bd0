package main

import (
	"fmt"
	"math"

	"github.com/mmcloughlin/avo/attr"
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Numbers of the activations, in all lanes.
var (
	half, one, three, six  Mem
	log2e, ln2High, ln2Low Mem
	least, most            Mem    // exp takes what is between them; beyond, the sigmoid is 1 or 0
	round                  Mem    // 1.5·2^23: a sum with it is a whole number, in its last bits
	factorials             [8]Mem // 1/n!
)

func declareNumbers() {
	declare := func(name string, x float64) Mem {
		m := GLOBL(name, attr.NOPTR|attr.RODATA)
		for i := range 16 {
			DATA(4*i, U32(math.Float32bits(float32(x))))
		}
		return m
	}
	const high = 355. / 512 // of ln 2: its products with small whole numbers are exact
	half, one, three, six = declare("half", 0.5), declare("one", 1), declare("three", 3), declare("six", 6)
	log2e, ln2High, ln2Low = declare("log2e", math.Log2E), declare("ln2High", high), declare("ln2Low", math.Ln2-high)
	least, most, round = declare("least", -87), declare("most", 89), declare("round", 3<<22)
	factorial := 1.
	for n := 2; n < len(factorials); n++ {
		factorial *= float64(n)
		factorials[n] = declare(fmt.Sprint("factorial", n), 1/factorial)
	}
}

// sigmoid sets dst to 1/(1 + exp(−x)), to three units of the last place. NaN stays NaN. exp(y) is 2^k·exp(r) with |r| ≤
// ln 2/2, and exp(r) comes from its series. It overwrites t and u.
func (f *places) sigmoid(x, dst, t, u reg.VecVirtual) {
	y, k, e := dst, t, u
	f.zero(y)
	VSUBPS(x, y, y)
	VMOVUPS(least, k)
	VMAXPS(y, k, y) // NaN stays, being the second operand
	VMOVUPS(most, k)
	VMINPS(y, k, y)
	VMOVUPS(round, k)
	VFMADD231PS(log2e, y, k)
	r := f.vector()
	VSUBPS(round, k, r)
	VFNMADD231PS(ln2High, r, y)
	VFNMADD231PS(ln2Low, r, y)
	VMOVUPS(factorials[7], e)
	for n := 6; n >= 2; n-- {
		VFMADD213PS(factorials[n], y, e)
	}
	VFMADD213PS(one, y, e)
	VFMADD213PS(one, y, e)
	VPSLLD(Imm(23), k, k)
	VPADDD(one, k, k) // 2^k, infinite for 128
	VMULPS(k, e, e)
	VADDPS(one, e, e)
	VMOVUPS(one, r)
	VDIVPS(e, r, dst)
}

// sigmoids are the kernels with a sigmoid. Their bits are not those of the portable loops, which take float64.
func sigmoids(s isa) {
	flat(s, "sigmoid", []string{"dst", "x"}, nil, func(f *places, _ []reg.VecVirtual) {
		x, s := f.scratch[0], f.vector()
		f.load("x", x)
		f.sigmoid(x, s, f.scratch[1], f.scratch[2])
		f.store(s, "dst")
	})
	flat(s, "swish", []string{"dst", "x"}, nil, func(f *places, _ []reg.VecVirtual) {
		x, s := f.scratch[0], f.vector()
		f.load("x", x)
		f.sigmoid(x, s, f.scratch[1], f.scratch[2])
		VMULPS(s, x, x)
		f.store(x, "dst")
	})
	flat(s, "swishBackward", []string{"dx", "x", "dy"}, nil, func(f *places, _ []reg.VecVirtual) {
		x, t, u, s := f.scratch[0], f.scratch[1], f.scratch[2], f.vector()
		f.load("x", x)
		f.sigmoid(x, s, t, u)
		VMOVUPS(one, t)
		VSUBPS(s, t, t)
		VFMADD213PS(one, x, t) // 1 + x·(1 − s)
		f.load("dy", u)
		VMULPS(s, u, u)
		VMULPS(t, u, u)
		f.store(u, "dx")
	})
}

// hswishes are the kernels of hswish, equal to the portable loops to the bit.
func hswishes(s isa) {
	flat(s, "hswish", []string{"dst", "x"}, nil, func(f *places, _ []reg.VecVirtual) {
		x, t, bound := f.scratch[0], f.scratch[1], f.scratch[2]
		f.load("x", x)
		VADDPS(three, x, t)
		f.zero(bound)
		VMAXPS(t, bound, t)
		VMOVUPS(six, bound)
		VMINPS(t, bound, t)
		VMULPS(t, x, x)
		VDIVPS(bound, x, x)
		f.store(x, "dst")
	})
	flat(s, "hswishBackward", []string{"dx", "x", "dy"}, nil, func(f *places, _ []reg.VecVirtual) {
		x, dy, t, bound := f.scratch[0], f.scratch[1], f.scratch[2], f.vector()
		f.load("x", x)
		f.load("dy", dy)
		VDIVPS(three, x, t)
		VADDPS(half, t, t)
		VMULPS(dy, t, t)
		VMOVUPS(three, bound)
		f.choose(atLeast, x, bound, dy, t)
		f.zero(bound)
		VSUBPS(three, bound, bound)
		f.where(notBelowOrEqual, x, bound, t)
		f.store(t, "dx")
	})
}

// choose sets v to w where the comparison of x with y holds.
func (f *places) choose(comparison uint64, x, y, w, v reg.VecVirtual) {
	if f.wide() {
		k := K()
		VCMPPS(Imm(comparison), y, x, k)
		VMOVUPS(w, k, v)
		return
	}
	t := f.scratch[3]
	VCMPPS(Imm(comparison), y, x, t)
	VBLENDVPS(t, w, v, v)
}
