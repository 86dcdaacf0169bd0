package truth

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/internal/catalog"
	"github.com/nse-dev/nse/internal/random"
	"github.com/nse-dev/nse/internal/setting"
	"github.com/nse-dev/nse/supernet"
	"github.com/nse-dev/nse/supernet/config"
	"github.com/nse-dev/nse/supernet/retrain"
)

// planted is a table of 60 architectures whose accuracies follow from costs and one operation, with noise. The level
// is the test accuracy after 2 epochs. Held-out accuracies are 0.1 + level/2 after 1 epoch, and level after 2. Test
// accuracies are 0.3 + level/2 after 8 epochs.
func planted(t *testing.T, noise float64) *Table {
	t.Helper()
	c, err := config.Parse("small.toml", []byte(strings.NewReplacer(`"N R"`, `"N N R N"`, "tau = 0.02", "tau = 0.06").
		Replace(smallConfig)), config.Override{})
	if err != nil {
		t.Fatal(err)
	}
	x := opened(t, t.TempDir())
	r := Recipe{Architectures: 60, Parts: 3, Ends: []int{1, 2}, Repeated: 30, Seeds: 2, Longer: 40, LongerEpochs: 8,
		Images: imagesOf(x.source)}
	p := poolOps(t)
	skeleton, err := c.Macro.Skeleton(supernet.InputOf(x.source.Set))
	if err != nil {
		t.Fatal(err)
	}
	laid, err := catalog.LayOut(context.Background(), p, skeleton, catalog.Pricing{})
	if err != nil {
		t.Fatal(err)
	}
	table, err := Open(t.TempDir(), r, c, laid, x.source)
	if err != nil {
		t.Fatal(err)
	}
	for part := 1; part <= r.Parts; part++ {
		for _, j := range r.jobs(part) {
			for _, e := range j.ends {
				z := random.New(1, "planted", j.arch, j.seed, e)
				level := plantedLevel(table, table.Archs[j.arch])
				eps := func() float64 { return noise * z.NormFloat64() }
				row := Row{Arch: j.arch, Seed: j.seed, Ends: j.text(), Epochs: e}
				switch e {
				case 1:
					row.Held, row.Test = 0.1+level/2+eps(), 0.1+level/2+eps()
				case 2:
					row.Held, row.Test = level+eps(), level+eps()
				case 8:
					row.Held, row.Test = 0.3+level/2+eps(), 0.3+level/2+eps()
				}
				table.Rows = append(table.Rows, row)
			}
		}
	}
	return table
}

// plantedLevel is smooth in costs, and better with the second operation.
func plantedLevel(t *Table, a evolve.Arch) float64 {
	level := 0.3 + 4*t.problem.Cost(a)
	for _, path := range a {
		for _, op := range path {
			if op == 1 {
				level += 0.03
			}
		}
	}
	return level
}

func TestSummaryOfPlantedTable(t *testing.T) {
	const noise = 0.01
	table := planted(t, noise)
	s := table.Summary()
	for _, p := range s.Parts {
		if p.Done != p.All || p.All != len(table.Recipe.jobs(p.Part)) {
			t.Errorf("part %+v", p)
		}
	}
	if len(s.Lengths) != 3 || s.Lengths[2].N != 40 || s.Lengths[2].Epochs != 8 || s.Lengths[1].N != 60 {
		t.Errorf("lengths %+v", s.Lengths)
	}
	if s.Seeds == nil || s.Seeds.Architectures != 30 || math.Abs(s.Seeds.Within-noise) > 0.004 {
		t.Errorf("seeds %+v, want a spread of %v", s.Seeds, noise)
	}
	rho := math.Pow(s.Seeds.Between, 2) / (math.Pow(s.Seeds.Between, 2) + math.Pow(s.Seeds.Within, 2))
	if want := 2 / math.Pi * math.Asin(math.Sqrt(rho)); s.Seeds.Two == nil || s.Seeds.Ceiling != want {
		t.Errorf("seeds %+v, want the ceiling %v", s.Seeds, want)
	}
	if s.Stacks.N+s.Others.N != 60 || s.Stacks.N == 0 {
		t.Errorf("stacks %+v, others %+v", s.Stacks, s.Others)
	}
	by := map[string]Ranking{}
	for _, r := range s.Rankings {
		by[r.By] = r
	}
	if r := by["MACs"]; r.Correlation.N != 60 || r.Correlation.Tau < 0.2 || r.Partial != nil {
		t.Errorf("MACs: %+v", r)
	}
	r := by["held-out, epochs: 2, another seed"]
	if r.Correlation.N != 30 || r.Correlation.Tau < 0.6 || r.Partial == nil {
		t.Errorf("another seed: %+v", r)
	}
	if len(by) != 7 {
		t.Errorf("rankings %+v", s.Rankings)
	}
}

