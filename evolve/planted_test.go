package evolve

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"testing"

	"github.com/nse-dev/nse/internal/random"
)

// planted is an Engine over a table: every operation has a quality at every layer, and a layer is worth the mean
// quality of its branches, with the identity worth 0. Accuracy rises with the sum over the layers; the cross-entropy
// falls with it. Noise of the given size comes from counters alone. Weights is its only state: Begin resets it, every
// training step changes it, and accuracies depend on it a little, by noise.
type planted struct {
	quality [][]float64 // by layer and operation, 0..1
	normal  []bool
	noise   float64
	seed    uint64
	breaks  map[OpID]int // calls with the operation until it breaks for good
	Weights uint64
}

// use returns the error of the first operation of the architectures that has broken, or counts a call with each.
func (e *planted) use(archs ...Arch) error {
	var used []OpID
	for _, op := range slices.Sorted(maps.Keys(e.breaks)) {
		if !slices.ContainsFunc(archs, func(a Arch) bool { return a.Uses(op) }) {
			continue
		}
		if e.breaks[op] <= 0 {
			return &Broken{Op: op, Err: fmt.Errorf("operation %d is broken", op)}
		}
		used = append(used, op)
	}
	for _, op := range used {
		e.breaks[op]--
	}
	return nil
}

func (e *planted) Begin(round int, subset []Path) error {
	e.Weights = digest(round, subset)
	return nil
}

func (e *planted) Train(s Step, a Arch) (float64, error) {
	if err := e.use(a); err != nil {
		return 0, err
	}
	e.Weights = digest(e.Weights, s, a)
	return 2 - e.worth(a) + e.noise*random.New(e.seed, "loss", s.Round, s.Index, 0).NormFloat64(), nil
}

func (e *planted) Fitness(s Step, a, b Arch) (Gradient, error) {
	if err := e.use(a, b); err != nil {
		return Gradient{}, err
	}
	g := Gradient{Loss: 2 - e.worth(a)}
	for l := range a {
		r := random.New(e.seed, "gradient", s.Round, s.Index, l)
		g.A = append(g.A, -e.layer(l, a[l])+e.noise*r.NormFloat64())
		g.B = append(g.B, -e.layer(l, b[l])+e.noise*r.NormFloat64())
	}
	return g, nil
}

// Score goes through the architectures from the last to the first.
func (e *planted) Score(ctx context.Context, archs []Arch, done func(int, float64) error) error {
	for i, a := range slices.Backward(archs) {
		if err := e.use(a); err != nil {
			return err
		}
		noise := e.noise * random.New(e.seed^e.Weights, string(a.Key()), 0, 0, 0).NormFloat64()
		if err := done(i, min(max(0.1+0.8*e.worth(a)+0.01*noise, 0), 1)); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// worth is the mean over the layers, 0..1.
func (e *planted) worth(a Arch) float64 {
	sum := 0.0
	for l, path := range a {
		sum += e.layer(l, path)
	}
	return sum / float64(len(a))
}

func (e *planted) layer(l int, path Path) float64 {
	branches, sum := float64(len(path)), 0.0
	if e.normal[l] {
		branches++
	}
	for _, op := range path {
		sum += e.quality[l][op]
	}
	return sum / max(branches, 1)
}

func digest(v ...any) uint64 {
	h := fnv.New64a()
	fmt.Fprint(h, v...)
	return h.Sum64()
}

// best is the operation of the highest quality at a layer.
func (e *planted) best(l int) OpID {
	return OpID(slices.Index(e.quality[l], slices.Max(e.quality[l])))
}

// plant makes a search over n operations in 2 reduction and 4 normal layers. Qualities and costs (0.5 to 1.5 each,
// independent of quality) come from the seed.
func plant(seed uint64, n int) (Search, *planted) {
	p := Problem{Normal: []bool{true, false, true, true, false, true}, Fixed: 0.5}
	e := &planted{normal: p.Normal, seed: seed}
	r := random.New(seed, "plant", 0, 0, 0)
	for l := range p.Normal {
		e.quality = append(e.quality, nil)
		for range n {
			e.quality[l] = append(e.quality[l], r.Float64())
		}
	}
	for i := range n {
		c := Candidate{Name: fmt.Sprint("op", i)}
		for range p.Normal {
			c.Cost = append(c.Cost, 0.5+r.Float64())
		}
		p.Pool = append(p.Pool, c)
	}
	c, err := Preset("paper")
	if err != nil {
		panic(err)
	}
	c.K, c.TrainSteps = 4, 80
	c.Constraint = ConstraintConfig{Tau: 8, Width: 0.4, Alpha: 1e-3, Beta: 2}
	c.Front = FrontConfig{Samples: 200, Extras: 20, Attempts: 50}
	return Search{Problem: p, Config: c, Seed: seed, Engine: e}, e
}

// run runs a search to its end and returns its events too.
func run(t testing.TB, s Search) (State, []Event) {
	t.Helper()
	var events []Event
	s.Observe = func(e Event) error {
		events = append(events, e)
		return nil
	}
	st, err := s.Run(context.Background(), State{})
	if err != nil {
		t.Fatal(err)
	}
	return st, events
}

// bodies lists the events of one kind.
func bodies[B Body](events []Event) []B {
	var list []B
	for _, e := range events {
		if b, ok := e.Body.(B); ok {
			list = append(list, b)
		}
	}
	return list
}

func encode(t testing.TB, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
