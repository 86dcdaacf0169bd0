package kernel_test

import (
	"fmt"

	"github.com/nse-dev/nse/supernet/kernel"
)

// A 1×3 convolution sums neighbours; what lies outside the image is skipped.
func ExampleConvolution_Forward() {
	pool := kernel.NewPool(2)
	defer pool.Close()
	c := kernel.Conv{H: 1, W: 5, C: 1, Out: 1, Kernel: [2]int{1, 3}, Stride: [2]int{1, 1}, Pad: [2]int{0, 1},
		Dilation: [2]int{1, 1}, Groups: 1}
	x, w := []float32{1, 2, 3, 4, 5}, []float32{1, 1, 1}
	h, width := c.OutSize()
	y := make([]float32, h*width*c.Out)
	kernel.NewConvolution(c).Forward(pool, y, x, w, 1, nil, nil, kernel.Statistics{})
	fmt.Println(y)
	// Output: [3 6 9 12 9]
}

func ExampleSoftmaxCrossEntropy() {
	logits := []float32{0, 0, 100, 0} // two rows of two classes
	gradient := make([]float32, 4)
	loss, correct := kernel.SoftmaxCrossEntropy(gradient, logits, []int32{1, 0}, 2)
	fmt.Printf("loss %.4f, %d of 2 correct, gradient %.2f\n", loss, correct, gradient)
	// Output: loss 0.3466, 1 of 2 correct, gradient [0.25 -0.25 0.00 0.00]
}
