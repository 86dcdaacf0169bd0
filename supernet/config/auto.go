package config

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/BurntSushi/toml"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/internal/setting"
	"github.com/nse-dev/nse/internal/tomlpos"
)

// Auto as Search.Constraint.Tau stands for "auto": Settle chooses the budget. No other value means that.
const Auto = -math.MaxFloat64

// autoKey is the setting that may be "auto".
var autoKey = toml.Key{"search", "constraint", "tau"}

// Settle is the configuration with the budget chosen for a problem, where it is to be: the median cost of the
// uniform stacks, to three digits. So the budget is within reach, and one very dear operation does not move it.
func (c Config) Settle(p evolve.Problem) Config {
	if c.Search.Constraint.Tau == Auto && len(p.Pool) > 0 {
		digits := strconv.FormatFloat(p.Middle(), 'g', 3, 64)
		c.Search.Constraint.Tau, _ = strconv.ParseFloat(digits, 64) // as it was formatted
	}
	return c
}

// Settled refuses a budget that is still to be chosen, where nothing chooses it.
func (c Config) Settled() error {
	if c.Search.Constraint.Tau == Auto {
		return setting.Errorf("search.constraint.tau", "auto", "want a number: only a search chooses its budget")
	}
	return nil
}

// number puts a number where a text has "auto" for the budget. Lines stay where they are.
func number(text []byte) []byte {
	spot := tomlpos.Locate(string(text)).Find(autoKey...)
	if spot == nil {
		return text
	}
	for _, auto := range []string{`"auto"`, "'auto'"} {
		if bytes.HasPrefix(text[spot.At:], []byte(auto)) {
			return slices.Concat(text[:spot.At], strconv.AppendFloat(nil, Auto, 'e', -1, 64), text[spot.At+len(auto):])
		}
	}
	return text
}

// word puts "auto" where an encoded configuration has its number.
func word(text []byte) []byte {
	return bytes.Replace(text, fmt.Appendf(nil, "tau = %g\n", Auto), []byte("tau = \"auto\"\n"), 1)
}

// checkAuto says what is wrong with a text for a setting that is a number. A text elsewhere is not its business.
func checkAuto(key toml.Key, value any) (problem string, right bool) {
	text, isText := value.(string)
	switch {
	case !isText || !slices.Equal(key, autoKey):
		return "", false
	case text != "auto":
		return fmt.Sprintf("%q is a number or \"auto\", not %q", strings.Join(key, "."), text), false
	}
	return "", true
}
