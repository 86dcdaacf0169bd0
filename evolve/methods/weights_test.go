package methods_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/evolve/methods"
	"github.com/nse-dev/nse/internal/random"
	"github.com/nse-dev/nse/internal/setting"
)

// learner is an engine whose shared weights count: an operation shows its planted quality the better, the more often it
// was trained. Accuracies and gradients are those of what it shows, gradients with noise.
type learner struct {
	planted
	Trained [][]float64 // weight updates of each operation, by layer: the weights of the engine
	breaks  map[evolve.OpID]int
}

// learn makes a learner of a planted search, with noise of the given standard deviation.
func learn(t testing.TB, seed uint64, noise float64) (evolve.Search, *learner) {
	t.Helper()
	s, e := plant(t, seed)
	engine := &learner{planted: *e.planted}
	engine.noise = noise
	s.Engine, s.Config.SingleBranch = engine, true
	return s, engine
}

// shows is what the engine makes of the qualities.
func (e *learner) shows() *planted {
	shown := planted{normal: e.normal}
	for l := range e.quality {
		shown.quality = append(shown.quality, slices.Clone(e.quality[l]))
		for i, n := range e.Trained[l] {
			shown.quality[l][i] *= n / (n + 4)
		}
	}
	return &shown
}

func (e *learner) Begin(int, []evolve.Path) error {
	e.Trained = make([][]float64, len(e.quality))
	for l := range e.Trained {
		e.Trained[l] = make([]float64, len(e.quality[l]))
	}
	return nil
}

// use counts a call with an operation that breaks after so many.
func (e *learner) use(archs ...evolve.Arch) error {
	for _, a := range archs {
		for _, op := range slices.Concat(a...) {
			left, breaks := e.breaks[op]
			if !breaks {
				continue
			}
			if left == 0 {
				return &evolve.Broken{Op: op, Err: fmt.Errorf("operation %d is broken", op)}
			}
			e.breaks[op]--
		}
	}
	return nil
}

// used is an architecture of all operations that a mixture runs.
func (e *learner) used(weights [][]float64) evolve.Arch {
	a := make(evolve.Arch, len(weights))
	for l := range weights {
		for i, w := range e.operations(l, weights) {
			if w > 0 {
				a[l] = append(a[l], evolve.OpID(i))
			}
		}
	}
	return a
}

// operations are the weights of a layer's operations.
func (e *learner) operations(l int, weights [][]float64) []float64 {
	if e.normal[l] {
		return weights[l][1:]
	}
	return weights[l]
}

func (e *learner) Train(s evolve.Step, a evolve.Arch) (float64, error) {
	if err := e.use(a); err != nil {
		return 0, err
	}
	for l, path := range a {
		for _, op := range path {
			e.Trained[l][op]++
		}
	}
	return e.shows().Train(s, a)
}

func (e *learner) TrainMixed(s evolve.Step, weights [][]float64) (float64, error) {
	if err := e.use(e.used(weights)); err != nil {
		return 0, err
	}
	for l := range weights {
		for i, w := range e.operations(l, weights) {
			e.Trained[l][i] += w
		}
	}
	return e.shows().TrainMixed(s, weights)
}

func (e *learner) Fitness(s evolve.Step, a, b evolve.Arch) (evolve.Gradient, error) {
	if err := e.use(a, b); err != nil {
		return evolve.Gradient{}, err
	}
	g, err := e.shows().Fitness(s, a, b)
	for l := range g.A {
		r := random.New(e.seed, "gradient", s.Round, s.Index, l)
		g.A[l] += e.noise * r.NormFloat64()
		g.B[l] += e.noise * r.NormFloat64()
	}
	return g, err
}

func (e *learner) FitnessMixed(s evolve.Step, weights [][]float64) (float64, [][]float64, error) {
	if err := e.use(e.used(weights)); err != nil {
		return 0, nil, err
	}
	loss, products, err := e.shows().FitnessMixed(s, weights)
	for l := range products {
		r := random.New(e.seed, "gradient", s.Round, s.Index, l)
		for i := range products[l] {
			products[l][i] += e.noise * r.NormFloat64()
		}
	}
	return loss, products, err
}

func (e *learner) Score(ctx context.Context, archs []evolve.Arch, done func(int, float64) error) error {
	if err := e.use(archs...); err != nil {
		return err
	}
	return e.shows().Score(ctx, archs, done)
}

// weightSharing lists the methods on shared weights that are not NSE.
var weightSharing = []string{"oneshot", "spos", "proxyless", "darts"}

