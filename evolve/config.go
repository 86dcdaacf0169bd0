package evolve

import (
	"cmp"
	"fmt"
	"math"

	"github.com/nse-dev/nse/evolve/fitness"
	"github.com/nse-dev/nse/internal/setting"
)

// Config is the configuration of a search. Preset gives a complete one. A configuration file changes single settings.
type Config struct {
	// K is the number of operations in each layer's subset.
	K int `toml:"k" json:"k"`
	// MaxRounds ends the search after that many rounds. 0 leaves the end to the end rule alone.
	MaxRounds int `toml:"max_rounds" json:"max_rounds"`
	// TrainSteps is the number of weight updates in a round. 0 leaves it to the program, which counts it from
	// the epochs.
	TrainSteps int `toml:"train_steps" json:"train_steps"`
	// SingleBranch selects exactly one operation in a layer, or none in a normal layer, instead of any subset.
	SingleBranch bool `toml:"single_branch" json:"single_branch"`
	// LockAndRehearse keeps inherited operations from being dropped and scores the previous front again in every round.
	LockAndRehearse bool `toml:"lock_and_rehearse" json:"lock_and_rehearse"`
	// SpaceSeed shuffles the operations of each layer, so that experiments can share their spaces. 0 is the search's
	// seed.
	SpaceSeed uint64 `toml:"space_seed" json:"space_seed,omitempty"`
	// End says when the pool is exhausted: "refill" (some layer cannot be filled to k) or "official" (a fixed number of
	// rounds).
	End EndRule `toml:"end" json:"end"`
	// Fitness configures the fitness updates and the dropping of operations.
	Fitness FitnessConfig `toml:"fitness" json:"fitness"`
	// Constraint is the budget that architectures must meet.
	Constraint ConstraintConfig `toml:"constraint" json:"constraint"`
	// Front configures the sampling from which the Pareto front is retrieved.
	Front FrontConfig `toml:"front" json:"front"`
}

// FitnessConfig configures the updates of the fitness θ (section 3.3.1).
type FitnessConfig struct {
	// Every is the number of weight updates before each fitness update.
	Every int `toml:"every" json:"every"`
	// LR is Adam's learning rate. 0 is 1.2/√n for the n fitness updates of a round: the released 0.005 at the paper's
	// length.
	LR float64 `toml:"lr" json:"lr"`
	// Beta1 is Adam's decay of the gradient's mean.
	Beta1 float64 `toml:"beta1" json:"beta1"`
	// Beta2 is Adam's decay of the gradient's square.
	Beta2 float64 `toml:"beta2" json:"beta2"`
	// Smoothing s keeps probabilities off 0 and 1: p = (1−s)·sigmoid(θ) + s/2.
	Smoothing float64 `toml:"smoothing" json:"smoothing"`
	// Threshold drops an operation whose θ is below it.
	Threshold float64 `toml:"threshold" json:"threshold"`
}

// ConstraintConfig is the budget τ in the unit of the cost, and the resource term α·(expected cost − τ)^β of the
// fitness loss (eq. 5).
type ConstraintConfig struct {
	// Kind is the cost of an architecture: "macs" (millions of multiply-accumulates) or "latency" (ms, as a table
	// predicts it).
	Kind CostKind `toml:"kind" json:"kind"`
	// Table is the file of latencies that nse lut build has measured for this network, needed with kind = "latency".
	Table string `toml:"table" json:"table"`
	// Tau is the budget τ, the target of the resource term. With kind = "latency" it has no default. "auto" is the
	// median cost of the pool's uniform stacks on this network and data, to three digits. A run has the number.
	Tau float64 `toml:"tau" json:"tau"`
	// Centre is the middle of the interval of accepted costs. 0 is τ.
	Centre float64 `toml:"centre" json:"centre,omitempty"`
	// Width is the half-width of the accepted interval, as a part of the centre: sampled costs lie in centre·(1−width)
	// to centre·(1+width).
	Width float64 `toml:"width" json:"width"`
	// Strip is the width of the strip below the interval from which extras come, as a part of the centre. 0 is width.
	Strip float64 `toml:"strip" json:"strip,omitempty"`
	// Alpha is the weight α of the resource term, 0 for none. −1 is 0.9/τ^β, which is the paper's 1e-5 at its τ of 300.
	Alpha float64 `toml:"alpha" json:"alpha"`
	// Beta is the exponent β of the resource term, a positive even number.
	Beta int `toml:"beta" json:"beta"`
}

