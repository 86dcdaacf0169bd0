package fitness

import (
	"encoding/json"
	"math"
	"path/filepath"
	"testing"

	"github.com/nse-dev/nse/evolve/space"
	"github.com/nse-dev/nse/internal/reference"
	"github.com/nse-dev/nse/internal/safetensors"
)

// TestGoldenFitness checks the formulas of the fitness step against every golden case that has one, computed with
// PyTorch in float32.
func TestGoldenFitness(t *testing.T) {
	checked := 0
	for _, path := range reference.Cases(t) {
		file, err := safetensors.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if text := file.Metadata["fitness"]; text != "" {
			t.Run(filepath.Base(path), func(t *testing.T) { goldenFitness(t, file) })
			checked++
		}
	}
	if checked == 0 && !reference.Given() {
		t.Fatal("none of the golden cases has a fitness step")
	}
	if checked == 0 {
		t.Skipf("skips the formulas of the fitness step: no case of %s has one", reference.Variable)
	}
	t.Logf("checked the fitness step of %d golden cases", checked)
}

// goldenCase is the metadata of a case.
type goldenCase struct {
	Selected, Other space.Arch
	Alpha, Tau      float64
	Beta            int
	Adam            Adam
	normal          []bool
	theta, cost     [][]float64
	ce, resource    [][]float64
	after           [][]float64
	expected, term  float64
}

func readGolden(t *testing.T, file *safetensors.File) goldenCase {
	var c goldenCase
	var rows []struct{ Normal bool }
	for text, v := range map[string]any{file.Metadata["fitness"]: &c, file.Metadata["rows"]: &rows} {
		if err := json.Unmarshal([]byte(text), v); err != nil {
			t.Fatal(err)
		}
	}
	for _, r := range rows {
		c.normal = append(c.normal, r.Normal)
	}
	c.theta, c.cost = matrix(t, file, "theta"), matrix(t, file, "cost")
	c.ce, c.resource = matrix(t, file, "fitness.grad_ce"), matrix(t, file, "fitness.grad_resource")
	c.after = matrix(t, file, "fitness.theta_after_adam")
	c.expected, c.term = matrix(t, file, "fitness.cost")[0][0], matrix(t, file, "fitness.resource_loss")[0][0]
	return c
}

// matrix reads a tensor of one or two dimensions by rows.
func matrix(t *testing.T, file *safetensors.File, name string) [][]float64 {
	tensor, found := file.Tensor(name)
	if !found {
		t.Fatalf("no tensor %q", name)
	}
	values, err := tensor.Float32s()
	if err != nil {
		t.Fatal(err)
	}
	columns := tensor.Shape[len(tensor.Shape)-1]
	rows := make([][]float64, len(values)/columns)
	for i, v := range values {
		rows[i/columns] = append(rows[i/columns], float64(v))
	}
	return rows
}

func goldenFitness(t *testing.T, file *safetensors.File) {
	g := readGolden(t, file)
	p := space.Problem{Normal: g.normal}
	for i := range g.theta[0] {
		var cost []float64
		for l := range g.cost {
			cost = append(cost, g.cost[l][i])
		}
		p.Pool = append(p.Pool, space.Candidate{Cost: cost})
	}
	f := New(p.Everything())
	for l := range f {
		f[l].Theta = g.theta[l]
	}
	loss := Loss{Problem: p, Resource: Resource{Alpha: g.Alpha, Tau: g.Tau, Beta: g.Beta}}
	got := loss.Gradient(f, g.Selected, g.Other, g.measured(f), make([]float64, len(f)))
	agree(t, "expected cost", got.Cost, g.expected)
	agree(t, "resource term", got.ResourceTerm, g.term)
	sum, rounding := got.Sum(), make([][]float64, len(f))
	for l := range f {
		for i := range f[l].Ops {
			agree(t, "cross-entropy gradient", got.CrossEntropy[l][i], g.ce[l][i])
			agree(t, "resource gradient", got.Resource[l][i], g.resource[l][i])
			rounding[l] = append(rounding[l], g.ce[l][i]+g.resource[l][i])
		}
	}
	ours, theirs := g.Adam.Step(f, sum), g.Adam.Step(f, rounding)
	for l := range f {
		for i := range f[l].Ops {
			agree(t, "θ after Adam on PyTorch's gradient", theirs[l].Theta[i], g.after[l][i])
			if sum[l][i] != 0 { // a gradient of exactly 0 is rounding noise there, which Adam blows up
				agree(t, "θ after Adam", ours[l].Theta[i], g.after[l][i])
			}
		}
	}
}

// measured finds ⟨∂L/∂y, e_a⟩ − ⟨∂L/∂y, e_b⟩ of each layer from the largest entry of its golden gradient; all others
// must then follow.
func (g goldenCase) measured(f Fitness) []float64 {
	m := make([]float64, len(f))
	for l, layer := range f {
		_, slope := layer.rescaled(0, g.Selected[l], g.Other[l])
		largest := 0
		for i, v := range g.ce[l] {
			if math.Abs(v) > math.Abs(g.ce[l][largest]) {
				largest = i
			}
		}
		m[l] = g.ce[l][largest] / slope[largest]
	}
	return m
}

func agree(t *testing.T, what string, got, want float64) {
	t.Helper()
	if math.Abs(got-want) > 1e-5*math.Max(math.Abs(want), 0.01) {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}
