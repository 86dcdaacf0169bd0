package supernet

import (
	"math"
	"slices"
	"strconv"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/evolve/fitness"
	"github.com/nse-dev/nse/internal/safetensors"
	"github.com/nse-dev/nse/supernet/data"
	"github.com/nse-dev/nse/supernet/graph"
)

// goldenSupernet checks SGD steps on sampled paths, then the last path's evaluation and one fitness step on a further
// batch.
func goldenSupernet(g golden) {
	n := g.net()
	defer n.Close()
	var sgd struct {
		LR          float64 `json:"lr"`
		Momentum    float64 `json:"momentum"`
		WeightDecay float64 `json:"weight_decay"`
	}
	g.decode("optimizer", &sgd)
	c := TrainConfig{Momentum: sgd.Momentum, WeightDecay: sgd.WeightDecay}
	var paths []evolve.Arch
	g.decode("paths", &paths)
	for i, a := range paths {
		b, step := g.batch(i), "step"+strconv.Itoa(i)
		g.near(step+".logits", g.logits(n, a, b), g.tensor(step+".logits"))
		loss, _, err := n.Gradients(a, b, 0, 0)
		if err != nil {
			g.Fatal(err)
		}
		g.near(step+".loss", []float32{float32(loss)}, g.tensor(step+".loss"))
		if i == 0 {
			g.gradients(n, a)
		}
		n.Update(a, sgd.LR, c)
	}
	g.params(n, "after.")
	held := g.batch(len(paths))
	g.evaluate(n, paths[len(paths)-1], held)
	g.fitness(n, held)
}

// net builds the case's supernet with its weights.
func (g golden) net() *Net {
	var ops []map[string]any
	g.decode("ops", &ops)
	n, err := NewNet(g.skeleton(), builder(g.pool(ops)), 1, 2)
	if err != nil {
		g.Fatal(err)
	}
	all := make(evolve.Path, len(ops))
	for i := range all {
		all[i] = evolve.OpID(i)
	}
	if err := n.populate(slices.Repeat([]evolve.Path{all}, len(n.layers))); err != nil {
		g.Fatal(err)
	}
	for name, p := range n.params() {
		p.SetTorch(p.Value, g.tensor("param."+name))
	}
	return n
}

// skeleton is the case's macro-architecture: the stem has stride 2 and the activation is ReLU unless the metadata say
// otherwise.
func (g golden) skeleton() Skeleton {
	var rows []struct {
		Cin, Cout, Stride int
		Normal            bool
	}
	g.decode("rows", &rows)
	m := Macro{StemStride: 2, Channels: []int{g.integer("stem")}, Head: g.integer("head"), Activation: g.activation(),
		SqueezeExcite: g.file.Metadata["squeeze_excite"] == "true"}
	if g.file.Metadata["stem_stride"] != "" {
		m.StemStride = g.integer("stem_stride")
	}
	for _, r := range rows {
		letter := "N"
		if !r.Normal {
			letter = map[int]string{1: "E", 2: "R"}[r.Stride]
			m.Channels = append(m.Channels, r.Cout)
		}
		m.Layers += letter
	}
	t, _ := g.file.Tensor("x.0")
	s, err := m.Skeleton(Input{Height: t.Shape[2], Width: t.Shape[3], Channels: t.Shape[1],
		Classes: g.integer("classes")})
	if err != nil {
		g.Fatal(err)
	}
	return s
}

func (g golden) batch(i int) data.Batch {
	t, _ := g.file.Tensor("labels." + strconv.Itoa(i))
	labels, err := safetensors.Values[int64](t)
	if err != nil {
		g.Fatal(err)
	}
	b := data.Batch{X: g.image("x." + strconv.Itoa(i))}
	for _, l := range labels {
		b.Labels = append(b.Labels, int32(l))
	}
	return b
}

// logits is a forward pass with batch statistics that leaves the running ones alone.
func (g golden) logits(n *Net, a evolve.Arch, b data.Batch) []float32 {
	defer n.statistics()()
	n.session.Mode, n.session.Batch = graph.Probe, len(b.Labels)
	defer n.release()
	return slices.Clone(n.forward(a, b.X))
}

