package kernel

import (
	"slices"
	"testing"
)

// Two images of 1×2 pixels by hand, and back.
func TestPixelShuffleByHand(t *testing.T) {
	small := []float32{
		0, 1, 2, 3, 10, 11, 12, 13, 20, 21, 22, 23, 30, 31, 32, 33,
		40, 41, 42, 43, 50, 51, 52, 53, 60, 61, 62, 63, 70, 71, 72, 73,
	}
	want := []float32{
		0, 10, 1, 11, 20, 30, 21, 31, 2, 12, 3, 13, 22, 32, 23, 33,
		40, 50, 41, 51, 60, 70, 61, 71, 42, 52, 43, 53, 62, 72, 63, 73,
	}
	p := NewPool(1)
	defer p.Close()
	large, back := make([]float32, 32), make([]float32, 32)
	s := PixelShuffle{W: 2, C: 2, Factor: 2}
	s.Forward(p, large, small)
	s.Backward(p, back, large)
	if !slices.Equal(large, want) || !slices.Equal(back, small) {
		t.Errorf("got %v and back %v, want %v", large, back, want)
	}
}

// More than one shard, and factors and widths that are odd, are the definition.
func TestPixelShuffle(t *testing.T) {
	s, h := PixelShuffle{W: 7, C: 5, Factor: 3}, 150 // of several images
	small := ramp(h*s.W*s.C*9, 7)
	p := NewPool(3)
	defer p.Close()
	large, back := make([]float32, len(small)), make([]float32, len(small))
	s.Forward(p, large, small)
	s.Backward(p, back, large)
	for i, v := range large {
		y, x, c := i/(s.W*3*s.C), i/s.C%(s.W*3), i%s.C
		if want := small[(y/3*s.W+x/3)*s.C*9+c*9+y%3*3+x%3]; v != want {
			t.Fatalf("pixel %d, %d of channel %d is %g, want %g", y, x, c, v, want)
		}
	}
	if !slices.Equal(back, small) {
		t.Error("back is another image")
	}
}
