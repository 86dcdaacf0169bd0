package export

import "github.com/nse-dev/nse/sdk"

// mapping is what stands for a primitive in other formats.
type mapping struct {
	onnx  func(o *onnx, n node, x []string) (value string) // adds operators that read the values x
	torch func(n node) (module string)                     // a Python expression
}

// activations is the table of the non-linearities, which SqueezeExcite uses too.
var activations = map[sdk.Activation]mapping{
	sdk.ReLU:    {operator("Relu"), module("nn.ReLU()")},
	sdk.Swish:   {onnxSwish, module("nn.SiLU()")},
	sdk.HSwish:  {operator("HardSwish"), module("nn.Hardswish()")},
	sdk.Sigmoid: {operator("Sigmoid"), module("nn.Sigmoid()")},
}

// mappings is the table of all other primitives but exec, by kind.
var mappings = map[string]mapping{
	"conv2d":          {onnxConv, torchConv},
	"linear":          {onnxLinear, torchLinear},
	"batchnorm":       {onnxBatchNorm, torchBatchNorm},
	"squeeze_excite":  {onnxSqueezeExcite, torchSqueezeExcite},
	"max_pool":        {onnxMaxPool, torchMaxPool},
	"avg_pool":        {onnxAvgPool, torchAvgPool},
	"global_avg_pool": {operator("GlobalAveragePool"), module("nn.AdaptiveAvgPool2d(1)")},
	"add":             {operator("Sum"), module("Add()")},
	"multiply":        {operator("Mul"), module("Multiply()")},
	"concat":          {onnxConcat, module("Concat()")},
	"slice":           {onnxSlice, torchSlice},
	"channel_shuffle": {onnxShuffle, torchShuffle},
	"dropout":         {nothing, torchDropout},
	"drop_path":       {nothing, torchDropPath},
}

// mappingOf looks a primitive up.
func mappingOf(p sdk.Primitive) (m mapping, ok bool) {
	if a, activation := p.(sdk.Activation); activation {
		m, ok = activations[a]
		return m, ok
	}
	m, ok = mappings[p.Kind()]
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
