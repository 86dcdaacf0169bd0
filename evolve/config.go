package evolve

import (
	"cmp"
	"fmt"
	"math"

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
	// LR is Adam's learning rate.
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
	// Tau is the budget τ. With kind = "latency" it has no default.
	Tau float64 `toml:"tau" json:"tau"`
	// Width is the half-width of the accepted interval, as a part of τ: sampled costs lie in τ·(1−width) to
	// τ·(1+width).
	Width float64 `toml:"width" json:"width"`
	// Alpha is the weight α of the resource term. With kind = "latency" the default is 2e-4.
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

// DefaultConstraint is the paper's, for each kind of cost. A budget in ms depends on the machine: Tau is 0, and the
// user must say it.
func DefaultConstraint(kind CostKind) ConstraintConfig {
	if kind == Latency {
		return ConstraintConfig{Kind: Latency, Width: 0.1, Alpha: 2e-4, Beta: 2}
	}
	return ConstraintConfig{Kind: MACs, Tau: 300, Width: 0.1, Alpha: 1e-5, Beta: 2}
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

// Preset returns the complete configuration named "paper" or "official", the authors' released code. TrainSteps is 0
// and must be set before a search. Any other name is an error.
func Preset(name string) (Config, error) {
	c := Config{
		K: 5, LockAndRehearse: true, End: EndRefill,
		Fitness:    FitnessConfig{Every: 2, LR: 0.1, Beta1: 0.9, Beta2: 0.999, Threshold: -2},
		Constraint: DefaultConstraint(MACs),
		Front:      FrontConfig{Samples: 2000, Extras: 100, Attempts: 1000},
	}
	switch name {
	case "paper":
		return c, nil
	case "official":
		c.Fitness.LR, c.Fitness.Beta1, c.Fitness.Smoothing = 0.005, 0, 1e-3
		c.End = EndOfficial
		return c, nil
	}
	return Config{}, fmt.Errorf("preset %q: want paper or official", name)
}

// Validate refuses settings with which a search cannot run. Its errors are *setting.Error, with keys of the table
// [search] of the configuration file.
func (c Config) Validate() error {
	switch {
	case c.K < 2 || c.K > maxBranches:
		return setting.Errorf("k", c.K, "want 2 to %d", maxBranches)
	case c.MaxRounds < 0:
		return setting.Errorf("max_rounds", c.MaxRounds, "want 0 (no limit) or more")
	case c.TrainSteps < 1:
		return setting.Errorf("train_steps", c.TrainSteps, "want at least 1")
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
	case !(c.LR > 0) || math.IsInf(c.LR, 0):
		return setting.Errorf("lr", c.LR, "want a positive number")
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
	case !(c.Alpha >= 0 && c.Alpha <= 1e6):
		return setting.Errorf("alpha", c.Alpha, "want 0 to 1e6")
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
func (c ConstraintConfig) Low() float64 { return c.Tau * (1 - c.Width) }

// High is the greatest cost of the constraint interval.
func (c ConstraintConfig) High() float64 { return c.Tau * (1 + c.Width) }

// Branches is the largest number of operations that a layer's path may have.
func (c Config) Branches() int {
	if c.SingleBranch {
		return 1
	}
	return c.K
}
