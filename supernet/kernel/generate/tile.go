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
	return [...]int{0, 12, 6}[vectors]
}

// tiles is every size of a tile.
func (s isa) tiles(each func(rows, vectors int)) {
	for vectors := 1; vectors < 4; vectors++ {
		if !s.wide() && vectors == 3 {
			return
		}
		for rows := 1; rows <= s.tileRows(vectors); rows++ {
			each(rows, vectors)
		}
	}
}

// tile multiplies two matrices into a part of a third that fits the registers, and goes on with some more such parts below.
func tile(s isa, rows, vectors int) {
	TEXT(fmt.Sprintf("tile%s%dx%d", s.name, rows, vectors), NOSPLIT,
		"func(blocks, taps, k int, a *float32, am, ak, at int, b *float32, bk, bt int, c *float32, cm, tail, add int, coef *float32, cs int, floor float32)")
	Doc(fmt.Sprintf("tile%s%dx%d is product.portable for blocks times %d rows of %d columns, the last %d of which are but tail.",
		s.name, rows, vectors, rows, vectors*s.lanes, s.lanes))
	Pragma("noescape")
	last := s.firstLanes(gp("tail")[0])
	acc := make([][]reg.VecVirtual, rows)
	for i := range acc {
		acc[i] = s.vectors(vectors)
	}
	bv, coefficients := s.vectors(vectors), s.vectors(1)
	if rows*vectors+vectors+2 <= 2*s.lanes {
		coefficients = s.vectors(2)
	}
	Label("block")
	for i := range acc {
		s.zero(acc[i]...)
	}
	add := gp("add")[0]
	TESTQ(add, add)
	JZ(LabelRef("start"))
	s.eachVector(acc, gp("c")[0], func(acc reg.VecVirtual, at Mem, masked bool) {
		if masked {
			last.load(at, acc)
		} else {
			VMOVUPS(at, acc)
		}
	})
	Label("start")
	r := gp("taps", "a", "am", "ak", "at", "b", "bk", "bt")
	taps, a, am, ak, at, b, bk, bt := r[0], r[1], r[2], r[3], r[4], r[5], r[6], r[7]
	fromEnd(at, ak)
	fromEnd(bt, bk)
	ars := newSeries(a, am, rows)
	Label("tap")
	k := gp("k")[0]
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
	s.settle(acc, bv[0], coefficients[0])
	c := gp("c")[0]
	s.eachVector(acc, c, func(acc reg.VecVirtual, at Mem, masked bool) {
		if masked {
			last.store(acc, bv[0], at)
		} else {
			VMOVUPS(acc, at)
		}
	})
	nextBlock(c, rows)
	VZEROUPPER()
	RET()
}

// eachVector calls f for every vector of acc with its place in c, which it moves to the last row; the last of a row is masked.
func (s isa) eachVector(acc [][]reg.VecVirtual, c reg.GPVirtual, f func(acc reg.VecVirtual, at Mem, masked bool)) {
	cm := gp("cm")[0]
	for i := range acc {
		for j := range acc[i] {
			f(acc[i][j], Mem{Base: c, Disp: j * s.size()}, j == len(acc[i])-1)
		}
		if i < len(acc)-1 {
			ADDQ(cm, c)
		}
	}
}

// outerProduct adds a column of a times a row of b, of which the last vector is masked.
func (s isa) outerProduct(acc [][]reg.VecVirtual, ars series, b reg.GPVirtual, bv, coefficients []reg.VecVirtual, last mask) {
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

// nextBlock goes on to the rows below, if there are more blocks. The parameters are the caller's to lose.
func nextBlock(c reg.GPVirtual, rows int) {
	r := gp("blocks", "a", "am", "cm")
	blocks, a, am, cm := r[0], r[1], r[2], r[3]
	ADDQ(cm, c)
	MOVQ(c, paramAddr("c"))
	IMUL3Q(Imm(uint64(rows)), am, am)
	ADDQ(am, a)
	MOVQ(a, paramAddr("a"))
	DECQ(blocks)
	MOVQ(blocks, paramAddr("blocks"))
	JNZ(LabelRef("block"))
}

// fromEnd turns the distance between two taps into that from the end of one, k steps after its start, to the next.
func fromEnd(between, step reg.GPVirtual) {
	k := gp("k")[0]
	IMULQ(step, k)
	SUBQ(k, between)
}
