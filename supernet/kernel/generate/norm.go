package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Comparisons of vectors. The first two are true for NaN.
const (
	notEqual        = 4  // !(x = y)
	notBelowOrEqual = 22 // !(x ≤ y)
	atLeast         = 13 // x ≥ y
)

// coefficients addresses the coefficient vectors of a normalisation, cs bytes apart, in the order of kernel.Norm.
type coefficients struct{ base, cs, cs3 reg.GPVirtual }

func newCoefficients() coefficients {
	r := gp("coef", "cs")
	c := coefficients{r[0], r[1], GP64()}
	LEAQ(Mem{Base: c.cs, Index: c.cs, Scale: 2}, c.cs3)
	return c
}

func (c coefficients) load(i int, v reg.VecVirtual) {
	switch i {
	case 0:
		VMOVUPS(Mem{Base: c.base}, v)
	case 1, 2, 4:
		VMOVUPS(Mem{Base: c.base, Index: c.cs, Scale: uint8(i)}, v)
	case 3:
		VMOVUPS(Mem{Base: c.base, Index: c.cs3, Scale: 1}, v)
	case 5:
		ADDQ(c.cs, c.base)
		VMOVUPS(Mem{Base: c.base, Index: c.cs, Scale: 4}, v)
		SUBQ(c.cs, c.base)
	}
}

// ahead is the number of rows by which loads from memory are announced: rows are far apart, and the hardware sees no
// pattern.
const ahead = 32

// announced is the address ahead of x.
func announced(x, step reg.GPVirtual) reg.GPVirtual {
	p := GP64()
	MOVQ(step, p)
	IMUL3Q(Imm(ahead), p, p)
	ADDQ(x, p)
	return p
}

// doc says which loop the function is.
func (s isa) doc(name, portable string) {
	Doc(fmt.Sprintf("%s%s is %s for the tail first of %d channels.", name, s.name, portable, s.lanes))
}

// normalise applies a normalisation and a lower bound to one vector of channels of every row.
func normalise(s isa) {
	TEXT("normalise"+s.name, NOSPLIT,
		"func(rows int, x *float32, xr int, dst *float32, dr int, coef *float32, cs int, floor float32, tail int)")
	s.doc("normalise", "coefficients.normalisePortable")
	Pragma("noescape")
	r := gp("rows", "x", "xr", "dst", "dr", "tail")
	rows, x, xr, dst, dr, tail := r[0], r[1], r[2], r[3], r[4], r[5]
	last := s.firstLanes(tail)
	c := newCoefficients()
	v := s.vectors(6)
	scale, shift, mean, floor, y, t := v[0], v[1], v[2], v[3], v[4], v[5]
	c.load(0, scale)
	c.load(1, shift)
	c.load(2, mean)
	VBROADCASTSS(paramAddr("floor"), floor)
	next := announced(x, xr)
	Label("row")
	PREFETCHT0(Mem{Base: next})
	ADDQ(xr, next)
	last.load(Mem{Base: x}, y)
	VSUBPS(mean, y, y)
	VFMADD213PS(shift, scale, y)
	VMAXPS(y, floor, y) // NaN stays NaN
	last.store(y, t, Mem{Base: dst})
	ADDQ(xr, x)
	ADDQ(dr, dst)
	DECQ(rows)
	JNZ(LabelRef("row"))
	VZEROUPPER()
	RET()
}

// settle does the same to sums [rows][vectors] in registers, unless coef is nil. It overwrites scale and floor.
func (s isa) settle(sums [][]reg.VecVirtual, scale, floor reg.VecVirtual) {
	r := fields("coef", "cs")
	coef, cs := r[0], r[1]
	TESTQ(coef, coef)
	JZ(LabelRef("settled"))
	VBROADCASTSS(fieldAddr("floor"), floor)
	for j := range sums[0] {
		VMOVUPS(Mem{Base: coef, Disp: j * s.size()}, scale)
		for i := range sums {
			v := sums[i][j]
			VSUBPS(Mem{Base: coef, Index: cs, Scale: 2, Disp: j * s.size()}, v, v)
			VFMADD213PS(Mem{Base: coef, Index: cs, Scale: 1, Disp: j * s.size()}, scale, v)
			VMAXPS(v, floor, v)
		}
	}
	Label("settled")
}

