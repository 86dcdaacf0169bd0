package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// maxTaps is the greatest number of taps of a line of a depthwise kernel that stay in registers.
const maxTaps = 11

// outputs are the numbers of outputs that correlate computes at once.
func (s isa) outputs() []int {
	if s.wide() {
		return []int{8, 16}
	}
	return []int{8}
}

// inputs walks over the inputs lo to hi − 1 of the n inputs of a line. px is the address of the first. use gets each in
// a register. The walk leaves the line at the label "next".
func (s isa) inputs(n int, px, xp, lo, hi reg.GPVirtual, use func(u int, x reg.VecVirtual)) {
	xs := s.vectors(2)
	if !s.wide() {
		xs = xs[:1]
	}
	for u := 1; u < n; u++ {
		CMPQ(lo, Imm(uint64(u)))
		JE(LabelRef(fmt.Sprintf("input%d", u)))
	}
	for u := range n {
		Label(fmt.Sprintf("input%d", u))
		x := xs[u%len(xs)]
		VMOVUPS(Mem{Base: px}, x)
		ADDQ(xp, px)
		use(u, x)
		if u < n-1 {
			CMPQ(hi, Imm(uint64(u+1)))
			JE(LabelRef("next"))
		}
	}
	Label("next")
}

// correlate computes neighbouring outputs of every line of a depthwise convolution for one vector of channels. The
// window slides: each input is loaded once for all outputs that see it.
func correlate(s isa, taps, outputs int) {
	TEXT(fmt.Sprintf("correlate%s%dx%d", s.name, taps, outputs), NOSPLIT,
		"func(call *correlateCall)")
	Doc(fmt.Sprintf("correlate%s%dx%d is correlation.portable for %d taps, "+
		"the count first of %d outputs and the tail first of %d channels.",
		s.name, taps, outputs, taps, outputs, s.lanes))
	Pragma("noescape")
	acc := s.vectors(outputs)
	last, p := s.firstLanes(fields("tail")[0]), newProgress("lines", "runs", "dst")
	Label("line")
	s.zero(acc...)
	add := fields("add")[0]
	TESTQ(add, add)
	JZ(LabelRef("start"))
	p.eachOutput(acc, "start", func(v reg.VecVirtual, dst Mem) { last.load(dst, v) })
	Label("start")
	p.announceOutputs(outputs)
	rows, x, w := p.lineOfRun(taps)
	TESTQ(rows, rows)
	JZ(LabelRef("store"))
	r := fields("xp", "xr", "wr", "lo", "hi")
	xp, xr, wr, lo, hi := r[0], r[1], r[2], r[3], r[4]
	px := GP64()
	var ws []reg.VecVirtual
	if s.wide() {
		ws = s.vectors(taps)
	}
	Label("row")
	for t, v := range ws {
		VMOVUPS(Mem{Base: w, Disp: t * block}, v)
	}
	MOVQ(x, px)
	s.inputs(outputs+taps-1, px, xp, lo, hi, func(u int, x reg.VecVirtual) {
		for t := range taps {
			i := u - t
			switch {
			case i < 0 || i >= outputs:
			case s.wide():
				VFMADD231PS(ws[t], x, acc[i])
			default:
				VFMADD231PS(Mem{Base: w, Disp: t * block}, x, acc[i])
			}
		}
	})
	ADDQ(xr, x)
	ADDQ(wr, w)
	DECQ(rows)
	JNZ(LabelRef("row"))
	Label("store")
	sums := make([][]reg.VecVirtual, len(acc))
	for i := range acc {
		sums[i] = acc[i : i+1]
	}
	t := s.vector()
	s.settle(sums, t, s.vector())
	p.eachOutput(acc, "stored", func(v reg.VecVirtual, dst Mem) { last.store(v, t, dst) })
	Label("stored")
	p.nextLine()
	VZEROUPPER()
	RET()
}

// eachOutput pairs the first count accumulators with their outputs, and leaves for a label after the last.
func (p progress) eachOutput(acc []reg.VecVirtual, done string, f func(v reg.VecVirtual, dst Mem)) {
	r := fields("dp", "count")
	dp, count := r[0], r[1]
	dst := p.load("dst")
	for i, v := range acc {
		f(v, Mem{Base: dst})
		if i < len(acc)-1 {
			ADDQ(dp, dst)
			CMPQ(count, Imm(uint64(i+1)))
			JE(LabelRef(done))
		}
	}
}

