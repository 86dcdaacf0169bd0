package kernel

// Transposed computes y [n, H, W, C] from x [n, OH, OW, Out], as the gradient of the input of Forward from that of its
// output. They must not overlap.
func (k *Convolution) Transposed(p *Pool, y, x, w []float32, n int) {
	k.Backward(p, Gradients{DX: y}, y, w, nil, x, n, nil, nil) // reads no input without DW
}

// TransposedBackward computes the gradients of Transposed: dx [n, OH, OW, Out], and dw like w, from x and dy [n, H, W,
// C]. A nil dx or dw is not computed.
func (k *Convolution) TransposedBackward(p *Pool, dx, dw, x, w, dy []float32, n int) {
	if dx != nil {
		k.Forward(p, dx, dy, w, n, nil, nil, Statistics{})
	}
	if dw != nil {
		k.Backward(p, Gradients{DW: dw}, dy, w, nil, x, n, nil, nil)
	}
}
