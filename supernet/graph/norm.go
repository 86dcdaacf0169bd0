package graph

import (
	G "gorgonia.org/gorgonia"

	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/supernet/kernel"
)

// batchNorm is one batch normalisation, with or without a ReLU: its parameters, and the statistics between forward and
// backward. A nil batchNorm is none, for all methods but use, move and phase.
type batchNorm struct {
	eps, momentum           float32
	gamma, beta             *Param
	runningMean, runningVar *Param
	train, probe            phase
}

// phase is a normalisation in one kind of pass. A Probe pass between Train and Backward leaves that of Train alone.
type phase struct {
	stats kernel.Statistics // over the batch
	norm  *kernel.Norm
}

// newBatchNorm is the normalisation with parameters p: weight, bias, running mean and running variance.
func newBatchNorm(k sdk.BatchNorm, p []*Param, relu bool) *batchNorm {
	c := p[0].Size()
	newPhase := func() phase { return phase{kernel.NewStatistics(c), kernel.NewNorm(c, relu)} }
	return &batchNorm{eps: k.Eps, momentum: k.Momentum, gamma: p[0], beta: p[1], runningMean: p[2], runningVar: p[3],
		train: newPhase(), probe: newPhase()}
}

// normParams adds the nodes of weight and bias. There are none for a nil n.
func (b *builder) normParams(n *batchNorm) G.Nodes {
	if n == nil {
		return nil
	}
	return G.Nodes{b.param(n.gamma), b.param(n.beta)}
}

// phase is that of the session's mode.
func (n *batchNorm) phase(s *Session) phase {
	if s.Mode == Train {
		return n.train
	}
	return n.probe
}

// measured are the statistics that a pass is to measure. They are zero in Eval mode, in which none are measured.
func (n *batchNorm) measured(s *Session) kernel.Statistics {
	if n == nil || s.Mode == Eval {
		return kernel.Statistics{}
	}
	return n.phase(s).stats
}

// know takes over the running statistics in Eval mode, where they are known before the values.
func (n *batchNorm) know(s *Session) {
	if n != nil && s.Mode == Eval {
		n.use(s, kernel.Statistics{Mean: n.runningMean.Value, Variance: n.runningVar.Value})
	}
}

// learn takes over the statistics that a Train or Probe pass has measured, and lets the running ones follow. size is
// the number of floats of the value.
func (n *batchNorm) learn(s *Session, size int) {
	if n != nil && s.Mode != Eval {
		stats := n.phase(s).stats
		n.move(s, stats, size/len(stats.Mean))
		n.use(s, stats)
	}
}

// use makes the normalisation of the session's mode that of some statistics.
func (n *batchNorm) use(s *Session, stats kernel.Statistics) {
	n.phase(s).norm.Use(stats, n.gamma.Value, n.beta.Value, n.eps)
}

// settled is the normalisation that a convolution applies to its own result. There is one in Eval mode alone, in which
// statistics are known beforehand.
func (n *batchNorm) settled(s *Session) *kernel.Norm {
	if s.Mode != Eval {
		return nil
	}
	n.know(s)
	return n.current(s)
}

// left is the normalisation that a convolution leaves to the reader of its result. There is none in Eval mode.
func (n *batchNorm) left(s *Session) *kernel.Norm {
	if s.Mode == Eval {
		return nil
	}
	return n.current(s)
}

// current is the normalisation of the session's mode, or nil.
func (n *batchNorm) current(s *Session) *kernel.Norm {
	if n == nil {
		return nil
	}
	return n.phase(s).norm
}

// trained is the normalisation of the last Train pass, or nil.
func (n *batchNorm) trained() *kernel.Norm {
	if n == nil {
		return nil
	}
	return n.train.norm
}

// move lets the running statistics follow those of a batch with rows values in each channel, as PyTorch does:
//
//	running = (1 − m)·running + m·batch
//
// The momentum m is the session's if that is above 0, and otherwise the layer's. The variance of the batch is the
// unbiased one. A single value has none, and counts as 0. m = 1 forgets the past entirely, even one that is not finite.
func (n *batchNorm) move(s *Session, batch kernel.Statistics, rows int) {
	m := n.momentum
	if s.Momentum > 0 {
		m = s.Momentum
	}
	unbiased := float32(rows) / float32(max(1, rows-1))
	follow(n.runningMean.Value, batch.Mean, m, 1)
	follow(n.runningVar.Value, batch.Variance, m, unbiased)
}

func follow(running, batch []float32, m, scale float32) {
	for i, v := range batch {
		if m == 1 {
			running[i] = scale * v
			continue
		}
		running[i] = (1-m)*running[i] + m*(scale*v)
	}
}

// normalise applies what is left to do of x. Its gradient is dy as it is, with only the sums that the convolution
// before needs to take dy back.
func (b *builder) normalise(x value) *G.Node {
	n := x.norm()
	return b.apply(op{
		name:  "normalise",
		out:   x.Shape(),
		home:  over(0),
		fused: fused{absent: true},
		run: func(s *Session, dst []float32, in [][]float32) {
			if s.Mode == Eval {
				copy(dst, in[0])
				return
			}
			n.current(s).Forward(s.Pool, dst, in[0])
		},
		grad: func(in G.Nodes, _, dy *G.Node) G.Nodes {
			h, w, c := hwc(x.Node)
			slopes := b.apply(op{
				name: "slopes",
				out:  x.Shape(),
				home: home{part: &view{input: 1, size: h * w * c, runs: true}},
				run: func(s *Session, dst []float32, in [][]float32) {
					n.train.norm.Slopes(s.Pool, n.gamma.Grad, n.beta.Grad, in[0], in[1])
					copy(dst, in[1])
				},
			}, in[0], dy)
			return G.Nodes{slopes, b.side(slopes, n.gamma, in[1]), b.side(slopes, n.beta, in[2])}
		},
	}, append(G.Nodes{x.Node}, b.normParams(n)...)...)
}

// batchNorm normalises the channels of a value in an operation of its own.
func (b *builder) batchNorm(x *G.Node, k sdk.BatchNorm, p []*Param) *G.Node {
	n := newBatchNorm(k, p, false)
	return b.apply(op{
		name: "batchnorm",
		out:  x.Shape(),
		home: over(0),
		run: func(s *Session, dst []float32, in [][]float32) {
			if stats := n.measured(s); stats.Mean != nil {
				stats.Measure(s.Pool, in[0])
			}
			n.know(s)
			n.learn(s, len(dst))
			n.current(s).Forward(s.Pool, dst, in[0])
		},
		grad: func(in G.Nodes, _, dy *G.Node) G.Nodes {
			dx := b.apply(op{
				name: "batchnorm gradient",
				out:  in[0].Shape(),
				home: over(1),
				run: func(s *Session, dst []float32, in [][]float32) {
					n.train.norm.Slopes(s.Pool, n.gamma.Grad, n.beta.Grad, in[0], in[1])
					if dst != nil {
						n.train.norm.Backward(s.Pool, dst, in[0], in[1])
					}
				},
			}, in[0], dy)
			return G.Nodes{dx, b.side(dx, n.gamma, in[1]), b.side(dx, n.beta, in[2])}
		},
	}, append(G.Nodes{x}, b.normParams(n)...)...)
}
