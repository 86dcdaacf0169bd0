package graph

import (
	G "gorgonia.org/gorgonia"

	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/supernet/kernel"
)

// batchNorm is one batch normalisation: its parameters, and the statistics between forward and backward.
type batchNorm struct {
	eps, momentum           float32
	gamma, beta             *Param
	runningMean, runningVar *Param
	train, probe            statistics
}

// statistics are the mean and the biased variance of every channel over a batch.
type statistics struct{ mean, variance []float32 }

func newStatistics(c int) statistics { return statistics{make([]float32, c), make([]float32, c)} }

// batchNorm normalises channels. Its parameters are weight, bias, running mean and running variance.
func (b *builder) batchNorm(x *G.Node, k sdk.BatchNorm, p []*Param) *G.Node {
	c := p[0].Size()
	n := &batchNorm{eps: k.Eps, momentum: k.Momentum, gamma: p[0], beta: p[1], runningMean: p[2], runningVar: p[3],
		train: newStatistics(c), probe: newStatistics(c)}
	return b.apply(op{
		name:    "batchnorm",
		out:     x.Shape(),
		inPlace: []int{0},
		run:     n.forward,
		grad:    func(in G.Nodes, _, dy *G.Node) G.Nodes { return b.batchNormGradient(n, in, dy) },
	}, x, b.param(n.gamma), b.param(n.beta))
}

// forward reads x, gamma and beta.
func (n *batchNorm) forward(s *Session, dst []float32, in [][]float32) {
	use := statistics{n.runningMean.Value, n.runningVar.Value}
	if s.Mode != Eval {
		use = n.train
		if s.Mode == Probe {
			use = n.probe
		}
		kernel.BatchNormStats(s.Pool, use.mean, use.variance, in[0], len(use.mean))
		n.move(s, use, len(in[0])/len(use.mean))
	}
	kernel.BatchNormForward(s.Pool, dst, in[0], use.mean, use.variance, in[1], in[2], n.eps)
}

// move lets the running statistics follow those of a batch with the given number of values in each channel:
// running = (1 − m)·running + m·batch, where the variance is the unbiased one (a single value has none, and counts as 0).
// m = 1 forgets the past entirely, even one that is not finite.
func (n *batchNorm) move(s *Session, batch statistics, rows int) {
	m := n.momentum
	if s.Momentum > 0 {
		m = s.Momentum
	}
	unbiased := float32(rows) / float32(max(1, rows-1))
	follow(n.runningMean.Value, batch.mean, m, 1)
	follow(n.runningVar.Value, batch.variance, m, unbiased)
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

// batchNormGradient computes three gradients in one operation. Those of gamma and beta go straight to the parameters;
// their nodes come after it, and copy them for stock machines.
func (b *builder) batchNormGradient(n *batchNorm, in G.Nodes, dy *G.Node) G.Nodes {
	dx := b.apply(op{
		name:    "batchnorm-gradient",
		out:     in[0].Shape(),
		inPlace: []int{1},
		run: func(s *Session, dst []float32, in [][]float32) {
			kernel.BatchNormBackward(s.Pool, dst, n.gamma.Grad, n.beta.Grad, in[0], in[1],
				n.train.mean, n.train.variance, in[2], n.eps, true)
		},
	}, in[0], dy, in[1])
	pick := func(name string, p *Param, node *G.Node) *G.Node {
		return b.apply(op{
			name: name,
			out:  node.Shape(),
			run:  func(_ *Session, dst []float32, _ [][]float32) { copy(dst, p.Grad) },
		}, dx)
	}
	return G.Nodes{dx, pick("batchnorm-weight", n.gamma, in[1]), pick("batchnorm-bias", n.beta, in[2])}
}
