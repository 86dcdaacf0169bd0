package room

import (
	"context"
	"time"

	"github.com/nse-dev/nse/internal/bench"
	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/supernet/graph"
	"github.com/nse-dev/nse/supernet/kernel"
)

// Time measures how near the forward and backward passes of every place come to the most that one core can do, on a
// batch of 8 images. Three passes of each are timed by the clock now, and the fastest counts. Passes back cost twice
// the multiply-accumulates of those forward: one for the gradient of the input and one for that of the weights.
func (x *Report) Time(ctx context.Context, now func() time.Time) error {
	x.Peak = bench.MeasureRoofline(1, now).GFLOPS
	for i := range x.Ops {
		for j := range x.Ops[i].Places {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			p := &x.Ops[i].Places[j]
			seconds, err := seconds(x.Ops[i].Name, p.graph, now)
			if err != nil {
				return err
			}
			p.OfPeak = 2 * 3 * float64(p.MACs) * images / seconds / 1e9 / x.Peak
		}
	}
	return nil
}

// images is the number of them in a batch that is timed.
const images = 8

// seconds is the least time of a forward and a backward pass, of three after one to warm up.
func seconds(name string, g *sdk.Graph, now func() time.Time) (least float64, err error) {
	b, err := graph.Compile(name, g)
	if err != nil {
		return 0, err
	}
	s := &graph.Session{Pool: kernel.NewPool(1), Arena: new(graph.Arena), Batch: images, Mode: graph.Train}
	defer s.Pool.Close()
	x, y := make([]float32, images*g.In.Size()), make([]float32, images*b.OutShape().Size())
	dx := make([]float32, len(x))
	for i := range x {
		x[i] = float32(i%7) - 3
	}
	const passes = 3
	for i := range passes + 1 {
		mark, began := s.Arena.Mark(), now()
		b.Forward(s, y, x)
		b.Backward(s, dx, y)
		took := max(now().Sub(began).Seconds(), 1e-9)
		s.Arena.Release(mark)
		if s.Err != nil {
			return 0, s.Err
		}
		if i == 1 || i > 1 && took < least {
			least = took
		}
	}
	return least, nil
}
