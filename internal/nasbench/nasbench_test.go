package nasbench

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/nse-dev/nse/evolve"
)

// made is the text of a table in which a cell's accuracies follow from its digits.
func made() string {
	var b strings.Builder
	b.WriteString("index,ops,c10_valid,c10_test,c100_valid,c100_test,in16_valid,in16_test\n")
	for cell := range cells {
		valid := 100 * madeAccuracy(cell)
		fmt.Fprintf(&b, "%d,%s,%.4f,%.4f,%.4f,%.4f,%.4f,%.4f\n", cell, digits(cell), valid, valid/2, valid/3, valid/4,
			valid/5, valid/6)
	}
	return b.String()
}

// madeAccuracy is 0.1 to 0.9, and another for every cell.
func madeAccuracy(cell int) float64 {
	return math.Round(1e6*(0.1+0.8*float64(cell*7919%cells)/cells)) / 1e6
}

func zipped(t testing.TB, text string) *bytes.Buffer {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return &b
}

func madeTable(t testing.TB) *Table {
	t.Helper()
	table, err := read(zipped(t, made()))
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// An architecture is found in the table by the digits of its operations, in both spaces and all data sets.
func TestReadFindsEveryCell(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, File), zipped(t, made()).Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	table, err := Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	cell, _ := number("421303")
	for _, c := range []struct {
		space Space
		arch  evolve.Arch
	}{{Edges, evolve.Arch{{4}, {2}, {1}, {3}, {0}, {3}}}, {Pairs, evolve.Arch{{4*5 + 2}, {1*5 + 3}, {0*5 + 3}}}} {
		for i, data := range DataSets() {
			e := engine(t, table, Config{Space: c.space, Data: data})
			valid, err1 := e.Valid(c.arch)
			test, err2 := e.Test(c.arch)
			want := madeAccuracy(cell) / float64(2*i+1)
			if err1 != nil || err2 != nil || math.Abs(valid-want) > 1e-6 ||
				math.Abs(test-madeAccuracy(cell)/float64(2*i+2)) > 1e-6 {
				t.Errorf("%v, %s: %v and %v (%v, %v), want %v", c.arch, data, valid, test, err1, err2, want)
			}
		}
	}
}

func TestErrorsOfTablesSayWhereAndWhat(t *testing.T) {
	text := made()
	for _, c := range []struct{ old, new, want string }{
		{"c100_test", "c100", `line 1: there is no column "c100_test"`},
		{"\n1,000001,", "\n1,00001,", `line 3: operations "00001": want 6 digits`},
		{"\n1,000001,", "\n1,000005,", `line 3: operations "000005": want digits 0 to 4`},
		{"\n1,000001,", "\n1,000000,", "line 3: the operations 000000 have a row already"},
		{"\n0,000000,10", "\n0,000000,101", `line 2: accuracy "101.0000": want 0 to 100`},
		{"\n0,000000,", "\n0,000000,x", `line 2: accuracy "x10.0000": want 0 to 100`},
		{text[strings.LastIndex(text[:len(text)-1], "\n"):], "\n", "there is no row of the operations 444444"},
		{"\n1,000001,", "\n1,", "record on line 3: wrong number of fields"},
	} {
		if _, err := read(zipped(t, strings.Replace(text, c.old, c.new, 1))); err == nil || err.Error() != c.want {
			t.Errorf("got %v, want %s", err, c.want)
		}
	}
	dir := t.TempDir()
	if _, err := Read(dir); err == nil || !strings.HasPrefix(err.Error(), filepath.Join(dir, File)+": ") {
		t.Errorf("got %v, want an error about the file", err)
	}
	if _, err := read(strings.NewReader("no gzip")); err == nil {
		t.Error("text that is not compressed is read")
	}
}

// Costs are those of the benchmark: a few by hand, in millions.
func TestCosts(t *testing.T) {
	for _, c := range []struct {
		data Data
		want float64
	}{{CIFAR10, 15.647370}, {CIFAR100, 15.653220}, {ImageNet16, 3.919480}} {
		for space, arch := range map[Space]evolve.Arch{
			Edges: {{4}, {2}, {1}, {2}, {1}, {1}},
			Pairs: {{4*5 + 2}, {1*5 + 2}, {1*5 + 1}},
		} {
			p, err := Problem(space, c.data)
			if err != nil {
				t.Fatal(err)
			}
			if got := p.Cost(arch); math.Abs(got-c.want) > 1e-6 {
				t.Errorf("%s, space %d: %v, want %v", c.data, space, got, c.want)
			}
			if n := p.Size(2, true).Int64(); n != cells {
				t.Errorf("space %d has %d architectures, want %d", space, n, cells)
			}
		}
	}
	p, err := Problem(Pairs, CIFAR10)
	if err != nil || p.Pool[8].Name != "skip_connect,nor_conv_3x3" {
		t.Errorf("operation 8 is %q, %v", p.Pool[8].Name, err)
	}
	if _, err := Problem(Edges, "mnist"); err == nil {
		t.Error("there is a problem on mnist")
	}
}

