package auto

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/nse-dev/nse"
	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/internal/architecture"
	"github.com/nse-dev/nse/internal/catalog"
	"github.com/nse-dev/nse/internal/latency"
	"github.com/nse-dev/nse/internal/text"
	"github.com/nse-dev/nse/registry"
	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/supernet"
	"github.com/nse-dev/nse/supernet/data"
	"github.com/nse-dev/nse/supernet/retrain"
)

// units are what the widths of networks are multiples of, as macro has them.
var units = []int{4, 6, 8, 12, 16, 20, 24, 32, 40, 48, 64, 80, 96, 128}

// network is the network to search in for a budget.
type network struct {
	macro    supernet.Macro
	searched int64             // the median cost of its uniform stacks, in MACs
	stack    architecture.Plan // that has this cost
}

// middle finds the widest network whose uniform stacks have a median cost of at most a part of the budget, or else the
// narrowest one. The pool has to stay open while the stack is used.
func middle(
	ctx context.Context, ops []registry.Op, in supernet.Input, macs int64, s nse.Settings,
) (best network, err error) {
	for _, unit := range units {
		m := macro(in, macs, unit)
		x, err := laid(ctx, ops, in, m, s)
		if err != nil {
			return best, err
		}
		searched := int64(1e6 * x.Problem().Middle())
		if best.searched > 0 && searched > macs/scaleDown {
			break
		}
		best = network{m, searched, middleOf(x, ops, m, in)}
	}
	return best, nil
}

// check refuses a pool that costs more than the budget.
func (n network) check(macs int64) error {
	if n.searched <= macs {
		return nil
	}
	in := n.stack.Input
	return fmt.Errorf("the operations of this pool cost %.3g million MACs in the narrowest network for images of "+
		"%d×%d, and the budget is %.3g million: want more, or smaller images (--size)",
		text.Millions(n.searched), in.Height, in.Width, text.Millions(macs))
}

// laid lays the pool out in a network.
func laid(
	ctx context.Context, ops []registry.Op, in supernet.Input, m supernet.Macro, s nse.Settings,
) (*catalog.Catalog, error) {
	skeleton, err := m.Skeleton(in)
	if err != nil {
		return nil, err
	}
	return catalog.LayOut(ctx, ops, skeleton, catalog.PricingOf(s, in))
}

// middleOf is the uniform stack with the median cost.
func middleOf(x *catalog.Catalog, ops []registry.Op, m supernet.Macro, in supernet.Input) architecture.Plan {
	problem := x.Problem()
	ids := make([]evolve.OpID, len(ops))
	for i := range ids {
		ids[i] = evolve.OpID(i)
	}
	cost := func(id evolve.OpID) float64 { return problem.Cost(problem.Stack(evolve.Path{id})) }
	slices.SortStableFunc(ids, func(a, b evolve.OpID) int { return cmp.Compare(cost(a), cost(b)) })
	id := ids[(len(ids)-1)/2]
	p := architecture.Plan{Name: "stack-" + ops[id].Name, Macro: m, Input: in, Skeleton: x.Skeleton}
	for l := range x.Skeleton.Layers {
		p.Ops = append(p.Ops, []registry.Op{ops[id]})
		p.Graphs = append(p.Graphs, []*sdk.Graph{x.Graphs[l][id]})
	}
	return p
}

// pacer measures the pace of trainings, as pace does.
type pacer func(
	ctx context.Context, p architecture.Plan, set *data.Set, c retrain.Config, workers, lanes int, long time.Duration,
) (float64, error)

// pace trains an architecture for a while, as many times beside each other as there are lanes, and returns how many
// multiply-accumulates a second that takes.
func pace(
	ctx context.Context, p architecture.Plan, set *data.Set, c retrain.Config, workers, lanes int, long time.Duration,
) (float64, error) {
	rates, errs := make([]float64, lanes), make([]error, lanes)
	var all sync.WaitGroup
	for i := range lanes {
		all.Go(func() { rates[i], errs[i] = stepRate(ctx, p, set, c, workers/lanes, long) })
	}
	all.Wait()
	rate := 0.
	for _, r := range rates {
		rate += r
	}
	return 3 * float64(p.Count().MACs) * rate * float64(min(c.Batch, set.Train.Len())), errors.Join(errs...)
}

// warmSteps are steps before the clock starts: the first ones find memory.
const warmSteps = 3

// stepRate takes steps for a while, and returns how many a second.
func stepRate(
	ctx context.Context, p architecture.Plan, set *data.Set, c retrain.Config, workers int, long time.Duration,
) (float64, error) {
	c.Epochs, c.EpochSteps = 1000, 1000 // more than are taken
	t, err := retrain.NewTrainer(p.Skeleton, p.Graphs, set, c, 1, workers)
	if err != nil {
		return 0, err
	}
	defer t.Close()
	var began time.Time
	for t.Step < warmSteps+2 || time.Since(began) < long {
		if t.Step == warmSteps {
			began = time.Now()
		}
		if ctx.Err() != nil {
			return 0, ctx.Err()
		}
		if _, _, err := t.Update(); err != nil {
			return 0, err
		}
	}
	return float64(t.Step-warmSteps) / time.Since(began).Seconds(), nil
}