// CostKind says what an architecture costs; the zero value is MACs.
type CostKind string

// The kinds of cost.
const (
	MACs    CostKind = "macs"
	Latency CostKind = "latency"
)

// Unit is the unit of the cost.
func (k CostKind) Unit() string {
	if k == Latency {
		return "ms"
	}
	return "million MACs"
}

// DefaultConstraint is the paper's, for each kind of cost, with α by its scale. A budget in ms depends on the machine:
// Tau is 0, and the user must say it.
func DefaultConstraint(kind CostKind) ConstraintConfig {
	c := ConstraintConfig{Kind: MACs, Tau: 300, Width: 0.1, Alpha: byScale, Beta: 2}
	if kind == Latency {
		c.Kind, c.Tau = Latency, 0
	}
	return c
}

// byScale as α takes it from τ.
const byScale = -1

// resource is the resource term (eq. 5). By scale, a cost of 2τ has the one that it has in the paper.
func (c ConstraintConfig) resource() fitness.Resource {
	r := fitness.Resource{Alpha: c.Alpha, Tau: c.Tau, Beta: c.Beta}
	if c.Alpha == byScale {
		r.Alpha = 0.9 / math.Pow(c.Tau, float64(c.Beta))
	}
	return r
}

// adam is the optimizer of a round of so many fitness updates. Noise alone moves θ by about rate·√updates: by the rule,
// chance drops as many operations in a short round as in a long one.
func (c FitnessConfig) adam(updates int) fitness.Adam {
	a := fitness.Adam{LR: c.LR, Beta1: c.Beta1, Beta2: c.Beta2}
	if c.LR == 0 {
		a.LR = 1.2 / math.Sqrt(float64(max(1, updates)))
	}
	return a
}

// FrontConfig configures the sampling from which the front is retrieved (section 3.3.2).
type FrontConfig struct {
	// Samples is the number D of distinct architectures within the constraint interval.
	Samples int `toml:"samples" json:"samples"`
	// Extras is the number D_e of distinct architectures just below the interval.
	Extras int `toml:"extras" json:"extras"`
	// Attempts bounds the draws for each wanted architecture on average.
	Attempts int `toml:"attempts" json:"attempts"`
}

// EndRule says when a search has exhausted its pool.
type EndRule string

// The end rules.
const (
	// EndRefill ends when some layer cannot be filled to K, or when no layer has room for a new operation (4.1).
	EndRefill EndRule = "refill"
	// EndOfficial runs ⌊(N−1)/(K−1)⌋ rounds on a pool of N, with fewer operations in layers that run short.
	EndOfficial EndRule = "official"
)

// Presets lists the names of presets, for messages.
const Presets = "default, paper or official"

// Preset returns a complete configuration: "paper", "official" (the authors' released code) or "default", which is the
// paper's with a learning rate of θ by the number of updates. TrainSteps is 0 and must be set before a search. Any
// other name is an error.
func Preset(name string) (Config, error) {
	c := Config{
		K: 5, LockAndRehearse: true, End: EndRefill,
		Fitness:    FitnessConfig{Every: 2, LR: 0.1, Beta1: 0.9, Beta2: 0.999, Threshold: -2},
		Constraint: DefaultConstraint(MACs),
		Front:      FrontConfig{Samples: 2000, Extras: 100, Attempts: 1000},
	}
	switch name {
	case "default":
		c.Fitness.LR, c.Fitness.Beta1 = 0, 0
		return c, nil
	case "paper":
		return c, nil
	case "official":
		c.Fitness.LR, c.Fitness.Beta1, c.Fitness.Smoothing = 0.005, 0, 1e-3
		c.End = EndOfficial
		return c, nil
	}
	return Config{}, fmt.Errorf("preset %q: want %s", name, Presets)
}

// Validate refuses settings with which a search cannot run. Its errors are *setting.Error, with keys of the table
// [search] of the configuration file.
func (c Config) Validate() error {
	switch {
	case c.K < 2 || c.K > fitness.MaxBranches:
		return setting.Errorf("k", c.K, "want 2 to %d", fitness.MaxBranches)
	case c.MaxRounds < 0:
		return setting.Errorf("max_rounds", c.MaxRounds, "want 0 (no limit) or more")
	case c.TrainSteps < 1:
		return setting.Errorf("train_steps", c.TrainSteps, "want at least 1")
	case int64(c.SpaceSeed) < 0:
		return setting.Errorf("space_seed", int64(c.SpaceSeed), "want 0 (the search's seed) to 9223372036854775807")
	case c.End != EndRefill && c.End != EndOfficial:
		return setting.Errorf("end", c.End, "want refill or official")
	}
	return cmp.Or(setting.In("fitness", c.Fitness.Validate()), setting.In("constraint", c.Constraint.Validate()),
		setting.In("front", c.Front.Validate()))
}