func TestArchitecturesThatAreNoCell(t *testing.T) {
	e := engine(t, madeTable(t), Config{Space: Pairs, Data: CIFAR10})
	for _, a := range []evolve.Arch{{{1}, {2}}, {{1}, {2}, {}}, {{1}, {2}, {3, 4}}, {{1}, {2}, {25}}} {
		if _, err := e.Valid(a); err == nil {
			t.Errorf("%v has an accuracy", a)
		}
		if _, err := e.Alone(t.Context(), a, []int{1}); err == nil {
			t.Errorf("%v can be trained alone", a)
		}
		if _, err := e.Fitness(evolve.Step{}, a, a); err == nil {
			t.Errorf("%v has a fitness", a)
		}
	}
}

// Measured accuracies have the rank correlation that was asked for, counted over all pairs of some cells. With 1 they
// are those of the table.
func TestNoiseMakesTheRankCorrelation(t *testing.T) {
	table := madeTable(t)
	for _, c := range []struct {
		tau    float64
		epochs int
		want   float64
	}{
		{0.3, 12, 0.3}, {0.5, 12, 0.5}, {0.8, 12, 0.8}, {1, 12, 1},
		// σ² = 1/tan²(π/4) = 1 becomes 4 and 1/4: τ = 2/π·arcsin(1/√5) and 2/π·arcsin(2/√5)
		{0.5, 3, 0.295}, {0.5, 48, 0.705},
	} {
		e := engine(t, table, Config{Space: Edges, Data: CIFAR10, Tau: c.tau, Seed: 7})
		var proxy, truth []float64
		for cell := 0; cell < cells; cell += 7 {
			a := Edges.arch(cell)
			valid, _ := e.Valid(a)
			accuracy, err := e.Alone(t.Context(), a, []int{1, c.epochs})
			if err != nil || c.tau == 1 && accuracy != valid {
				t.Fatalf("cell %d: %v, want %v, %v", cell, accuracy, valid, err)
			}
			proxy, truth = append(proxy, accuracy), append(truth, valid)
		}
		sum, n := 0, 0
		for i := range proxy {
			for j := range i {
				n++
				switch d := (proxy[i] - proxy[j]) * (truth[i] - truth[j]); {
				case d > 0:
					sum++
				case d < 0:
					sum--
				}
			}
		}
		if got := float64(sum) / float64(n); math.Abs(got-c.want) > 0.02 {
			t.Errorf("τ = %.3f after %d epochs, want %v", got, c.epochs, c.want)
		}
	}
}