// lineOfRun returns the number of lines that the run at runs has, and where the first one and its taps are.
func (p progress) lineOfRun(taps int) (rows, x, w reg.GPVirtual) {
	r := fields("x", "xl", "w")
	xl := r[1]
	x, w = r[0], r[2]
	runs := p.load("runs")
	rows = GP64()
	tap := GP64()
	MOVQ(Mem{Base: runs, Disp: 0}, tap)
	IMUL3Q(I32(taps*block), tap, tap)
	ADDQ(tap, w)
	IMULQ(Mem{Base: runs, Disp: 8}, xl)
	ADDQ(xl, x)
	MOVQ(Mem{Base: runs, Disp: 16}, rows)
	return rows, x, w
}

// nextLine goes on to the next line of outputs, if there is one.
func (p progress) nextLine() {
	dl := fields("dl")[0]
	lines, runs, dst := p.load("lines"), p.load("runs"), p.load("dst")
	ADDQ(dl, dst)
	MOVQ(dst, p["dst"])
	ADDQ(Imm(24), runs)
	MOVQ(runs, p["runs"])
	DECQ(lines)
	MOVQ(lines, p["lines"])
	JNZ(LabelRef("line"))
}

// gradient adds the products of neighbouring outputs' gradients and the inputs that they saw to the gradients of taps,
// for one vector of channels. Several sums of each tap, which take turns, hide the latency of additions.
func gradient(s isa, taps, outputs int) {
	TEXT(fmt.Sprintf("gradient%s%dx%d", s.name, taps, outputs), NOSPLIT,
		"func(rows int, x *float32, xp, xr int, dy *float32, dp, dr int, dst *float32, lo, hi int)")
	Doc(fmt.Sprintf("gradient%s%dx%d is correlation.gradientPortable for %d taps, %d outputs and %d channels.",
		s.name, taps, outputs, taps, outputs, s.lanes))
	Pragma("noescape")
	sums := make([][]reg.VecVirtual, (7+taps)/taps)
	for i := range sums {
		sums[i] = s.vectors(taps)
		s.zero(sums[i]...)
	}
	r := gp("rows", "x", "xp", "xr", "dy", "dp", "dr", "lo", "hi")
	rows, x, xp, xr, dy, dp, dr, lo, hi := r[0], r[1], r[2], r[3], r[4], r[5], r[6], r[7], r[8]
	px := GP64()
	dys := newSeries(dy, dp, outputs)
	var held []reg.VecVirtual
	if s.wide() {
		held = s.vectors(outputs)
	}
	Label("row")
	for i, v := range held {
		VMOVUPS(dys.at(i), v)
	}
	MOVQ(x, px)
	s.inputs(outputs+taps-1, px, xp, lo, hi, func(u int, x reg.VecVirtual) {
		for t := range taps {
			i := u - t
			switch {
			case i < 0 || i >= outputs:
			case s.wide():
				VFMADD231PS(held[i], x, sums[u%len(sums)][t])
			default:
				VFMADD231PS(dys.at(i), x, sums[u%len(sums)][t])
			}
		}
	})
	ADDQ(xr, x)
	dys.move(dr)
	DECQ(rows)
	JNZ(LabelRef("row"))
	dst := gp("dst")[0]
	for t := range taps {
		at := Mem{Base: dst, Disp: t * block}
		for _, more := range sums[1:] {
			VADDPS(more[t], sums[0][t], sums[0][t])
		}
		VADDPS(at, sums[0][t], sums[0][t])
		VMOVUPS(sums[0][t], at)
	}
	VZEROUPPER()
	RET()
}

// announceOutputs asks for the memory of the outputs below these, which are next: stores to places far apart would
// wait.
func (p progress) announceOutputs(outputs int) {
	r := fields("dp", "dl")
	dp, dl := r[0], r[1]
	dst := p.load("dst")
	ADDQ(dl, dst)
	for i := range outputs {
		PREFETCHT0(Mem{Base: dst})
		if i < outputs-1 {
			ADDQ(dp, dst)
		}
	}
}
