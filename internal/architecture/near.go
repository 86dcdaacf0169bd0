package architecture

import (
	"context"
	"errors"
	"fmt"
	"math"
)

// ErrMissed says that no scale of an architecture comes near enough to a number of MACs.
var ErrMissed = errors.New("no scale of its channels")

// Near is the architecture with its channels scaled by one factor to about a number of MACs. Counts are rounded to
// whole numbers instead of multiples of 8, so that architectures of equal cost can be compared. One count after the
// other is then moved by one or two, as long as that comes nearer.
//
// Its List has to be open. An architecture that misses the number by more than a part of it is ErrMissed.
func (p Plan) Near(ctx context.Context, macs int64, tolerance float64) (Plan, error) {
	s := scaler{ctx: ctx, base: p, known: map[string]built{}}
	best, miss := s.nearest(macs)
	if err := ctx.Err(); err != nil {
		return Plan{}, err
	}
	if best.macs == 0 {
		return Plan{}, fmt.Errorf("%w can be built: %w", ErrMissed, s.refusal)
	}
	if miss > tolerance*float64(macs) {
		return Plan{}, fmt.Errorf("%w has %s MACs within %g %%: the nearest has %s", ErrMissed,
			macsText(macs), 100*tolerance, macsText(best.macs))
	}
	return best.Plan, nil
}

// nearest is what comes nearest to a number of MACs, and by how much it misses it.
func (s *scaler) nearest(macs int64) (best built, miss float64) {
	miss = math.Inf(1)
	try := func(channels []int) bool {
		b := s.of(channels)
		off := math.Abs(float64(b.macs - macs))
		if b.macs == 0 || off >= miss {
			return false
		}
		best, miss = b, off
		return true
	}
	at := func(scale int) []int { return whole(s.base.Macro.Channels, float64(scale)/scaleUnit) }
	for low, high := leastScale, greatestScale; low <= high; {
		mid := (low + high) / 2
		up := mid
		for up < high && s.of(at(up)).macs == 0 { // groups do not divide every count
			up++
		}
		try(at(up))
		if b := s.of(at(up)); b.macs > 0 && b.macs <= macs {
			low = up + 1
		} else {
			high = mid - 1
		}
	}
	for better := best.macs > 0; better; {
		better = false
		from := best.Macro.Channels
		for i := 1; i < len(from); i++ {
			for _, step := range []int{-2, -1, 1, 2} {
				channels := append([]int(nil), from...)
				if channels[i] += step; channels[i] > 0 && try(channels) {
					better = true
				}
			}
		}
	}
	return best, miss
}

// whole multiplies every channel count but the first, rounded to whole numbers.
func whole(channels []int, scale float64) []int {
	out := append([]int(nil), channels...)
	for i := 1; i < len(out); i++ {
		out[i] = max(1, int(math.Round(float64(channels[i])*scale)))
	}
	return out
}