// Shared weights measure a cell alike each time, and another seed measures it differently.
func TestScoresFollowFromTheSeed(t *testing.T) {
	table := madeTable(t)
	archs := []evolve.Arch{Edges.arch(11), Edges.arch(2222), Edges.arch(11)}
	score := func(seed uint64) (accuracies []float64) {
		e := engine(t, table, Config{Space: Edges, Data: CIFAR10, Tau: 0.5, Seed: seed})
		err := e.Score(t.Context(), archs, func(i int, a float64) error {
			if i != len(accuracies) {
				t.Errorf("architecture %d comes as number %d", i, len(accuracies))
			}
			accuracies = append(accuracies, a)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return accuracies
	}
	first, other := score(1), score(2)
	if first[0] != first[2] || !slices.Equal(first, score(1)) || first[0] == other[0] {
		t.Errorf("%v, of another seed %v", first, other)
	}
}

func TestConfigsThatMakeNoEngine(t *testing.T) {
	table := madeTable(t)
	for name, change := range map[string]func(c *Config){
		"space":       func(c *Config) { c.Space = 3 },
		"data":        func(c *Config) { c.Data = "mnist" },
		"tau 0":       func(c *Config) { c.Tau = 0 },
		"tau NaN":     func(c *Config) { c.Tau = math.NaN() },
		"tau above 1": func(c *Config) { c.Tau = 1.01 },
		"epochs":      func(c *Config) { c.Epochs = 0 },
		"gradient":    func(c *Config) { c.Gradient = math.Inf(1) },
	} {
		c := Config{Space: Edges, Data: CIFAR10, Tau: 1, Epochs: 12}
		change(&c)
		if _, err := New(table, c); err == nil {
			t.Errorf("%s: there is an engine", name)
		}
	}
}

// Products differ by what the table says of an exchange of one layer's operation.
func TestFitnessIsADifferenceInTheTable(t *testing.T) {
	e := engine(t, madeTable(t), Config{Space: Pairs, Data: CIFAR10})
	a, b := e.config.Space.arch(1234), e.config.Space.arch(9876)
	g, err := e.Fitness(evolve.Step{}, a, b)
	if err != nil {
		t.Fatal(err)
	}
	valid, _ := e.Valid(a)
	if math.Abs(g.Loss-(1-valid)) > 1e-15 {
		t.Errorf("loss %v, want %v", g.Loss, 1-valid)
	}
	for l := range a {
		other := slices.Clone(a)
		other[l] = b[l]
		instead, _ := e.Valid(other)
		if got := g.A[l] - g.B[l]; math.Abs(got-(instead-valid)) > 1e-15 {
			t.Errorf("layer %d: %v, want %v", l, got, instead-valid)
		}
	}
	e.config.Gradient = 0.1
	first, _ := e.Fitness(evolve.Step{Round: 1, Index: 2}, a, b)
	same, _ := e.Fitness(evolve.Step{Round: 1, Index: 2}, a, b)
	other, _ := e.Fitness(evolve.Step{Round: 1, Index: 3}, a, b)
	if !slices.Equal(first.A, same.A) || slices.Equal(first.A, other.A) || slices.Equal(first.A, g.A) {
		t.Errorf("noise of the gradients: %v, again %v, of another step %v", first.A, same.A, other.A)
	}
}

// The products of a mixture are the derivatives of its loss, which is linear in every weight.
func TestMixtureIsTheExpectation(t *testing.T) {
	e := engine(t, madeTable(t), Config{Space: Pairs, Data: CIFAR100})
	weights := make([][]float64, 3)
	for l := range weights {
		total := 0.0
		for i := range 25 {
			w := float64((i*7+l*3)%11 + 1)
			weights[l], total = append(weights[l], w), total+w
		}
		for i := range weights[l] {
			weights[l][i] /= total
		}
	}
	loss, products, err := e.FitnessMixed(evolve.Step{}, weights)
	if err != nil {
		t.Fatal(err)
	}
	expected := 0.0
	for cell := range cells {
		a := e.config.Space.arch(cell)
		valid, _ := e.Valid(a)
		expected += weights[0][a[0][0]] * weights[1][a[1][0]] * weights[2][a[2][0]] * valid
	}
	if math.Abs(loss-(1-expected)) > 1e-9 {
		t.Errorf("loss %v, want %v", loss, 1-expected)
	}
	for l, i := range []int{3, 11, 24} {
		moved := slices.Clone(weights)
		moved[l] = slices.Clone(weights[l])
		moved[l][i] += 0.5
		after, err := e.TrainMixed(evolve.Step{}, moved)
		if err != nil || math.Abs((after-loss)/0.5-products[l][i]) > 1e-9 {
			t.Errorf("layer %d: derivative %v, product %v, %v", l, (after-loss)/0.5, products[l][i], err)
		}
	}
	if _, err := e.TrainMixed(evolve.Step{}, weights[:2]); err == nil {
		t.Error("weights of two layers are taken")
	}
	weights[1] = weights[1][:5]
	if _, _, err := e.FitnessMixed(evolve.Step{}, weights); err == nil {
		t.Error("weights of five operations are taken")
	}
}

// arch is the architecture of a cell.
func (s Space) arch(cell int) evolve.Arch {
	a := make(evolve.Arch, edges/int(s))
	for l := range slices.Backward(a) {
		a[l] = evolve.Path{evolve.OpID(cell % s.operations())}
		cell /= s.operations()
	}
	return a
}

// engine is one of 12 epochs, without noise unless that is said.
func engine(t testing.TB, table *Table, c Config) *Engine {
	t.Helper()
	c.Epochs = 12
	if c.Tau == 0 {
		c.Tau = 1
	}
	e, err := New(table, c)
	if err != nil {
		t.Fatal(err)
	}
	return e
}
