package architecture

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sort"
	"strconv"
	"strings"

	"github.com/nse-dev/nse/internal/text"
)

// Scales of channels are multiples of 1/scaleUnit from leastScale to greatestScale units.
const (
	scaleUnit     = 1024
	leastScale    = scaleUnit / 16
	greatestScale = scaleUnit * 16
)

// Within is the architecture with its channels scaled by the greatest factor that needs at most limit MACs (section 6).
// Its plugins build the new graphs, so that its List has to be open. A limit that no factor meets is an error.
func (p Plan) Within(ctx context.Context, limit int64) (Plan, error) {
	if p.Folder != "" {
		return Plan{}, fmt.Errorf("%s is a trained model, whose channels cannot be scaled", p.Folder)
	}
	s := scaler{ctx: ctx, base: p, known: map[string]built{}}
	least, ok := s.from(leastScale, greatestScale)
	if !ok {
		return Plan{}, errors.Join(ctx.Err(), fmt.Errorf("no scale of its channels can be built: %w", s.refusal))
	}
	// MACs rise with the scale. Where one cannot be built, that of the next greater one counts.
	over := leastScale + sort.Search(greatestScale-leastScale+1, func(i int) bool {
		at, ok := s.from(leastScale+i, greatestScale)
		return !ok || s.at(at).macs > limit
	})
	best, fits := s.down(over-1, leastScale)
	greatest, _ := s.down(greatestScale, leastScale)
	if err := ctx.Err(); err != nil {
		return Plan{}, err
	}
	if !fits || best == greatest && s.at(best).macs < limit {
		return Plan{}, fmt.Errorf("no scale of its channels has %s MACs: they reach from %s (scale %s) to %s "+
			"(scale %s)", macsText(limit),
			macsText(s.at(least).macs), scaleText(least), macsText(s.at(greatest).macs), scaleText(greatest))
	}
	return s.at(best).Plan, nil
}

// scaler lays an architecture out at scales.
type scaler struct {
	ctx     context.Context
	base    Plan
	known   map[string]built // by channel counts
	refusal error            // the first
}

type built struct {
	Plan
	macs int64 // 0: it cannot be built
}

func (s *scaler) at(scale int) built {
	return s.of(scaled(s.base.Macro.Channels, float64(scale)/scaleUnit))
}

// of lays the architecture out with other channel counts.
func (s *scaler) of(channels []int) built {
	m := s.base.Macro
	m.Channels = channels
	key := fmt.Sprint(m.Channels)
	b, seen := s.known[key]
	if seen || s.ctx.Err() != nil {
		return b
	}
	p, err := layOut(s.ctx, s.base.Name, m, s.base.Input, s.base.Ops)
	if err == nil {
		b = built{p, p.Count().MACs}
	} else if s.refusal == nil {
		s.refusal = err
	}
	s.known[key] = b
	return b
}

// from is the least scale from one to another at which the architecture can be built.
func (s *scaler) from(scale, to int) (at int, ok bool) {
	for ; scale <= to; scale++ {
		if s.at(scale).macs > 0 {
			return scale, true
		}
	}
	return 0, false
}

// down is the greatest scale from one down to another at which the architecture can be built.
func (s *scaler) down(scale, to int) (at int, ok bool) {
	for ; scale >= to; scale-- {
		if s.at(scale).macs > 0 {
			return scale, true
		}
	}
	return 0, false
}

// scaled multiplies every channel count but the first, rounded to the nearest multiple of 8 and never more than 10 %
// down.
func scaled(channels []int, scale float64) []int {
	out := append([]int(nil), channels...)
	for i := 1; i < len(out); i++ {
		want := float64(channels[i]) * scale
		out[i] = max(8, int(math.Floor((want+4)/8))*8)
		if float64(out[i]) < 0.9*want {
			out[i] += 8
		}
	}
	return out
}

func scaleText(scale int) string { return fmt.Sprintf("%.3g", float64(scale)/scaleUnit) }

func macsText(macs int64) string {
	if macs >= 1e9 {
		return fmt.Sprintf("%.4gG", text.Millions(macs)/1000)
	}
	return fmt.Sprintf("%.4gM", text.Millions(macs))
}

// ParseMACs reads a number of MACs, which may end in k (thousands), M (millions), G (billions) or T (trillions). An
// empty text is 0. Anything else, and a number that is not positive, is an error.
func ParseMACs(number string) (int64, error) {
	if number == "" {
		return 0, nil
	}
	unit := 1.0
	digits := strings.TrimRight(number, "kMGT")
	switch number[len(digits):] {
	case "k":
		unit = 1e3
	case "M":
		unit = 1e6
	case "G":
		unit = 1e9
	case "T":
		unit = 1e12
	}
	v, err := strconv.ParseFloat(digits, 64)
	if err != nil || len(number)-len(digits) > 1 || !(v*unit >= 1 && v*unit <= 1e15) {
		return 0, fmt.Errorf("%q: want a number of MACs such as 20M, 1.5G or 300000", number)
	}
	return int64(v * unit), nil
}