func paramAddr(name string) Op {
	c, err := Param(name).Resolve()
	if err != nil {
		panic(err)
	}
	return c.Addr
}

// pass sets dz to dy where x·scale + shift is above floor, and to 0 elsewhere. x is the distance from the mean. It
// overwrites z.
func (s isa) pass(k reg.OpmaskVirtual, x, scale, shift, floor, z, dz reg.VecVirtual) {
	VMOVAPS(x, z)
	VFMADD213PS(shift, scale, z)
	if s.wide() {
		VCMPPS(Imm(notBelowOrEqual), floor, z, k)
		VMOVUPS_Z(dz, k, dz)
		return
	}
	VCMPPS(Imm(notBelowOrEqual), floor, z, z)
	VANDPS(z, dz, dz)
}

// denormalise is the gradient of normalise with batch statistics.
func denormalise(s isa) {
	TEXT("denormalise"+s.name, NOSPLIT,
		"func(rows int, x *float32, xr int, dy *float32, yr int, dst *float32, dr int, "+
			"coef *float32, cs int, floor float32, tail int)")
	s.doc("denormalise", "coefficients.denormalisePortable")
	Pragma("noescape")
	r := gp("rows", "x", "xr", "dy", "yr", "dst", "dr", "tail")
	rows, x, xr, dy, yr, dst, dr, tail := r[0], r[1], r[2], r[3], r[4], r[5], r[6], r[7]
	last := s.firstLanes(tail)
	c := newCoefficients()
	v := s.vectors(10)
	scale, shift, mean, a, b, constant, floor, xv, z, dz := v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7], v[8], v[9]
	c.load(0, scale)
	c.load(1, shift)
	c.load(2, mean)
	c.load(3, a)
	c.load(4, b)
	c.load(5, constant)
	VBROADCASTSS(paramAddr("floor"), floor)
	var k reg.OpmaskVirtual
	if s.wide() {
		k = K()
	}
	next, nextY := announced(x, xr), announced(dy, yr)
	Label("row")
	PREFETCHT0(Mem{Base: next})
	PREFETCHT0(Mem{Base: nextY})
	ADDQ(xr, next)
	ADDQ(yr, nextY)
	last.load(Mem{Base: x}, xv)
	last.load(Mem{Base: dy}, dz)
	VSUBPS(mean, xv, xv)
	s.pass(k, xv, scale, shift, floor, z, dz)
	VFMADD213PS(constant, b, xv)
	VFMADD231PS(a, dz, xv)
	last.store(xv, z, Mem{Base: dst})
	ADDQ(xr, x)
	ADDQ(yr, dy)
	ADDQ(dr, dst)
	DECQ(rows)
	JNZ(LabelRef("row"))
	VZEROUPPER()
	RET()
}

// turns is the number of sums that take turns in a sum over rows.
const turns = 4

// overRows calls step for every row, with sums taking turns, and leaves their total in the first.
func overRows(name string, rows reg.GPVirtual, step func(turn int), sums ...[]reg.VecVirtual) {
	many := GP64()
	MOVQ(rows, many)
	SHRQ(Imm(2), many)
	JZ(LabelRef(name + "few"))
	Label(name + "many")
	for i := range turns {
		step(i)
	}
	DECQ(many)
	JNZ(LabelRef(name + "many"))
	Label(name + "few")
	ANDQ(Imm(turns-1), rows)
	JZ(LabelRef(name + "done"))
	Label(name + "one")
	step(0)
	DECQ(rows)
	JNZ(LabelRef(name + "one"))
	Label(name + "done")
	for _, sum := range sums {
		VADDPS(sum[1], sum[0], sum[0])
		VADDPS(sum[3], sum[2], sum[2])
		VADDPS(sum[2], sum[0], sum[0])
	}
}

