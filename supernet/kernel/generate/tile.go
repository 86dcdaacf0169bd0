package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// tileRows is the greatest number of rows of a tile by the number of vectors in a row: as many as there are registers.
func (s isa) tileRows(vectors int) int {
	if s.wide() {
		return [...]int{0, 14, 14, 9}[vectors]
	}
	return [...]int{0, 12, 6, 0}[vectors]
}

// tiles is every size of a tile.
func (s isa) tiles(each func(rows, vectors int)) {
	for vectors := 1; vectors < 4; vectors++ {
		for rows := 1; rows <= s.tileRows(vectors); rows++ {
			each(rows, vectors)
		}
	}
}

// tile multiplies two matrices into a part of a third that fits the registers. It goes on with some more such parts
// below.
func tile(s isa, rows, vectors int) {
	TEXT(fmt.Sprintf("tile%s%dx%d", s.name, rows, vectors), NOSPLIT,
		"func(call *tileCall)")
	Doc(fmt.Sprintf("tile%s%dx%d is product.portable for blocks times %d rows of %d columns. "+
		"Of the last %d columns, tail exist.",
		s.name, rows, vectors, rows, vectors*s.lanes, s.lanes))
	Pragma("noescape")
	last, p := s.firstLanes(fields("tail")[0]), newProgress("blocks", "a", "c", "k")
	acc := make([][]reg.VecVirtual, rows)
	for i := range acc {
		acc[i] = s.vectors(vectors)
	}
	bv, coefficients := s.vectors(vectors), s.vectors(1)
	if rows*vectors+vectors+2 <= 2*s.lanes {
		coefficients = s.vectors(2)
	}
	Label("block")
	s.begin(acc, p, last)
	s.multiply(acc, p, bv, coefficients, last)
	s.settle(acc, bv[0], coefficients[0])
	c := p.load("c")
	s.eachVector(acc, c, func(acc reg.VecVirtual, at Mem, masked bool) {
		if masked {
			last.store(acc, bv[0], at)
		} else {
			VMOVUPS(acc, at)
		}
	})
	p.nextBlock(c, rows)
	VZEROUPPER()
	RET()
}

// begin sets the accumulators to 0, or to what c holds where the call adds to it.
func (s isa) begin(acc [][]reg.VecVirtual, p progress, last mask) {
	for i := range acc {
		s.zero(acc[i]...)
	}
	add := fields("add")[0]
	TESTQ(add, add)
	JZ(LabelRef("start"))
	s.eachVector(acc, p.load("c"), func(acc reg.VecVirtual, at Mem, masked bool) {
		if masked {
			last.load(at, acc)
		} else {
			VMOVUPS(at, acc)
		}
	})
	Label("start")
}

// multiply adds the products of all taps to the accumulators.
func (s isa) multiply(acc [][]reg.VecVirtual, p progress, bv, coefficients []reg.VecVirtual, last mask) {
	r := fields("taps", "am", "ak", "at", "b", "bk", "bt")
	taps, am, ak, at, b, bk, bt := r[0], r[1], r[2], r[3], r[4], r[5], r[6]
	a := p.load("a")
	p.fromEnd(at, ak)
	p.fromEnd(bt, bk)
	ars := newSeries(a, am, len(acc))
	Label("tap")
	k := p.load("k")
	Label("loop")
	s.outerProduct(acc, ars, b, bv, coefficients, last)
	ars.move(ak)
	ADDQ(bk, b)
	DECQ(k)
	JNZ(LabelRef("loop"))
	ars.move(at)
	ADDQ(bt, b)
	DECQ(taps)
	JNZ(LabelRef("tap"))
}

// eachVector calls f for every vector of acc with its place in c, which it moves to the last row. The last vector of a
// row is masked.
func (s isa) eachVector(acc [][]reg.VecVirtual, c reg.GPVirtual, f func(acc reg.VecVirtual, at Mem, masked bool)) {
	cm := fields("cm")[0]
	for i := range acc {
		for j := range acc[i] {
			f(acc[i][j], Mem{Base: c, Disp: j * s.size()}, j == len(acc[i])-1)
		}
		if i < len(acc)-1 {
			ADDQ(cm, c)
		}
	}
}

// outerProduct adds a column of a times a row of b. The last vector of that row is masked.
func (s isa) outerProduct(
	acc [][]reg.VecVirtual, ars series, b reg.GPVirtual, bv, coefficients []reg.VecVirtual, last mask,
) {
	for j, v := range bv {
		from := Mem{Base: b, Disp: j * s.size()}
		if j == len(bv)-1 {
			last.load(from, v)
		} else {
			VMOVUPS(from, v)
		}
	}
	for i := range acc {
		t := coefficients[i%len(coefficients)]
		VBROADCASTSS(ars.at(i), t)
		for j, v := range bv {
			VFMADD231PS(v, t, acc[i][j])
		}
	}
}

// nextBlock goes on to the rows below, if there are more blocks.
func (p progress) nextBlock(c reg.GPVirtual, rows int) {
	r := fields("am", "cm")
	am, cm := r[0], r[1]
	blocks, a := p.load("blocks"), p.load("a")
	ADDQ(cm, c)
	MOVQ(c, p["c"])
	IMUL3Q(Imm(uint64(rows)), am, am)
	ADDQ(am, a)
	MOVQ(a, p["a"])
	DECQ(blocks)
	MOVQ(blocks, p["blocks"])
	JNZ(LabelRef("block"))
}

// fromEnd turns the distance between two taps into that from the end of one, k steps after its start, to the next.
func (p progress) fromEnd(between, step reg.GPVirtual) {
	k := p.load("k")
	IMULQ(step, k)
	SUBQ(k, between)
}
