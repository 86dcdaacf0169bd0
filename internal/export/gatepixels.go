package export

var gatePixels = mapping{onnx: operator("Mul"), torch: module("Multiply()")}