// Two architectures with two seeds: 0.5 and 0.6, 0.8 and 0.8.
func TestSeedsByHand(t *testing.T) {
	table := &Table{Recipe: Recipe{Ends: []int{1}, Repeated: 2, Seeds: 2}, Rows: []Row{{0, 1, "1", 1, 0, 0.5},
		{0, 2, "1", 1, 0, 0.6}, {1, 1, "1", 1, 0, 0.8}, {1, 2, "1", 1, 0, 0.8}}}
	s := table.seeds()
	if s == nil || s.Architectures != 2 || math.Abs(s.Within-0.05) > 1e-12 { // (0.005 + 0)/2 = 0.05²
		t.Fatalf("%+v", s)
	}
	if want := math.Sqrt(0.045 - 0.0025); math.Abs(s.Between-want) > 1e-12 {
		t.Errorf("between %v, want %v", s.Between, want)
	}
	table.Rows = table.Rows[:1]
	if s := table.seeds(); s != nil {
		t.Errorf("one training: %+v", s)
	}
}

func TestPredictorIsWorthMoreWithMore(t *testing.T) {
	table := planted(t, 0.005)
	list, err := table.Predict([]int{6, 30, 55}, 5, 1)
	if err != nil || len(list) != 6 {
		t.Fatalf("%+v, %v", list, err)
	}
	for i, want := range []float64{3, 15, 6, 30, 4, 20} { // 6 + 2 and 30 + 10 epochs for halving, of 2
		if list[i].Cost != want || list[i].Test != 60-list[i].N {
			t.Errorf("%+v, want the cost %v", list[i], want)
		}
	}
	for i := 0; i < 6; i += 2 {
		few, many := list[i], list[i+1]
		if many.Tau < few.Tau || many.Tau < 0.6 || many.R < 0.5 || many.RMSE > few.RMSE {
			t.Errorf("few %+v, many %+v", few, many)
		}
	}
	again, err := table.Predict([]int{6, 30, 55}, 5, 1)
	if err != nil || fmt.Sprint(again) != fmt.Sprint(list) {
		t.Errorf("again %+v, %v", again, err)
	}
}

