package plot

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/nse-dev/nse/internal/drawing/drawingtest"
)

func sampleFront() Front {
	r := rand.New(rand.NewChaCha8([32]byte{1}))
	f := Front{Round: 3, Unit: "million MACs", Low: 270, High: 330}
	for i := range 500 {
		cost := 270 + 60*r.Float64()
		f.Sampled = append(f.Sampled, Point{cost, 0.6 + 0.001*(cost-270) + 0.05*r.NormFloat64()})
		if i < 30 {
			f.Extra = append(f.Extra, Point{262 + 8*r.Float64(), 0.6 + 0.03*r.NormFloat64()})
		}
		if i < 6 {
			f.Previous = append(f.Previous, Point{275 + 8*float64(i), 0.65 + 0.01*float64(i)})
		}
	}
	for i := range 7 {
		f.Front = append(f.Front, Point{330 - 9*float64(i), 0.80 - 0.012*float64(i)})
	}
	return f
}

func sampleFitness() Fitness {
	r := rand.New(rand.NewChaCha8([32]byte{2}))
	f := Fitness{Round: 3, Threshold: -2}
	for l := range 11 {
		var curves []Curve
		for k := range 5 {
			c := Curve{Op: fmt.Sprintf("mbconv-k%d-e6-d%d", 3+2*k, l%3+1)}
			theta := 0.0
			for step := 0; step <= 400 && theta >= -2; step += 20 {
				c.Steps, c.Theta = append(c.Steps, step), append(c.Theta, theta)
				theta += 0.12 * (r.NormFloat64() - float64(k)*0.5 + 0.6)
			}
			c.Dropped = theta < -2
			curves = append(curves, c)
		}
		f.Layers = append(f.Layers, curves)
	}
	return f
}

// TestCharts checks that charts have equal bytes twice, are valid XML and say what they show. With NSE_PLOT_DIR it
// leaves the files there.
func TestCharts(t *testing.T) {
	one := []Point{{1, 0.5}}
	step := Curve{Op: "a", Steps: []int{0}, Theta: []float64{0}}
	charts := map[string]struct {
		draw func() ([]byte, error)
		says []string
	}{
		"front": {sampleFront().SVG, []string{
			"Round 3, architectures scored: 536", "sampled (500)", "outside the interval (30)",
			"front of last round (6)", "front (7)", "constraint interval", "cost (million MACs)",
		}},
		"front-empty":   {Front{Round: 1, Unit: "ms"}.SVG, []string{"Round 1, architectures scored: 0"}},
		"front-one":     {Front{Round: 1, Unit: "ms", Front: one, Sampled: one}.SVG, []string{"front (1)"}},
		"fitness":       {sampleFitness().SVG, []string{"layer 0", "layer 10", "mbconv-k11-e6-d3", "θ = -2"}},
		"fitness-empty": {Fitness{Round: 1}.SVG, []string{"Round 1"}},
		"fitness-one":   {Fitness{Layers: [][]Curve{{step}, nil}}.SVG, []string{"layer 1"}},
	}
	for name, c := range charts {
		a := drawingtest.Drawn(t, name, "svg", c.draw)
		for _, text := range c.says {
			if !strings.Contains(string(a), text) {
				t.Errorf("%s does not say %q", name, text)
			}
		}
		drawingtest.WellFormed(t, name, a)
	}
}

func TestNotANumberIsAnError(t *testing.T) {
	if _, err := (Front{Sampled: []Point{{1, math.NaN()}}}).SVG(); err == nil {
		t.Error("an accuracy that is not a number was drawn")
	}
}