// fewer are settings of a method for tests.
func fewer(t testing.TB, s *evolve.Search, name string) {
	t.Helper()
	settings := methods.Default()
	settings.Method = name
	c := &settings.SPOS
	c.Population, c.Generations, c.Parents, c.Crossover, c.Mutation, c.Probability = 10, 10, 4, 5, 5, 0.3
	var err error
	if s.Method, err = settings.Chosen(); err != nil {
		t.Fatal(err)
	}
}

// With noisy gradients, methods that learn or evolve find the best of all single-branch architectures within the
// interval far more often than as many draws would.
func TestSharedWeightsFindThePlantedBest(t *testing.T) {
	const seeds = 30
	for name, least := range map[string]int{"spos": 12, "proxyless": 8, "darts": 8} {
		hits, chance := 0, 0.0
		for seed := range uint64(seeds) {
			s, e := learn(t, seed, 0.2)
			s.Config.TrainSteps, s.Config.Constraint.Width = 1000, 0.4
			fewer(t, &s, name)
			all := within(s)
			evaluated := 0
			s.Observe = func(e evolve.Event) error {
				if _, ok := e.Body.(evolve.Scored); ok {
					evaluated++
				}
				return nil
			}
			end, err := s.Run(t.Context(), evolve.State{})
			if err != nil || len(end.Front) == 0 {
				t.Fatalf("%s: front of %d, %v", name, len(end.Front), err)
			}
			if end.Front[len(end.Front)-1].Arch.Key() == e.best(all).Key() {
				hits++
			}
			chance += float64(evaluated) / float64(len(all))
		}
		t.Logf("%s: %d of %d, by chance %.1f", name, hits, seeds, chance)
		if hits < least || float64(hits) < 3*chance {
			t.Errorf("%s: finds the best in %d of %d searches, by chance in %.1f", name, hits, seeds, chance)
		}
	}
}

// One-Shot scores random architectures. It ends with the best of them far more often than one drawn from these, if the
// weights of all operations were trained.
func TestOneShotFindsTheBestOfItsSamples(t *testing.T) {
	const seeds = 30
	hits, chance := 0, 0.0
	for seed := range uint64(seeds) {
		s, e := learn(t, seed, 0)
		s.Config.TrainSteps, s.Config.Front.Samples, s.Config.SingleBranch = 200, 40, false
		fewer(t, &s, "oneshot")
		var evaluated []evolve.Arch
		s.Observe = func(e evolve.Event) error {
			if scored, ok := e.Body.(evolve.Scored); ok {
				evaluated = append(evaluated, scored.Trial.Arch)
			}
			return nil
		}
		end, err := s.Run(t.Context(), evolve.State{})
		if err != nil || len(evaluated) != 40 {
			t.Fatalf("%d architectures, %v", len(evaluated), err)
		}
		if end.Front[len(end.Front)-1].Arch.Key() == e.best(evaluated).Key() {
			hits++
		}
		chance += 1 / float64(len(evaluated))
	}
	if hits < 24 || chance > 1 {
		t.Errorf("ends with the best of its samples in %d of %d searches, by chance in %.1f", hits, seeds, chance)
	}
}

// Methods on shared weights that are killed at any boundary go on from there to the same state, with the same events.
// The state goes through JSON, and the weights come from the boundary.
func TestSharedWeightsResumeFromEveryBoundary(t *testing.T) {
	for _, name := range weightSharing {
		t.Run(name, func(t *testing.T) {
			s, e := learn(t, 3, 0.2)
			s.Config.TrainSteps, s.Config.Constraint.Width, s.Config.Front.Samples = 30, 0.5, 12
			fewer(t, &s, name)
			type boundary struct{ state, weights string }
			var events []string
			var boundaries []boundary
			s.Observe = func(e evolve.Event) error { events = append(events, encode(t, e)); return nil }
			s.Checkpoint = func(st evolve.State) error {
				boundaries = append(boundaries, boundary{encode(t, st), encode(t, e.Trained)})
				return nil
			}
			end, err := s.Run(t.Context(), evolve.State{})
			if err != nil || len(end.Front) == 0 {
				t.Fatalf("front of %d, %v", len(end.Front), err)
			}
			whole, last := events, encode(t, e.Trained)
			s.Checkpoint = nil
			for i, b := range boundaries {
				var st evolve.State
				if err := errors.Join(json.Unmarshal([]byte(b.state), &st),
					json.Unmarshal([]byte(b.weights), &e.Trained)); err != nil {
					t.Fatal(err)
				}
				events = nil
				again, err := s.Run(t.Context(), st)
				if err != nil {
					t.Fatal(err)
				}
				if encode(t, again) != encode(t, end) || encode(t, e.Trained) != last {
					t.Fatalf("boundary %d: ends as\n%s\nwant\n%s", i, encode(t, again), encode(t, end))
				}
				if !slices.Equal(events, whole[st.Events:]) {
					t.Fatalf("boundary %d: other events than without the break", i)
				}
			}
			if len(boundaries) < 30 {
				t.Errorf("%d boundaries only", len(boundaries))
			}
		})
	}
}

