package main

import (
	"github.com/mmcloughlin/avo/attr"
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// isa is an instruction set: vectors of lanes floats in one of two widths. Functions of both do the same operations on
// each lane in the same order, so that their results are equal to the bit.
type isa struct {
	name  string
	lanes int
}

var (
	avx512 = isa{"Z", 16}
	avx2   = isa{"Y", 8}
)

// block is the distance in bytes from one vector of 16 floats to the next in scratch memory, whatever the width.
const block = 64

func (s isa) wide() bool { return s.lanes == 16 }

// size is the size of a vector in bytes.
func (s isa) size() int { return 4 * s.lanes }

func (s isa) vector() reg.VecVirtual {
	if s.wide() {
		return ZMM()
	}
	return YMM()
}

func (s isa) vectors(n int) []reg.VecVirtual {
	v := make([]reg.VecVirtual, n)
	for i := range v {
		v[i] = s.vector()
	}
	return v
}

func (s isa) zero(vs ...reg.VecVirtual) {
	for _, v := range vs {
		if s.wide() {
			VPXORD(v, v, v)
		} else {
			VXORPS(v, v, v)
		}
	}
}

// lanesInUse holds the masks of AVX2: 8 lanes on, then 8 off.
var lanesInUse Mem

func declareMasks() {
	lanesInUse = GLOBL("lanesInUse", attr.NOPTR|attr.RODATA)
	for i := range 16 {
		value := uint32(0)
		if i < 8 {
			value = 1<<32 - 1
		}
		DATA(4*i, U32(value))
	}
}

// mask says which lanes of a vector exist: the first ones.
type mask struct {
	isa
	k  reg.OpmaskVirtual // of AVX-512
	at reg.GPVirtual     // of AVX2: address of the mask
}

// firstLanes makes the mask of the lanes below count.
func (s isa) firstLanes(count reg.GPVirtual) mask {
	m := mask{isa: s}
	if s.wide() {
		ones := GP32()
		MOVL(U32(1<<32-1), ones)
		BZHIL(count.As32(), ones, ones)
		m.k = K()
		KMOVW(ones, m.k)
		return m
	}
	m.at = GP64()
	LEAQ(lanesInUse, m.at)
	ADDQ(Imm(32), m.at)
	NEGQ(count)
	LEAQ(Mem{Base: m.at, Index: count, Scale: 4}, m.at)
	return m
}

// load sets v to the lanes at from, and to 0 where there are none.
func (m mask) load(from Mem, v reg.VecVirtual) {
	if m.wide() {
		VMOVUPS_Z(from, m.k, v)
		return
	}
	VMOVUPS(Mem{Base: m.at}, v)
	VMASKMOVPS(from, v, v)
}

// store writes the lanes of v that exist. It overwrites t.
func (m mask) store(v, t reg.VecVirtual, to Mem) {
	if m.wide() {
		VMOVUPS(v, m.k, to)
		return
	}
	VMOVUPS(Mem{Base: m.at}, t)
	VMASKMOVPS(v, t, to)
}

// gp loads parameters.
func gp(names ...string) []reg.GPVirtual {
	r := make([]reg.GPVirtual, len(names))
	for i, name := range names {
		r[i] = Load(Param(name), GP64()).(reg.GPVirtual)
	}
	return r
}

// fields loads fields of the struct that the function's one parameter points to.
func fields(names ...string) []reg.GPVirtual {
	call := Load(Param("call"), GP64())
	r := make([]reg.GPVirtual, len(names))
	for i, name := range names {
		r[i] = Load(Param("call").Dereference(call).Field(name), GP64()).(reg.GPVirtual)
	}
	return r
}

// fieldAddr is the place of a field of that struct.
func fieldAddr(name string) Op {
	call := Load(Param("call"), GP64())
	c, err := Param("call").Dereference(call).Field(name).Resolve()
	if err != nil {
		panic(err)
	}
	return c.Addr
}

// progress has copies of fields of that struct, in the function's frame. Registers are taken, and the struct, which is
// the caller's, stays as it is. So what changes from one round of the outermost loop to the next lies here.
type progress map[string]Mem

func newProgress(names ...string) progress {
	p := progress{}
	for i, r := range fields(names...) {
		p[names[i]] = AllocLocal(8)
		MOVQ(r, p[names[i]])
	}
	return p
}

func (p progress) load(name string) reg.GPVirtual {
	r := GP64()
	MOVQ(p[name], r)
	return r
}

// series addresses the vectors at base + i·step for i below n.
type series struct {
	step, step3 reg.GPVirtual
	bases       []reg.GPVirtual // of i = 0, 4, 8, …
}

func newSeries(base, step reg.GPVirtual, n int) series {
	s := series{step: step, bases: []reg.GPVirtual{base}}
	if n > 3 {
		s.step3 = GP64()
		LEAQ(Mem{Base: step, Index: step, Scale: 2}, s.step3)
	}
	for i := 4; i < n; i += 4 {
		next := GP64()
		LEAQ(Mem{Base: s.bases[len(s.bases)-1], Index: step, Scale: 4}, next)
		s.bases = append(s.bases, next)
	}
	return s
}

func (s series) at(i int) Mem {
	base := s.bases[i/4]
	switch i % 4 {
	case 1:
		return Mem{Base: base, Index: s.step, Scale: 1}
	case 2:
		return Mem{Base: base, Index: s.step, Scale: 2}
	case 3:
		return Mem{Base: base, Index: s.step3, Scale: 1}
	}
	return Mem{Base: base}
}

// move adds a distance to every address.
func (s series) move(by reg.GPVirtual) {
	for _, base := range s.bases {
		ADDQ(by, base)
	}
}
