package main

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// flat writes a loop over n elements of slices. load and store move the vectors at the same place of each, by the names
// of their parameters. step computes one place. Scalars are parameters that all lanes share.
func flat(s isa, name string, slices, scalars []string, step func(f *places, scalar []reg.VecVirtual)) {
	l := loop{name, slices, scalars}
	if s.wide() {
		loops = append(loops, l)
	}
	TEXT(name+s.name, NOSPLIT, "func(n int, "+l.parameters("*float32")+")")
	Doc(fmt.Sprintf("%s%s is %sPortable on n elements.", name, s.name, name))
	Pragma("noescape")
	f := &places{isa: s, at: map[string]reg.GPVirtual{}}
	n := gp("n")[0]
	for i, p := range gp(slices...) {
		f.at[slices[i]] = p
	}
	scalar := s.vectors(len(scalars))
	for i, v := range scalar {
		VBROADCASTSS(paramAddr(scalars[i]), v)
	}
	f.scratch = s.vectors(4)
	whole := GP64()
	MOVQ(n, whole)
	SHRQ(Imm(map[bool]uint64{true: 4, false: 3}[s.wide()]), whole)
	JZ(LabelRef("rest"))
	Label("whole")
	step(f, scalar)
	for _, name := range slices {
		ADDQ(Imm(uint64(s.size())), f.at[name])
	}
	DECQ(whole)
	JNZ(LabelRef("whole"))
	Label("rest")
	ANDQ(Imm(uint64(s.lanes-1)), n)
	JZ(LabelRef("done"))
	last := s.firstLanes(n)
	f.last = &last
	step(f, scalar)
	Label("done")
	VZEROUPPER()
	RET()
}

// loop is an elementwise kernel as Go sees it.
type loop struct {
	name            string
	slices, scalars []string
}

// loops are those of every instruction set.
var loops []loop

// parameters declares slices of a type, and the scalars.
func (l loop) parameters(slice string) string {
	text := strings.Join(l.slices, ", ") + " " + slice
	if len(l.scalars) > 0 {
		text += ", " + strings.Join(l.scalars, ", ") + " float32"
	}
	return text
}

// writeLoops writes the functions that choose among the instruction sets.
func writeLoops(path string) error {
	var b bytes.Buffer
	fmt.Fprint(&b, header)
	for _, l := range loops {
		dst, others := l.slices[0], l.slices[1:]
		lengths := strings.Join(others, "[:n], ") + "[:n]"
		pointers := "&" + strings.Join(l.slices, "[0], &") + "[0]"
		call := strings.Join(slices.Concat([]string{"n", pointers}, l.scalars), ", ")
		fmt.Fprintf(&b, "func %s(%s) {\nn := len(%s)\n%s = %s\nswitch {\ncase n == 0:\n",
			l.name, l.parameters("[]float32"), dst, strings.Join(others, ", "), lengths)
		fmt.Fprintf(&b, "case instructions == avx512:\n%sZ(%s)\ncase instructions == avx2:\n%sY(%s)\n",
			l.name, call, l.name, call)
		fmt.Fprintf(&b, "default:\n%sPortable(%s)\n}\n}\n\n", l.name,
			strings.Join(slices.Concat(l.slices, l.scalars), ", "))
	}
	return writeGo(path, b.Bytes())
}

// places are the current vectors of several slices.
type places struct {
	isa
	at      map[string]reg.GPVirtual
	last    *mask // of an incomplete vector
	scratch []reg.VecVirtual
}

func (f *places) load(name string, v reg.VecVirtual) {
	from := Mem{Base: f.at[name]}
	if f.last != nil {
		f.last.load(from, v)
		return
	}
	VMOVUPS(from, v)
}

func (f *places) store(v reg.VecVirtual, name string) {
	to := Mem{Base: f.at[name]}
	if f.last != nil {
		f.last.store(v, f.scratch[3], to)
		return
	}
	VMOVUPS(v, to)
}

// flats are the elementwise kernels. Products and sums are rounded one by one, as in Go, so that results equal those of
// the portable loops.
func flats(s isa) {
	flat(s, "add", []string{"dst", "x", "y"}, nil, func(f *places, _ []reg.VecVirtual) {
		x, y := f.scratch[0], f.scratch[1]
		f.load("x", x)
		f.load("y", y)
		VADDPS(y, x, x)
		f.store(x, "dst")
	})
	flat(s, "scale", []string{"dst", "x"}, []string{"s"}, func(f *places, scalar []reg.VecVirtual) {
		x := f.scratch[0]
		f.load("x", x)
		VMULPS(scalar[0], x, x)
		f.store(x, "dst")
	})
	flat(s, "axpy", []string{"dst", "x"}, []string{"s"}, func(f *places, scalar []reg.VecVirtual) {
		x, d := f.scratch[0], f.scratch[1]
		f.load("x", x)
		f.load("dst", d)
		VMULPS(scalar[0], x, x)
		VADDPS(x, d, d)
		f.store(d, "dst")
	})
	flat(s, "relu", []string{"dst", "x"}, nil, func(f *places, _ []reg.VecVirtual) {
		x, zero := f.scratch[0], f.scratch[1]
		f.zero(zero)
		f.load("x", x)
		f.where(notBelowOrEqual, x, zero, x)
		f.store(x, "dst")
	})
	flat(s, "reluBackward", []string{"dx", "y", "dy"}, nil, func(f *places, _ []reg.VecVirtual) {
		y, dy, zero := f.scratch[0], f.scratch[1], f.scratch[2]
		f.zero(zero)
		f.load("y", y)
		f.load("dy", dy)
		f.where(notEqual, y, zero, dy)
		f.store(dy, "dx")
	})
	flat(s, "nesterov", []string{"w", "v", "d"}, []string{"lr", "momentum", "decay"},
		func(f *places, scalar []reg.VecVirtual) {
			w, v, d, t := f.scratch[0], f.scratch[1], f.scratch[2], f.vector()
			lr, momentum, decay := scalar[0], scalar[1], scalar[2]
			f.load("w", w)
			f.load("v", v)
			f.load("d", d)
			VMULPS(w, decay, t)
			VADDPS(t, d, d)
			VMULPS(v, momentum, v)
			VADDPS(d, v, v)
			f.store(v, "v")
			VMULPS(v, momentum, t)
			VADDPS(t, d, d)
			VMULPS(d, lr, d)
			VSUBPS(d, w, w)
			f.store(w, "w")
		})
}

// where sets v to 0 where the comparison of x with y does not hold; v may be x.
func (f *places) where(comparison uint64, x, y, v reg.VecVirtual) {
	if f.wide() {
		k := K()
		VCMPPS(Imm(comparison), y, x, k)
		VMOVUPS_Z(v, k, v)
		return
	}
	t := f.scratch[3]
	VCMPPS(Imm(comparison), y, x, t)
	VANDPS(t, v, v)
}