// cores is the number that settings allow.
func cores(s nse.Settings) int { return cmp.Or(s.Workers, runtime.GOMAXPROCS(0)) }

// within scales an architecture to a time for one image, on all cores of this machine. It begins at the scale of so
// many MACs.
func within(ctx context.Context, p architecture.Plan, macs int64, most time.Duration, workers int) (int64, error) {
	return fit(macs, most, func(macs int64) (int64, time.Duration, error) {
		q, err := p.Within(ctx, macs)
		if err != nil {
			return 0, 0, err
		}
		took, err := delay(ctx, q, workers)
		return q.Count().MACs, took, err
	})
}

// fit is the largest of some budgets that was measured to take no more than a time. It begins with a guess. try says
// how many MACs a budget becomes, and what they take. An error says what the fastest took, if none is fast enough.
func fit(
	macs int64, most time.Duration, try func(macs int64) (used int64, took time.Duration, err error),
) (best int64, err error) {
	fastest := time.Duration(math.MaxInt64)
	for range 8 {
		used, took, err := try(macs)
		switch {
		case err != nil && best == 0:
			return 0, err
		case err != nil: // what was found before is left
			return best, nil
		}
		fastest = min(fastest, took)
		part := most.Seconds() / took.Seconds()
		if part >= 1 {
			best = max(best, macs)
		}
		if part >= 1 && part < 1.1 {
			break
		}
		macs = int64(float64(used) * min(max(0.97*part, 0.1), 10))
	}
	if best == 0 {
		return 0, fmt.Errorf("one image takes %v on this machine, more than %v: want a longer --latency, or smaller "+
			"images (--size)", fastest, most)
	}
	return best, nil
}

// delay is the time that an architecture takes for one image: the least of many.
func delay(ctx context.Context, p architecture.Plan, workers int) (time.Duration, error) {
	net, arch, err := build(p, workers)
	if err != nil {
		return 0, err
	}
	defer net.Close()
	run := latency.Network(net, p.Input.Shape(), 1, arch)
	best := time.Duration(math.MaxInt64)
	for began := time.Now(); time.Since(began) < 200*time.Millisecond; {
		if ctx.Err() != nil {
			return 0, ctx.Err()
		}
		at := time.Now()
		if err := run(); err != nil {
			return 0, err
		}
		best = min(best, time.Since(at))
	}
	return best, nil
}

// build makes an architecture's network with random weights.
func build(p architecture.Plan, workers int) (*supernet.Net, evolve.Arch, error) {
	arch := make(evolve.Arch, len(p.Graphs))
	for l, path := range p.Graphs {
		for i := range path {
			arch[l] = append(arch[l], evolve.OpID(i))
		}
	}
	net, err := supernet.NewNet(p.Skeleton, func(op evolve.OpID, l sdk.Layer) (*sdk.Graph, error) {
		return p.Graphs[l.Index][op], nil
	}, 1, workers)
	if err != nil {
		return nil, nil, err
	}
	if err := net.Fill(arch); err != nil {
		net.Close()
		return nil, nil, err
	}
	return net, arch, nil
}

// measure completes the facts by training for a while, and returns the budget: what was asked for, or what meets the
// latency. It is 0 if the time decides.
func (a *auto) measure(
	ctx context.Context, f *Facts, ops []registry.Op, set *data.Set, s nse.Settings,
) (macs int64, err error) {
	macs = a.ask.MACs
	f.recipe(&s, leastEpochs)
	long := 12 * time.Second
	if w := a.ask.Within; w > 0 {
		long = min(long, w/60)
	}
	guess := cmp.Or(macs, 10_000_000)
	small, err := middle(ctx, ops, f.Input, guess, s)
	if err == nil {
		err = small.check(guess)
	}
	if err != nil {
		return 0, err
	}
	large := small.stack
	large.Macro.SqueezeExcite, large.Macro.Activation = variant.SqueezeExcite, sdk.Swish
	if a.ask.Latency > 0 {
		bound, err := within(ctx, large, guess, a.ask.Latency, cores(s))
		if err != nil {
			return 0, err
		}
		if macs == 0 || bound < macs {
			macs = bound
		}
		guess = macs
	}
	if large, err = large.Within(ctx, guess); err != nil {
		return 0, err
	}
	a.say("measuring this machine for %v", (2 * long).Round(10*time.Millisecond))
	n := cores(s)
	if f.Search, err = a.pace(ctx, small.stack, set, s.Retrain, n, n, long); err != nil {
		return 0, err
	}
	f.Train, err = a.pace(ctx, large, set, s.Retrain, n, 1, long)
	return macs, err
}
