package graph

import (
	"testing"
	"time"

	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/supernet/kernel"
)

// Of an mbconv of 4 channels, expanded to 8, on 6×6 pixels and a batch of 2, every call takes a tick.
func TestProfileOfABlock(t *testing.T) {
	at := time.Unix(0, 0)
	b := compile(t, "mbconv", build(t, image(4), func(x sdk.Tensor) sdk.Tensor {
		return mbconv(x, 4, 3, 2, 1, 1, sdk.ReLU)
	}))
	s := &Session{Pool: kernel.NewPool(1), Arena: new(Arena), Batch: 2, Mode: Train}
	defer s.Pool.Close()
	s.Profile = NewProfile(func() time.Time {
		at = at.Add(time.Second)
		return at
	})
	size := b.in.Size()
	x, y, dx := noise(2*size, 1), make([]float32, 2*size), make([]float32, 2*size)
	b.Forward(s, y, x)
	b.Backward(s, nil, y)
	b.Forward(s, y, x)
	b.Backward(s, dx, y)
	pixels := b.in.Height * b.in.Width
	const batch, mac, float = 2, 2, 4
	wide, thin := batch*pixels*8, batch*pixels*4
	for kind, want := range map[string]Cost{
		"conv 1×1":                {4 * time.Second, 4, 2 * mac * wide * (4 + 4), 0},
		"conv depthwise":          {2 * time.Second, 2, 2 * mac * wide * 9, 2 * float * (2*wide + 8*9 + 2*8)},
		"conv 1×1 gradient":       {4 * time.Second, 4, mac * wide * (4 + 2*4 + 2*4 + 2*4), 0},
		"conv depthwise gradient": {2 * time.Second, 2, 4 * mac * wide * 9, 2 * float * (4*wide + 8*9)},
		"normalise":               {2 * time.Second, 2, 0, 2 * float * (2*thin + 2*4)},
		"slopes":                  {2 * time.Second, 2, 0, 2 * float * 2 * thin},
	} {
		got := s.Profile.Kinds[kind]
		if want.Bytes == 0 {
			got.Bytes = 0
		}
		if got != want {
			t.Errorf("%s: %+v, want %+v", kind, got, want)
		}
	}
	if len(s.Profile.Kinds) != 6 {
		t.Errorf("kinds %v, want 6", s.Profile.Kinds)
	}
}
