package export

import "math"

// onnxGELU is x/2·(1 + erf(x/√2)): opset 17 has no operator of its own.
func onnxGELU(o *onnx, n node, x []string) string {
	root := number(o, n, "root", math.Sqrt2)
	return halved(o, n, x[0], o.add(n, "erf", "Erf", []string{o.add(n, "scaled", "Div", []string{x[0], root})}))
}

// onnxGELUTanh is x/2·(1 + tanh(x·(√(2/π) + √(2/π)·0.044715·x²))).
func onnxGELUTanh(o *onnx, n node, x []string) string {
	root := math.Sqrt(2 / math.Pi)
	square := o.add(n, "square", "Mul", []string{x[0], x[0]})
	cubic := o.add(n, "cubic", "Mul", []string{square, number(o, n, "cube", 0.044715*root)})
	slope := o.add(n, "slope", "Add", []string{cubic, number(o, n, "root", root)})
	return halved(o, n, x[0], o.add(n, "tanh", "Tanh", []string{o.add(n, "scaled", "Mul", []string{x[0], slope})}))
}

// halved is x·(y + 1)/2.
func halved(o *onnx, n node, x, y string) string {
	gate := o.add(n, "gate", "Add", []string{y, number(o, n, "one", 1)})
	product := o.add(n, "product", "Mul", []string{x, gate})
	return o.add(n, "", "Mul", []string{product, number(o, n, "half", 0.5)})
}

func onnxReLU6(o *onnx, n node, x []string) string {
	return o.add(n, "", "Clip", []string{x[0], number(o, n, "least", 0), number(o, n, "most", 6)})
}

func onnxHardSigmoid(o *onnx, n node, x []string) string {
	return o.add(n, "", "HardSigmoid", x, attribute{"alpha", float32(1. / 6)}, attribute{"beta", float32(0.5)})
}

// number adds a constant without dimensions.
func number(o *onnx, n node, name string, v float64) string {
	return constant(o, n.tensor(name), []int{}, []float32{float32(v)})
}
