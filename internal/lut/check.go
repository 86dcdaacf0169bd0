package lut

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/nse-dev/nse/internal/latency"
	"github.com/nse-dev/nse/supernet"
)

// Checked compares a prediction with a measurement, both in ms.
type Checked struct {
	Name      string       `json:"name"`
	Predicted float64      `json:"predicted_ms"`
	Measured  latency.Time `json:"measured"`
	Error     float64      `json:"error"` // (predicted − measured) / measured
	// AtSpeed is the error of the prediction times the slowdown. It is nil if the slowdown is not known.
	AtSpeed *float64 `json:"error_at_table_speed,omitempty"`
}

// Errors is the median and the largest of errors without their signs.
type Errors struct {
	Median float64 `json:"median_error"`
	Worst  float64 `json:"worst_error"`
}

// Outcome is what a check comes to. AtSpeed and Drift are nil if the slowdown is not known.
type Outcome struct {
	Errors
	AtSpeed *Errors   `json:"at_table_speed,omitempty"`
	Drift   *Drift    `json:"reference,omitempty"`
	Archs   []Checked `json:"architectures"`
}

// Check measures the networks of a sample in turn, and completes list, which Predict has made, with what they take.
// each is told of every turn. The table stays as it is.
func (s Sample) Check(
	ctx context.Context, t latency.Table, list []Checked, repeats int, each func(done, total int),
) (o Outcome, err error) {
	reference, err := newReference(t.Setup, s.catalog.Skeleton)
	if err != nil {
		return o, err
	}
	defer reference.net.Close()
	net, err := supernet.NewNet(s.catalog.Skeleton, s.catalog.Build, 1, t.Threads)
	if err != nil {
		return o, err
	}
	defer net.Close()
	if err := net.Fill(s.subset()); err != nil {
		return o, err
	}
	m := latency.Meter{Now: time.Now, WarmUp: WarmUp, Repeats: repeats, Reference: reference.run, Each: each}
	times, now, err := m.Networks(ctx, net, s.catalog.Stem.In, t.Batch, s.archs)
	if err != nil {
		return o, err
	}
	reference.Time = now
	return outcomeOf(list, times, driftOf(t.Reference, reference.Reference)), nil
}

func outcomeOf(list []Checked, times []latency.Time, d *Drift) Outcome {
	for i, measured := range times {
		list[i].Measured = measured
		list[i].Error = list[i].Predicted/measured.Median - 1
		if d != nil {
			e := list[i].Predicted*d.Slowdown/measured.Median - 1
			list[i].AtSpeed = &e
		}
	}
	o := Outcome{Errors: errorsOf(list, func(x Checked) float64 { return x.Error }), Drift: d, Archs: list}
	if d != nil {
		atSpeed := errorsOf(list, func(x Checked) float64 { return *x.AtSpeed })
		o.AtSpeed = &atSpeed
	}
	return o
}

func errorsOf(list []Checked, errorOf func(Checked) float64) Errors {
	sizes := make([]float64, len(list))
	for i, x := range list {
		sizes[i] = math.Abs(errorOf(x))
	}
	slices.Sort(sizes)
	return Errors{latency.Quantile(sizes, 0.5), sizes[len(sizes)-1]}
}

// String is one line, in percent.
func (e Errors) String() string {
	return fmt.Sprintf("median %.1f %%, worst %.1f %%", 100*e.Median, 100*e.Worst)
}