func surrogateOf(t *testing.T, table *Table) *Surrogate {
	t.Helper()
	s, err := table.Surrogate()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSurrogateIsThatOfThePlantedTable(t *testing.T) {
	const noise = 0.005
	table := planted(t, noise)
	s := surrogateOf(t, table)
	if len(s.held) != 3 || s.final.epochs != 8 || s.Tau.Tau < 0.6 || s.Tau.N != 60 {
		t.Fatalf("%+v", s)
	}
	for i, want := range []line{{1, 0.1, 0.5, noise}, {2, 0, 1, noise}, {8, 0.3, 0.5, noise}} {
		got := s.held[i]
		at := func(l line) float64 { return l.alpha + 0.6*l.beta }
		if got.epochs != want.epochs || math.Abs(got.beta-want.beta) > 0.1 || math.Abs(at(got)-at(want)) > 0.01 ||
			got.dev > 2*want.dev || got.dev < want.dev/2 {
			t.Errorf("line %+v, want about %+v", got, want)
		}
	}
	for epochs, want := range map[int]line{1: s.held[0], 20: s.held[2], 4: {4, (s.held[1].alpha + s.held[2].alpha) / 2,
		(s.held[1].beta + s.held[2].beta) / 2, (s.held[1].dev + s.held[2].dev) / 2}} {
		if got := s.at(epochs); math.Abs(got.alpha-want.alpha)+math.Abs(got.beta-want.beta)+
			math.Abs(got.dev-want.dev) > 1e-12 {
			t.Errorf("after %d epochs %+v, want %+v", epochs, got, want)
		}
	}
	known := (table.Rows[1].Test + table.Rows[3].Test) / 2 // seeds 1 and 2 of architecture 0
	if got := s.Level(table.Archs[0]); math.Abs(got-known) > 1e-12 {
		t.Errorf("level %v of a known architecture, want %v", got, known)
	}
	other := evolve.Arch{{0, 1}, {}, {1, 2}, {0}}
	if got, want := s.Level(other), plantedLevel(table, other); math.Abs(got-want) > 5*s.residual+0.05 {
		t.Errorf("level %v, want about %v, residual %v", got, want, s.residual)
	}
	if s.Held(other, 1, 1) != s.Held(other, 1, 1) || s.Held(other, 1, 1) == s.Held(other, 1, 2) ||
		s.Test(other, 1) == s.Test(other, 2) {
		t.Error("noise does not follow from the seed")
	}
	table.Rows = table.Rows[:2]
	if _, err := table.Surrogate(); err == nil || !strings.Contains(err.Error(), "has too few rows for a surrogate") {
		t.Errorf("error %v", err)
	}
}

func engineOf(t *testing.T, tau float64) (*Table, *Engine) {
	t.Helper()
	table := planted(t, 0.005)
	e, err := NewEngine(surrogateOf(t, table), table.config, tau)
	if err != nil {
		t.Fatal(err)
	}
	return table, e
}

// Prices are those of training on the data set, which the engine does not have.
func TestPricesAreThoseOfTraining(t *testing.T) {
	table, e := engineOf(t, 1)
	solo := retrain.NewSolo(table.catalog.Skeleton, table.catalog.Build, table.source, table.config.Retrain,
		table.config.Score.Images, 1, 1)
	a := table.Archs[40]
	if got, want := e.AloneMACs(a, 3), solo.AloneMACs(a, 3); got != want || want == 0 {
		t.Errorf("price %v, want %v", got, want)
	}
	if _, err := e.Alone(t.Context(), a, []int{1}); err != nil {
		t.Fatal(err)
	}
	first := e.Spent()
	if first.Alone != solo.AloneMACs(a, 1) || first.TrainImages != 100 { // 5 batches of 20
		t.Errorf("spent %+v, want %v", first, solo.AloneMACs(a, 1))
	}
	if _, err := e.Alone(t.Context(), a, []int{1, 2}); err != nil {
		t.Fatal(err)
	}
	went := e.Spent().Minus(first)
	if want := solo.AloneMACs(a, 2) - 300*e.macs(a); went.Alone != want || went.TrainImages != 100 {
		t.Errorf("going on spent %+v, want %v", went, want)
	}
	if e.macs(a) != float64(table.catalog.Count(a).MACs) {
		t.Errorf("%v MACs, want %v", e.macs(a), table.catalog.Count(a).MACs)
	}
	accuracy, epochs, spent := e.Test(a)
	if accuracy != e.surrogate.Test(a, e.seed) || epochs != 8 || spent.TrainImages != 800 {
		t.Errorf("test: %v after %d epochs, %+v", accuracy, epochs, spent)
	}
}

func TestEngineShowsDifferencesOfLevels(t *testing.T) {
	table, e := engineOf(t, 1)
	a, b := table.Archs[30], table.Archs[50]
	g, err := e.Fitness(evolve.Step{}, a, b)
	if err != nil || len(g.A) != len(a) {
		t.Fatalf("%+v, %v", g, err)
	}
	for l := range a {
		if got, want := g.B[l]-g.A[l], e.level(a)-e.level(with(a, l, b[l])); math.Abs(got-want) > 1e-12 {
			t.Errorf("layer %d: %v, want %v", l, got, want)
		}
	}
	weights := [][]float64{{0, 1, 0, 0}, {1, 0, 0, 0}, {0, 0, 1}, {0, 0.5, 0.5, 0}} // layer 3 has no identity
	weights[3] = []float64{0, 0, 0, 1}
	loss, products, err := e.FitnessMixed(evolve.Step{}, weights)
	if want := (evolve.Arch{{0}, {}, {2}, {2}}); err != nil || loss != 1-e.level(want) ||
		products[1][0] != -e.level(want) || products[0][0] != 0 {
		t.Errorf("loss %v, products %v, error %v", loss, products, err)
	}
	err = e.Score(t.Context(), []evolve.Arch{a, b}, func(i int, accuracy float64) error {
		if want := e.level([]evolve.Arch{a, b}[i]); accuracy != want {
			t.Errorf("score %v without noise, want %v", accuracy, want)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	for _, tau := range []float64{0, 1.1, math.NaN()} {
		if _, err := NewEngine(e.surrogate, table.config, tau); err == nil {
			t.Errorf("τ = %v is taken", tau)
		}
	}
}

// A table is the same without its data set. Images of another data set, and a constraint beyond it, are refused.
func TestReadNeedsNoData(t *testing.T) {
	table := planted(t, 0.005)
	read, err := Read(t.Context(), table.dir, table.Recipe, table.config, poolOps(t))
	if err != nil || fmt.Sprint(read.Archs) != fmt.Sprint(table.Archs) {
		t.Errorf("error %v", err)
	}
	_, err = Read(t.Context(), t.TempDir(), table.Recipe, table.config, poolOps(t))
	if err == nil || !strings.HasSuffix(err.Error(), "has no table yet: make it with nse table run") {
		t.Errorf("an empty folder: %v", err)
	}
	without := table.Recipe
	without.Images = Images{}
	if _, err := Read(t.Context(), table.dir, without, table.config, poolOps(t)); err == nil ||
		!strings.Contains(err.Error(), "the recipe has no [images]") {
		t.Errorf("no images: %v", err)
	}
	without.Images = table.Recipe.Images
	without.Images.Train++
	if _, err := Open(table.dir, without, table.config, table.catalog, table.source); err == nil ||
		!strings.Contains(err.Error(), "Train:101") {
		t.Errorf("other images: %v", err)
	}
	list := filepath.Join(table.dir, "architectures.csv")
	if err := os.WriteFile(list, []byte("arch\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(t.Context(), table.dir, table.Recipe, table.config, poolOps(t)); err == nil {
		t.Error("another list of architectures is read")
	}
	c := table.config.Search.Constraint
	if err := table.Covers(c); err != nil {
		t.Error(err)
	}
	c.Tau *= 2
	if e, ok := table.Covers(c).(*setting.Error); !ok || e.Key != "constraint.tau" {
		t.Errorf("error %v", e)
	}
}
