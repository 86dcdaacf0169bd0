package evolve

import (
	"testing"

	"github.com/nse-dev/nse/evolve/fitness"
	"github.com/nse-dev/nse/evolve/space"
)

// BenchmarkDraw draws architectures of Table 5's network with K = 5.
func BenchmarkDraw(b *testing.B) {
	p := Problem{}
	for _, letter := range "NRNNNRNNNRNNNENNNRNNNE" {
		p.Normal = append(p.Normal, letter == 'N')
	}
	for range 27 {
		p.Pool = append(p.Pool, Candidate{Cost: make([]float64, len(p.Normal))})
	}
	c, err := Preset("paper")
	if err != nil {
		b.Fatal(err)
	}
	f := fitness.New(space.New(len(p.Normal), 27, c.K, 1).Subset())
	d := Search{Problem: p, Config: c}.newDrawing(State{Fitness: f}, nil)
	b.ReportAllocs()
	for b.Loop() {
		d.draw()
	}
}