// Validate refuses settings with which θ cannot be updated, by *setting.Error.
func (c FitnessConfig) Validate() error {
	switch {
	case c.Every < 1:
		return setting.Errorf("every", c.Every, "want at least 1")
	case !(c.LR >= 0) || math.IsInf(c.LR, 0):
		return setting.Errorf("lr", c.LR, "want a positive number, or 0 (by the number of updates)")
	case !(c.Beta1 >= 0 && c.Beta1 < 1):
		return setting.Errorf("beta1", c.Beta1, "want 0 to 1, 1 excluded")
	case !(c.Beta2 >= 0 && c.Beta2 < 1):
		return setting.Errorf("beta2", c.Beta2, "want 0 to 1, 1 excluded")
	case !(c.Smoothing >= 0 && c.Smoothing < 1):
		return setting.Errorf("smoothing", c.Smoothing, "want 0 to 1, 1 excluded")
	case !(c.Threshold < 0) || math.IsInf(c.Threshold, 0):
		return setting.Errorf("threshold", c.Threshold, "want a negative number")
	}
	return nil
}

// Validate refuses a budget that no architecture can meet and a resource term that has no minimum, by *setting.Error.
func (c ConstraintConfig) Validate() error {
	switch {
	case c.Kind != "" && c.Kind != MACs && c.Kind != Latency:
		return setting.Errorf("kind", c.Kind, "want macs or latency")
	case c.Kind == Latency && c.Table == "":
		return setting.Errorf("table", c.Table, `want a file that nse lut build has written, for kind = "latency"`)
	case c.Kind != Latency && c.Table != "":
		return setting.Errorf("table", c.Table, `want kind = "latency" with it`)
	case !(c.Tau > 0) || math.IsInf(c.Tau, 0):
		return setting.Errorf("tau", c.Tau, "want a positive number")
	case !(c.Width > 0 && c.Width <= 1):
		return setting.Errorf("width", c.Width, "want more than 0 and at most 1")
	case !(c.Centre >= 0) || math.IsInf(c.Centre, 0):
		return setting.Errorf("centre", c.Centre, "want a positive number, or 0 (tau)")
	case !(c.Strip >= 0 && c.Strip <= 1):
		return setting.Errorf("strip", c.Strip, "want 0 (as wide as width) to 1")
	case !(c.Alpha >= 0 && c.Alpha <= 1e6) && c.Alpha != byScale:
		return setting.Errorf("alpha", c.Alpha, "want 0 to 1e6, or -1 (0.9/tau^beta)")
	case c.Beta < 2 || c.Beta%2 != 0 || c.Beta > 8:
		return setting.Errorf("beta", c.Beta, "want 2, 4, 6 or 8")
	}
	return nil
}

// Validate refuses numbers of samples with which there is no front, by *setting.Error.
func (c FrontConfig) Validate() error {
	const most = 1_000_000
	switch {
	case c.Samples < 1 || c.Samples > most:
		return setting.Errorf("samples", c.Samples, "want 1 to %d", most)
	case c.Extras < 0 || c.Extras > most:
		return setting.Errorf("extras", c.Extras, "want 0 to %d", most)
	case c.Attempts < 1 || c.Attempts > most:
		return setting.Errorf("attempts", c.Attempts, "want 1 to %d", most)
	}
	return nil
}

// Low is the least cost of the constraint interval.
func (c ConstraintConfig) Low() float64 { return c.centre() * (1 - c.Width) }

// High is the greatest cost of the constraint interval.
func (c ConstraintConfig) High() float64 { return c.centre() * (1 + c.Width) }

// centre is the middle of the constraint interval.
func (c ConstraintConfig) centre() float64 {
	if c.Centre == 0 {
		return c.Tau
	}
	return c.Centre
}

// margin is the width of the strip below the interval from which extras come.
func (c ConstraintConfig) margin() float64 {
	if c.Strip == 0 {
		return c.centre() * c.Width
	}
	return c.centre() * c.Strip
}

// Branches is the largest number of operations that a layer's path may have.
func (c Config) Branches() int {
	if c.SingleBranch {
		return 1
	}
	return c.K
}
