// Package latency measures what a network's operations take on this machine, keeps it in a table, and predicts from the
// table what an architecture takes.
package latency

import (
	"context"
	"math"
	"slices"
	"time"
)

// Time is the distribution of repeated measurements, in ms.
type Time struct {
	Median float64 `json:"ms"`
	Q1     float64 `json:"q1"` // quartiles
	Q3     float64 `json:"q3"`
}

// Spread is the distance of the quartiles as a part of the median.
func (t Time) Spread() float64 { return (t.Q3 - t.Q1) / max(t.Median, 1e-6) }

// Meter measures how long functions take, in turns. Its functions have to be set, but for Each.
type Meter struct {
	Now     func() time.Time
	WarmUp  int // turns that do not count
	Repeats int // turns that do
	// Reference runs the reference network, in turn with what is measured.
	Reference func() error
	// Each is told of every turn. A nil Each is told nothing.
	Each func(done, total int)
}

// Sweep times runs. It returns their times in the shape of the groups, and the time of the reference network. The
// groups take turns, and the reference network runs after each: a machine whose speed drifts is as unfair to one as to
// the other. An error of a run, and the context's, ends the sweep without times.
func (m Meter) Sweep(ctx context.Context, groups [][]func() error) (times [][]Time, reference Time, err error) {
	took, ofReference := make([][][]float64, len(groups)), []float64{}
	for g, runs := range groups {
		took[g] = make([][]float64, len(runs))
	}
	total := m.WarmUp + m.Repeats
	for turn := range total {
		for g, runs := range groups {
			ms, err := m.warm(ctx, runs)
			if err != nil {
				return nil, Time{}, err
			}
			beside, err := m.warm(ctx, []func() error{m.Reference})
			if err != nil {
				return nil, Time{}, err
			}
			if turn < m.WarmUp {
				continue
			}
			for i := range ms {
				took[g][i] = append(took[g][i], ms[i])
			}
			ofReference = append(ofReference, beside...)
		}
		if m.Each != nil {
			m.Each(turn+1, total)
		}
	}
	times = make([][]Time, len(groups))
	for g := range groups {
		for _, values := range took[g] {
			times[g] = append(times[g], distribution(values))
		}
	}
	return times, distribution(ofReference), nil
}

// warm is the ms that each of runs takes the second time: the caches then hold what they hold where it runs again and
// again.
func (m Meter) warm(ctx context.Context, runs []func() error) ([]float64, error) {
	if _, err := m.pass(ctx, runs); err != nil {
		return nil, err
	}
	return m.pass(ctx, runs)
}

// pass is the ms that each of runs takes, one after the other.
func (m Meter) pass(ctx context.Context, runs []func() error) ([]float64, error) {
	took := make([]float64, len(runs))
	for i, run := range runs {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		start := m.Now()
		if err := run(); err != nil {
			return nil, err
		}
		took[i] = m.Now().Sub(start).Seconds() * 1e3
	}
	return took, nil
}

// distribution is that of values, to the nanosecond.
func distribution(values []float64) Time {
	slices.Sort(values)
	return Time{Quantile(values, 0.5), Quantile(values, 0.25), Quantile(values, 0.75)}.times(1)
}

// Quantile is the value below which a part q of ascending values lies, where q is 0 to 1. Between two values it is in
// proportion. There has to be a value.
func Quantile(ascending []float64, q float64) float64 {
	at := q * float64(len(ascending)-1)
	i := int(at)
	j := min(i+1, len(ascending)-1)
	return ascending[i] + (at-float64(i))*(ascending[j]-ascending[i])
}

// times is t times a factor, to the nanosecond.
func (t Time) times(factor float64) Time {
	scaled := func(ms float64) float64 { return math.Round(ms*factor*1e6) / 1e6 }
	return Time{scaled(t.Median), scaled(t.Q1), scaled(t.Q3)}
}
