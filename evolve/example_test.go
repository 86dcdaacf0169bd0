package evolve_test

import (
	"context"
	"fmt"
	"math/big"

	"github.com/nse-dev/nse/evolve"
)

// toy is an engine without a network: an operation's number is how good it is.
type toy struct{}

func (toy) Begin(round int, subset []evolve.Path) error { return nil }

func (toy) Train(s evolve.Step, a evolve.Arch) (float64, error) { return 1, nil }

func (toy) Fitness(s evolve.Step, a, b evolve.Arch) (evolve.Gradient, error) {
	g := evolve.Gradient{Loss: 1}
	for l := range a {
		g.A, g.B = append(g.A, -mean(a[l])), append(g.B, -mean(b[l]))
	}
	return g, nil
}

func (toy) Score(ctx context.Context, archs []evolve.Arch, done func(int, float64) error) error {
	for i, a := range archs {
		if err := done(i, (mean(a[0])+mean(a[1]))/20); err != nil {
			return err
		}
	}
	return nil
}

func mean(p evolve.Path) float64 {
	sum := 0.0
	for _, op := range p {
		sum += float64(op)
	}
	return sum / float64(max(len(p), 1))
}

func ExampleSearch() {
	c, err := evolve.Preset("paper")
	if err != nil {
		fmt.Println(err)
		return
	}
	c.K, c.TrainSteps = 3, 20
	c.Constraint.Tau, c.Constraint.Width = 4, 0.5
	c.Front.Samples, c.Front.Extras = 30, 0
	problem := evolve.Problem{Normal: []bool{true, false}}
	for i := range 10 {
		problem.Pool = append(problem.Pool, evolve.Candidate{Name: fmt.Sprint("op", i), Cost: []float64{2, 2}})
	}
	search := evolve.Search{Problem: problem, Config: c, Seed: 1, Engine: toy{}}
	end, err := search.Run(context.Background(), evolve.State{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, m := range end.Front {
		fmt.Println(m.Arch, m.Cost, m.Accuracy)
	}
	// Output:
	// [[] [9]] 2 0.45
	// [[9] [9]] 4 0.9
}

func ExampleProblem_Size() {
	p := evolve.Problem{Pool: make([]evolve.Candidate, 27)}
	for _, letter := range "NRNNNRNNNRNNNENNNRNNNE" {
		p.Normal = append(p.Normal, letter == 'N')
	}
	size := new(big.Float).SetInt(p.Size(5, false))
	fmt.Println(size.Text('e', 1), "architectures")
	// Output: 1.4e+110 architectures
}