// moments finds a reference near the mean of one vector of channels over rows, by sums of distances from the first row.
// The rows are then in the cache. It sums the distances from the reference and their squares.
func moments(s isa) {
	TEXT("moments"+s.name, NOSPLIT, "func(rows int, x *float32, xr int, inverse float32, dst *float32, tail int)")
	s.doc("moments", "momentsPortable")
	Pragma("noescape")
	r := gp("rows", "x", "xr", "dst", "tail")
	rows, x, xr, dst, tail := r[0], r[1], r[2], r[3], r[4]
	last := s.firstLanes(tail)
	sum, squares, reference, xv := s.vectors(turns), s.vectors(turns), s.vector(), s.vectors(turns)
	s.zero(sum...)
	last.load(Mem{Base: x}, reference)
	overRows("mean", rows, func(i int) {
		last.load(Mem{Base: x}, xv[i])
		VSUBPS(reference, xv[i], xv[i])
		VADDPS(xv[i], sum[i], sum[i])
		ADDQ(xr, x)
	}, sum)
	VBROADCASTSS(paramAddr("inverse"), xv[0])
	VMULPS(sum[0], xv[0], xv[0])
	VADDPS(xv[0], reference, reference)
	VMOVUPS(reference, Mem{Base: dst})
	r = gp("rows", "x")
	rows, x = r[0], r[1]
	s.zero(append(sum, squares...)...)
	overRows("square", rows, func(i int) {
		last.load(Mem{Base: x}, xv[i])
		VSUBPS(reference, xv[i], xv[i])
		VADDPS(xv[i], sum[i], sum[i])
		VFMADD231PS(xv[i], xv[i], squares[i])
		ADDQ(xr, x)
	}, sum, squares)
	VMOVUPS(sum[0], Mem{Base: dst, Disp: block})
	VMOVUPS(squares[0], Mem{Base: dst, Disp: 2 * block})
	VZEROUPPER()
	RET()
}

// slopes sums what the gradient of a normalisation needs over rows of one vector of channels.
func slopes(s isa) {
	TEXT("slopes"+s.name, NOSPLIT,
		"func(rows int, x *float32, xr int, dy *float32, yr int, "+
			"coef *float32, cs int, floor float32, dst *float32, tail int)")
	s.doc("slopes", "coefficients.slopesPortable")
	Pragma("noescape")
	r := gp("rows", "x", "xr", "dy", "yr", "tail")
	rows, x, xr, dy, yr, tail := r[0], r[1], r[2], r[3], r[4], r[5]
	last := s.firstLanes(tail)
	c := newCoefficients()
	v := s.vectors(6)
	scale, shift, mean, floor, xv, z := v[0], v[1], v[2], v[3], v[4], v[5]
	dz, sum, product := s.vector(), s.vectors(turns), s.vectors(turns)
	s.zero(append(sum, product...)...)
	c.load(0, scale)
	c.load(1, shift)
	c.load(2, mean)
	VBROADCASTSS(paramAddr("floor"), floor)
	var k reg.OpmaskVirtual
	if s.wide() {
		k = K()
	}
	overRows("row", rows, func(i int) {
		last.load(Mem{Base: x}, xv)
		last.load(Mem{Base: dy}, dz)
		VSUBPS(mean, xv, xv)
		s.pass(k, xv, scale, shift, floor, z, dz)
		VADDPS(dz, sum[i], sum[i])
		VFMADD231PS(xv, dz, product[i])
		ADDQ(xr, x)
		ADDQ(yr, dy)
	}, sum, product)
	dst := gp("dst")[0]
	VMOVUPS(sum[0], Mem{Base: dst})
	VMOVUPS(product[0], Mem{Base: dst, Disp: block})
	VZEROUPPER()
	RET()
}
