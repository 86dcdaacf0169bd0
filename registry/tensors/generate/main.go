// Command generate writes the assembly that takes results from a plugin's memory, and its declaration.
//
// It is run by go generate in the folder above, and needs Go alone.
package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
)

// vectors are copied in one step: 128 bytes.
const vectors = 4

func main() {
	ConstraintExpr("amd64,!noasm")
	TEXT("streamAVX2", NOSPLIT, "func(dst, src *float32, steps int) (bad int32)")
	Doc("streamAVX2 copies steps times 32 floats past the caches. dst is a multiple of 32 bytes. bad is 0 if all of " +
		"them are finite.")
	Pragma("noescape")
	dst, src, steps := Load(Param("dst"), GP64()), Load(Param("src"), GP64()), Load(Param("steps"), GP64())

	Comment("The exponent of Inf and NaN is all ones: adding one to it carries into the sign, which was cleared " +
		"before.")
	unsigned, last := YMM(), YMM()
	VPCMPEQD(unsigned, unsigned, unsigned)
	VPSLLD(Imm(31), unsigned, last)
	VPSRLD(Imm(8), last, last)
	VPSRLD(Imm(1), unsigned, unsigned)
	found := YMM()
	VPXOR(found, found, found)

	Label("step")
	for i := range vectors {
		x := YMM()
		VMOVDQU(Mem{Base: src}.Offset(32*i), x)
		VMOVNTDQ(x, Mem{Base: dst}.Offset(32*i))
		VPAND(unsigned, x, x)
		VPADDD(last, x, x)
		VPOR(x, found, found)
	}
	ADDQ(Imm(32*vectors), src)
	ADDQ(Imm(32*vectors), dst)
	DECQ(steps)
	JNZ(LabelRef("step"))
	SFENCE()
	bad := GP32()
	VMOVMSKPS(found, bad)
	Store(bad, ReturnIndex(0))
	VZEROUPPER()
	RET()
	Generate()
}
