package export

import "github.com/nse-dev/nse/sdk"

// mapping is what stands for a primitive in other formats.
type mapping struct {
	onnx  func(o *onnx, n node, x []string) (value string) // adds operators that read the values x
	torch func(n node) (module string)                     // a Python expression
	// classes are Python, two empty lines between them, that the expression of a typed primitive needs beside
	// modules.py.
	classes string
}

// activations is the table of the non-linearities, which SqueezeExcite uses too.
var activations = map[sdk.Activation]mapping{
	sdk.ReLU:        {onnx: operator("Relu"), torch: module("nn.ReLU()")},
	sdk.Swish:       {onnx: onnxSwish, torch: module("nn.SiLU()")},
	sdk.HSwish:      {onnx: operator("HardSwish"), torch: module("nn.Hardswish()")},
	sdk.Sigmoid:     {onnx: operator("Sigmoid"), torch: module("nn.Sigmoid()")},
	sdk.GELU:        {onnx: onnxGELU, torch: module("nn.GELU()")},
	sdk.GELUTanh:    {onnx: onnxGELUTanh, torch: module("nn.GELU('tanh')")},
	sdk.ReLU6:       {onnx: onnxReLU6, torch: module("nn.ReLU6()")},
	sdk.HardSigmoid: {onnx: onnxHardSigmoid, torch: module("nn.Hardsigmoid()")},
}

// mappings is the table of all other primitives but exec and the typed ones, by kind.
var mappings = map[string]mapping{
	"conv2d":          {onnx: onnxConv, torch: torchConv},
	"linear":          {onnx: onnxLinear, torch: torchLinear},
	"batchnorm":       {onnx: onnxBatchNorm, torch: torchBatchNorm},
	"squeeze_excite":  {onnx: onnxSqueezeExcite, torch: torchSqueezeExcite},
	"max_pool":        {onnx: onnxMaxPool, torch: torchMaxPool},
	"avg_pool":        {onnx: onnxAvgPool, torch: torchAvgPool},
	"global_avg_pool": {onnx: operator("GlobalAveragePool"), torch: module("nn.AdaptiveAvgPool2d(1)")},
	"add":             {onnx: operator("Sum"), torch: module("Add()")},
	"multiply":        {onnx: operator("Mul"), torch: module("Multiply()")},
	"concat":          {onnx: onnxConcat, torch: module("Concat()")},
	"slice":           {onnx: onnxSlice, torch: torchSlice},
	"channel_shuffle": {onnx: onnxShuffle, torch: torchShuffle},
	"dropout":         {onnx: nothing, torch: torchDropout},
	"drop_path":       {onnx: nothing, torch: torchDropPath},
}

// mappingOf looks a primitive up.
func mappingOf(p sdk.Primitive) (m mapping, ok bool) {
	if a, activation := p.(sdk.Activation); activation {
		m, ok = activations[a]
		return m, ok
	}
	if m, ok = mappings[p.Kind()]; !ok {
		m, ok = typed[p.Kind()]
	}
	return m, ok
}

// operator maps to one operator without attributes, which reads what the primitive reads.
func operator(op string) func(*onnx, node, []string) string {
	return func(o *onnx, n node, x []string) string { return o.add(n, "", op, x) }
}

// nothing maps to no operator: in inference, the primitive is the identity.
func nothing(_ *onnx, _ node, x []string) string { return x[0] }

// module maps to the same expression always.
func module(expression string) func(node) string {
	return func(node) string { return expression }
}
