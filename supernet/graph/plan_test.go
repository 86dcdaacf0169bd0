package graph

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/nse-dev/nse/sdk"
)

// TestArrange checks that buffers alive at the same time never share memory, and that packing is worth it.
func TestArrange(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var buffers []*buffer
		for range rapid.IntRange(0, 30).Draw(t, "buffers") {
			from := rapid.IntRange(0, 40).Draw(t, "from")
			b := &buffer{size: rapid.IntRange(1, 100).Draw(t, "size"), from: from,
				to: from + rapid.IntRange(0, 10).Draw(t, "life"), place: atTemp}
			if rapid.Bool().Draw(t, "kept") {
				b.place = atKept
			}
			buffers = append(buffers, b)
		}
		kept, temp := arrange(buffers)
		sum := map[place]int{}
		for i, b := range buffers {
			sum[b.place] += aligned(b.size)
			if b.offset%alignment != 0 || b.end() > map[place]int{atKept: kept, atTemp: temp}[b.place] {
				t.Fatalf("%+v is not aligned inside %d and %d", *b, kept, temp)
			}
			for _, c := range buffers[:i] {
				alive := b.place == atKept || b.from <= c.to && c.from <= b.to
				if b.place == c.place && alive && b.offset < c.end() && c.offset < b.end() {
					t.Fatalf("%+v and %+v share memory", *b, *c)
				}
			}
		}
		if kept != sum[atKept] || temp > sum[atTemp] {
			t.Fatalf("kept %d of %d, temporary %d of %d", kept, sum[atKept], temp, sum[atTemp])
		}
	})
}

// TestFrames pins what the shipped block costs: nothing is kept that the backward pass does not read, and
// elementwise operations work where their input dies.
func TestFrames(t *testing.T) {
	in := sdk.Shape{Height: 8, Width: 8, Channels: 16}
	small, wide := in.Size(), 6*in.Size()
	for _, c := range []struct {
		name                           string
		f                              func(x sdk.Tensor) sdk.Tensor
		forward, kept, temp, gradients int
	}{
		{"relu", func(x sdk.Tensor) sdk.Tensor { return mbconv(x, 16, 3, 6, 1, 1, sdk.ReLU) },
			wide, 2*wide + small, 0, 2 * wide},
		{"swish", func(x sdk.Tensor) sdk.Tensor { return mbconv(x, 16, 3, 6, 1, 1, sdk.Swish) },
			2 * wide, 6*wide + small, 0, 2 * wide},
		{"chain", func(x sdk.Tensor) sdk.Tensor { return x.Activate(sdk.ReLU).Activate(sdk.ReLU).Activate(sdk.ReLU) },
			small, 3 * small, 0, small},
		{"residual", func(x sdk.Tensor) sdk.Tensor { return x.Depthwise(3, 1, 1).Add(x, x.Depthwise(3, 1, 1)) },
			2 * small, 0, 2 * small, 2 * small},
	} {
		b := compile(t, c.name, build(t, in, c.f))
		for _, p := range []struct {
			what      string
			got, want int
		}{
			{"temporary memory of Eval", b.eval.temp, c.forward},
			{"kept memory of Train", b.train.kept, c.kept},
			{"temporary memory of Train", b.train.temp, c.temp},
			{"temporary memory of Backward", b.gradients.temp, c.gradients},
		} {
			if p.got != p.want {
				t.Errorf("%s: %s is %d floats an image, want %d", c.name, p.what, p.got, p.want)
			}
		}
	}
}
