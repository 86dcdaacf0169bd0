package latency

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/sdk/wire"
)

// Reference is a whole network that is measured with everything else. Its time tells how fast the machine is at that
// moment. The network does not depend on the pool.
type Reference struct {
	Ops   []string `json:"operations"` // at every layer
	Graph string   `json:"graph"`      // the fingerprint of all their graphs
	Time
}

// Slowdown is how many times as long the machine takes now as it took for r. It is not known if now is of another
// reference network: ratio is 0 then.
func (r Reference) Slowdown(now Reference) (ratio float64, known bool) {
	if r.Graph != now.Graph {
		return 0, false
	}
	return r.slowdown(now.Time), true
}

func (r Reference) slowdown(now Time) float64 { return now.Median / r.Median }

// validate refuses what no reference network has.
func (r Reference) validate() error {
	switch {
	case len(r.Ops) == 0 || r.Graph == "":
		return errors.New("the reference network has no operations or no graph")
	case r.Median == 0:
		return errors.New("the reference network takes no time")
	}
	return r.Time.validate("reference")
}

// Fingerprint is equal for graphs that do the same on inputs of the same shape.
func Fingerprint(graphs ...*sdk.Graph) (string, error) {
	sum := sha256.New()
	for _, g := range graphs {
		text, err := wire.MarshalGraph(g)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(sum, "%s%v", text, g.In)
	}
	return hex.EncodeToString(sum.Sum(nil)[:8]), nil
}
