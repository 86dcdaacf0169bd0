package evolve

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"

	"github.com/nse-dev/nse/internal/setting"
)

func TestConfigNamesWhatIsWrong(t *testing.T) {
	tests := []struct {
		change func(*Config)
		want   string
	}{
		{func(c *Config) { c.K = 1 }, "k = 1: want 2 to 64"},
		{func(c *Config) { c.K = 65 }, "k = 65: want 2 to 64"},
		{func(c *Config) { c.MaxRounds = -1 }, "max_rounds = -1: want 0 (no limit) or more"},
		{func(c *Config) { c.TrainSteps = 0 }, "train_steps = 0: want at least 1"},
		{func(c *Config) { c.End = "never" }, `end = "never": want refill or official`},
		{func(c *Config) { c.Fitness.Every = 0 }, "fitness.every = 0: want at least 1"},
		{func(c *Config) { c.Fitness.LR = math.NaN() },
			"fitness.lr = NaN: want a positive number, or 0 (by the number of updates)"},
		{func(c *Config) { c.Fitness.LR = -0.1 },
			"fitness.lr = -0.1: want a positive number, or 0 (by the number of updates)"},
		{func(c *Config) { c.Fitness.Beta1 = 1 }, "fitness.beta1 = 1: want 0 to 1, 1 excluded"},
		{func(c *Config) { c.Fitness.Beta2 = -0.1 }, "fitness.beta2 = -0.1: want 0 to 1, 1 excluded"},
		{func(c *Config) { c.Fitness.Smoothing = 1 }, "fitness.smoothing = 1: want 0 to 1, 1 excluded"},
		{func(c *Config) { c.Fitness.Threshold = 0.5 }, "fitness.threshold = 0.5: want a negative number"},
		{func(c *Config) { c.Constraint.Tau = 0 }, "constraint.tau = 0: want a positive number"},
		{func(c *Config) { c.Constraint.Width = 1.5 }, "constraint.width = 1.5: want more than 0 and at most 1"},
		{func(c *Config) { c.Constraint.Alpha = -2 }, "constraint.alpha = -2: want 0 to 1e6, or -1 (0.9/tau^beta)"},
		{func(c *Config) { c.Constraint.Centre = -1 }, "constraint.centre = -1: want a positive number, or 0 (tau)"},
		{func(c *Config) { c.Constraint.Strip = 1.5 }, "constraint.strip = 1.5: want 0 (as wide as width) to 1"},
		{func(c *Config) { c.SpaceSeed = 1 << 63 },
			"space_seed = -9223372036854775808: want 0 (the search's seed) to 9223372036854775807"},
		{func(c *Config) { c.Constraint.Beta = 3 }, "constraint.beta = 3: want 2, 4, 6 or 8"},
		{func(c *Config) { c.Constraint.Alpha = 1e300 },
			"constraint.alpha = 1e+300: want 0 to 1e6, or -1 (0.9/tau^beta)"},
		{func(c *Config) { c.Front.Samples = 1 << 40 }, "front.samples = 1099511627776: want 1 to 1000000"},
		{func(c *Config) { c.Front.Samples = 0 }, "front.samples = 0: want 1 to 1000000"},
		{func(c *Config) { c.Front.Extras = -1 }, "front.extras = -1: want 0 to 1000000"},
		{func(c *Config) { c.Front.Attempts = 0 }, "front.attempts = 0: want 1 to 1000000"},
	}
	for _, test := range tests {
		s, _ := plant(1, 8)
		test.change(&s.Config)
		err := s.Config.Validate()
		if err == nil || err.Error() != test.want {
			t.Errorf("error %v, want %q", err, test.want)
		}
		if e, ok := errors.AsType[*setting.Error](err); !ok || !strings.HasPrefix(test.want, e.Key+" = ") {
			t.Errorf("%#v does not carry the key of %q", err, test.want)
		}
		if _, err := s.Run(context.Background(), State{}); err == nil || err.Error() != "evolve: "+test.want {
			t.Errorf("Run's error %v, want %q", err, test.want)
		}
	}
}