func (g *golden) gradients(n *Net, a evolve.Arch) {
	used := n.blocks(a)
	g.floor = 1e-3 * greatest(n, used)
	defer func() { g.floor = 0 }()
	for prefix, b := range n.named() {
		for _, p := range b.Params {
			if slices.Contains(used, b) && p.Init.Trained() {
				g.near("step0.grad."+prefix+p.Name, p.Torch(p.Grad), g.tensor("step0.grad."+prefix+p.Name))
			}
		}
	}
}

func (g golden) params(n *Net, prefix string) {
	for name, p := range n.params() {
		g.near(prefix+name, p.Torch(p.Value), g.tensor(prefix+name))
	}
}

func (g golden) evaluate(n *Net, a evolve.Arch, b data.Batch) {
	n.session.Mode, n.session.Batch = graph.Eval, len(b.Labels)
	defer n.release()
	g.near("eval.logits", n.forward(a, b.X), g.tensor("eval.logits"))
}

// greatest is the greatest magnitude among the gradients. Some gradients are zero in exact arithmetic (of a shift
// before another normalisation), so that only rounding is left of them: they are compared at this scale.
func greatest(n *Net, used []*graph.Block) (most float64) {
	for _, b := range used {
		for _, p := range b.Params {
			for _, v := range p.Grad {
				most = max(most, math.Abs(float64(v)))
			}
		}
	}
	return most
}

// fitness checks both terms of the fitness gradient and the update of θ.
func (g golden) fitness(n *Net, held data.Batch) {
	var f struct {
		Selected, Other evolve.Arch
		Alpha, Tau      float64
		Beta            int
		Adam            fitness.Adam
	}
	g.decode("fitness", &f)
	p, theta := g.problem(n)
	measured := n.fitness(f.Selected, f.Other, held, 0)
	g.near("fitness.ce", []float32{float32(measured.Loss)}, g.tensor("fitness.ce"))
	loss := fitness.Loss{Problem: p, Resource: fitness.Resource{Alpha: f.Alpha, Beta: f.Beta, Tau: f.Tau}}
	gradient := loss.Gradient(theta, f.Selected, f.Other, measured.A, measured.B)
	g.near("fitness.cost", []float32{float32(gradient.Cost)}, g.tensor("fitness.cost"))
	g.near("fitness.resource_loss", []float32{float32(gradient.ResourceTerm)}, g.tensor("fitness.resource_loss"))
	g.near("fitness.grad_ce", flat(gradient.CrossEntropy), g.tensor("fitness.grad_ce"))
	g.near("fitness.grad_resource", flat(gradient.Resource), g.tensor("fitness.grad_resource"))
	g.theta(f.Adam, theta, gradient.Sum())
}

// problem has the case's costs and θ.
func (g golden) problem(n *Net) (evolve.Problem, fitness.Fitness) {
	var p evolve.Problem
	subset := n.subset()
	f := fitness.New(subset)
	theta, cost := g.tensor("theta"), g.tensor("cost")
	for l, ops := range subset {
		p.Normal = append(p.Normal, n.layers[l].Normal())
		for i, op := range ops {
			f[l].Theta[i] = float64(theta[l*len(ops)+i])
			if l == 0 {
				p.Pool = append(p.Pool, evolve.Candidate{Name: strconv.Itoa(int(op))})
			}
			p.Pool[op].Cost = append(p.Pool[op].Cost, float64(cost[l*len(ops)+i]))
		}
	}
	return p, f
}

// theta checks θ after Adam. Adam divides a gradient by its own magnitude, so that where the gradient is rounding noise
// the update is too: those entries are left out.
func (g golden) theta(adam fitness.Adam, f fitness.Fitness, gradient [][]float64) {
	updated := adam.Step(f, gradient)
	want, noise := g.tensor("fitness.theta_after_adam"), 1e-6
	var got []float32
	for l, layer := range updated {
		for i, v := range layer.Theta {
			if math.Abs(gradient[l][i]) < noise {
				v = float64(want[len(got)])
			}
			got = append(got, float32(v))
		}
	}
	g.near("fitness.theta_after_adam", got, want)
}

func flat(rows [][]float64) (v []float32) {
	for _, row := range rows {
		for _, x := range row {
			v = append(v, float32(x))
		}
	}
	return v
}