// An operation that breaks in training, in scoring or before everything is in no front, and the search goes on.
func TestSharedWeightsGoOnWithoutBrokenOperations(t *testing.T) {
	for _, name := range weightSharing {
		for _, after := range []int{0, 5, 31, 70} {
			s, e := learn(t, 8, 0)
			s.Config.TrainSteps, s.Config.Constraint.Width, s.Config.Front.Samples = 60, 0.9, 60
			fewer(t, &s, name)
			e.breaks = map[evolve.OpID]int{2: after}
			quarantined := false
			var scored int
			s.Observe = func(e evolve.Event) error {
				switch b := e.Body.(type) {
				case evolve.Quarantined:
					quarantined = b.Op == 2
				case evolve.Scored:
					scored++
				}
				return nil
			}
			end, err := s.Run(t.Context(), evolve.State{})
			if err != nil || len(end.Front) == 0 {
				t.Fatalf("%s, after %d calls: front of %d, %v", name, after, len(end.Front), err)
			}
			if e.breaks[2] == 0 && !quarantined {
				t.Errorf("%s, after %d calls: not quarantined", name, after)
			}
			for _, m := range end.Front {
				if quarantined && slices.Contains(slices.Concat(m.Arch...), 2) {
					t.Errorf("%s, after %d calls: the front has %v", name, after, m.Arch)
				}
			}
		}
	}
	s, e := learn(t, 8, 0)
	s.Config.TrainSteps, s.Config.Constraint.Width = 20, 0.9
	fewer(t, &s, "darts")
	e.breaks = map[evolve.OpID]int{0: 0, 1: 3, 2: 9, 3: 11, 4: 20}
	end, err := s.Run(t.Context(), evolve.State{})
	const want = "reduction layer 1 has no operation left that can be run"
	if err != nil || end.Reason != want {
		t.Errorf("without any operation it ends for the reason %q, %v, want %s", end.Reason, err, want)
	}
}

// What a method needs and does not get is one line.
func TestSharedWeightsRefuse(t *testing.T) {
	for _, name := range weightSharing {
		s, _ := learn(t, 1, 0)
		fewer(t, &s, name)
		s.Config.Constraint.Tau = 100
		if e, ok := errors.AsType[*setting.Error](s.Validate()); !ok || e.Key != "constraint.tau" {
			t.Errorf("%s: %v, want an error about the budget", name, s.Validate())
		}
	}
	s, e := learn(t, 1, 0)
	fewer(t, &s, "darts")
	s.Engine = scoring{e}
	_, err := s.Run(t.Context(), evolve.State{})
	const want = "evolve: the engine cannot mix operations, which DARTS needs: choose another method"
	if err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	settings := methods.Default()
	for key, spoil := range map[string]func(*methods.Settings){
		"oneshot.drop":         func(s *methods.Settings) { s.OneShot.Drop = 1 },
		"spos.population":      func(s *methods.Settings) { s.SPOS.Population = 0 },
		"spos.generations":     func(s *methods.Settings) { s.SPOS.Generations = 0 },
		"spos.parents":         func(s *methods.Settings) { s.SPOS.Parents = 0 },
		"spos.crossover":       func(s *methods.Settings) { s.SPOS.Crossover = 51 },
		"spos.mutation":        func(s *methods.Settings) { s.SPOS.Mutation = 26 },
		"spos.probability":     func(s *methods.Settings) { s.SPOS.Probability = 0 },
		"proxyless.every":      func(s *methods.Settings) { s.Proxyless.Every = 0 },
		"proxyless.warmup":     func(s *methods.Settings) { s.Proxyless.Warmup = 1 },
		"proxyless.lr":         func(s *methods.Settings) { s.Proxyless.LR = 0 },
		"proxyless.resource":   func(s *methods.Settings) { s.Proxyless.Resource = -1 },
		"proxyless.candidates": func(s *methods.Settings) { s.Proxyless.Candidates = 0 },
		"darts.lr":             func(s *methods.Settings) { s.DARTS.LR = math.NaN() },
		"darts.decay":          func(s *methods.Settings) { s.DARTS.Decay = 1 },
		"darts.candidates":     func(s *methods.Settings) { s.DARTS.Candidates = 0 },
	} {
		spoiled := settings
		spoil(&spoiled)
		if e, ok := errors.AsType[*setting.Error](spoiled.Validate()); !ok || e.Key != key {
			t.Errorf("%s: %v", key, spoiled.Validate())
		}
	}
}