// A file changes what it names and nothing else, and every setting can be written and read.
func TestConfigInTOML(t *testing.T) {
	want, err := Preset("paper")
	if err != nil {
		t.Fatal(err)
	}
	got := want
	text := "k = 6\nend = \"official\"\n[fitness]\nlr = 0.01\n" +
		"[constraint]\ntau = 8.9\nalpha = 2e-4\n[front]\nextras = 0\n"
	if _, err := toml.Decode(text, &got); err != nil {
		t.Fatal(err)
	}
	want.K, want.End, want.Fitness.LR = 6, EndOfficial, 0.01
	want.Constraint.Tau, want.Constraint.Alpha, want.Front.Extras = 8.9, 2e-4, 0
	if got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	written, err := toml.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var read Config
	if meta, err := toml.Decode(string(written), &read); err != nil || read != want || len(meta.Undecoded()) != 0 {
		t.Errorf("error %v, read %+v from\n%s", err, read, written)
	}
}

func TestProblemNamesWhatIsWrong(t *testing.T) {
	tests := []struct {
		change func(*Search)
		want   string
	}{
		{func(s *Search) { s.Problem.Normal = nil }, "problem: no layers"},
		{func(s *Search) { s.Problem.Fixed = -1 }, "problem: fixed cost -1: want 0 or more"},
		{func(s *Search) { s.Problem.Pool[2].Cost = nil },
			`problem: operation "op2" has the cost of 0 layers, the network has 6`},
		{func(s *Search) { s.Problem.Pool[3].Cost[1] = math.Inf(1) },
			`problem: operation "op3" costs +Inf in layer 1: want 0 or more`},
		{func(s *Search) { s.Problem.Pool = s.Problem.Pool[:3] }, "k = 4: want at most 3, the operations of the pool"},
	}
	for _, test := range tests {
		s, _ := plant(1, 8)
		test.change(&s)
		if err := s.Validate(); err == nil || err.Error() != test.want {
			t.Errorf("error %v, want %q", err, test.want)
		}
		if _, err := s.Run(context.Background(), State{}); err == nil || err.Error() != "evolve: "+test.want {
			t.Errorf("Run's error %v, want %q", err, test.want)
		}
	}
}

// A checkpoint that does not belong to the search is refused with the place where they part.
func TestStateNamesWhatIsWrong(t *testing.T) {
	tests := []struct {
		phase  Phase
		change func(*State)
		want   string
	}{
		{PhaseTrain, func(st *State) { st.Round = 0 }, "round 0"},
		{PhaseTrain, func(st *State) { st.Phase = "rest" }, `unknown phase "rest"`},
		{PhaseTrain, func(st *State) { st.Step = 9 }, "step 9 of 8"},
		{PhaseTrain, func(st *State) { st.Space.K = 5 }, "space of 6 layers with k = 5, want 6 with 4"},
		{PhaseTrain, func(st *State) { st.Space.Layers[1].New[0] = 8 }, "space: layer 1: operation 8, the pool has 8"},
		{PhaseTrain, func(st *State) { st.Space.Layers[1].New[0] = st.Space.Layers[1].New[1] },
			"space: layer 1 has an operation twice"},
		{PhaseTrain, func(st *State) { st.Fitness = st.Fitness[1:] }, "fitness of 5 layers, the network has 6"},
		{PhaseTrain, func(st *State) { st.Fitness[3].Theta = nil }, "fitness: layer 3: lists of different lengths"},
		{PhaseTrain, func(st *State) { st.Fitness[1].Dropped = []bool{true, true, true, true} },
			"fitness: layer 1 has lost every operation"},
		{PhaseScore, func(st *State) { st.Trials[2].Arch = nil },
			"trials: architecture 2: 0 layers, the network has 6"},
		{PhaseScore, func(st *State) { st.Trials[2].Arch[1] = nil },
			"trials: architecture 2: layer 1: a reduction layer needs an operation"},
		{PhaseReplenish, func(st *State) { st.Front[0].Arch[0] = Path{-1} },
			"front: architecture 0: layer 0: operation -1, the pool has 8"},
	}
	for _, test := range tests {
		s, _ := small(1)
		stop := &stopped{}
		s.Checkpoint = func(st State) error {
			if st.Phase == test.phase {
				stop.state = st
				return stop
			}
			return nil
		}
		_, _ = s.Run(context.Background(), State{})
		test.change(&stop.state)
		s.Checkpoint = nil
		_, err := s.Run(context.Background(), stop.state)
		if err == nil || !strings.HasSuffix(err.Error(), "checkpoint: "+test.want) {
			t.Errorf("error %v, want %q", err, test.want)
		}
	}
}

// stopped ends a search at a checkpoint and carries its state.
type stopped struct{ state State }

func (s *stopped) Error() string { return "stopped" }
