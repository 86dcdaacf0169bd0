package truth

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/internal/catalog"
	"github.com/nse-dev/nse/plugins"
	"github.com/nse-dev/nse/registry"
	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/supernet"
	"github.com/nse-dev/nse/supernet/config"
)

// smallPool has three operations of different costs.
const smallPool = `[[plugin]]
builtin = "mbconv"

[[plugin.op]]
name = "mbconv"
kernel = [3, 5]
expand = [1]

[[plugin.op]]
name = "mbconv"
kernel = [3]
expand = [3]
`

// smallConfig trains in a blink.
const smallConfig = `[data]
spec = "generated:120"
size = 8
held_out = 0.2

[macro]
channels = [4, 8]
layers = "N R"
head = 8

[search]
k = 2

[search.constraint]
tau = 0.02
width = 1
alpha = 0

[score]
images = 40

[retrain]
batch = 20
warmup_epochs = 0.2
ema = 0
`

// smallRecipe has two parts, of three and two architectures.
var smallRecipe = Recipe{Architectures: 5, Parts: 2, Ends: []int{1, 2}, Repeated: 3, Seeds: 2, Longer: 1,
	LongerEpochs: 3}

// world opens the small world, and its table in dir.
func world(t *testing.T, dir string) (*Table, error) {
	t.Helper()
	c, err := config.Parse("small.toml", []byte(smallConfig), config.Override{})
	if err != nil {
		t.Fatal(err)
	}
	source := supernet.Source{}
	if source.Set, err = c.Open(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if source.Train, source.Held, err = source.Set.Train.Hold(20, c.Seed); err != nil {
		t.Fatal(err)
	}
	skeleton, err := c.Macro.Skeleton(supernet.InputOf(source.Set))
	if err != nil {
		t.Fatal(err)
	}
	x, err := catalog.LayOut(context.Background(), poolOps(t), skeleton, catalog.Pricing{})
	if err != nil {
		t.Fatal(err)
	}
	return Open(dir, smallRecipe, c, x, source)
}

// poolOps is the operations of smallPool, in this process.
func poolOps(t *testing.T) []registry.Op {
	t.Helper()
	p, err := registry.Parse(context.Background(), "ops.toml", []byte(smallPool), ".",
		registry.Options{InProcess: func(name string) (sdk.Op, bool) {
			op, err := plugins.Builtin(name)
			return op, err == nil
		}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p.Ops
}

func opened(t *testing.T, dir string) *Table {
	t.Helper()
	table, err := world(t, dir)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func run(t *testing.T, table *Table, part int) {
	t.Helper()
	if err := table.Run(context.Background(), part, func(int, int, Row) {}); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, dir, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestStoppedTablesGoOn stops a part after each training, tears the last line off, and goes on.
func TestStoppedTablesGoOn(t *testing.T) {
	whole, parts := t.TempDir(), t.TempDir()
	table := opened(t, whole)
	run(t, table, 1)
	run(t, table, 2)
	for stops := 0; ; stops++ {
		ctx, cancel := context.WithCancel(context.Background())
		err := opened(t, parts).Run(ctx, 1, func(int, int, Row) { cancel() })
		cancel()
		if err == nil {
			if stops < 3 {
				t.Errorf("the part has ended after %d stops", stops)
			}
			break
		}
		if !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		path := filepath.Join(parts, "part-01.csv")
		torn := read(t, parts, "part-01.csv") + "4,1,1+"
		if err := os.WriteFile(path, []byte(torn), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	run(t, opened(t, parts), 2)
	for _, name := range []string{"architectures.csv", "part-01.csv", "part-02.csv"} {
		if got, want := read(t, parts, name), read(t, whole, name); got != want {
			t.Errorf("%s of a stopped table:\n%swant\n%s", name, got, want)
		}
	}
	if n := len(opened(t, whole).Rows); n != 5*2+3*2+1 {
		t.Errorf("%d rows, want 17", n)
	}
}

// TestLanesDoNotMatter trains one architecture at a time, and two.
func TestLanesDoNotMatter(t *testing.T) {
	var texts []string
	for _, workers := range []int{1, 3} {
		dir := t.TempDir()
		table := opened(t, dir)
		table.config.Workers = workers
		run(t, table, 1)
		texts = append(texts, read(t, dir, "part-01.csv"))
	}
	if texts[0] != texts[1] {
		t.Errorf("on one core\n%son three\n%s", texts[0], texts[1])
	}
}

// TestRowsDiffer looks whether seeds, epochs and architectures matter, so that equal digits mean something.
func TestRowsDiffer(t *testing.T) {
	dir := t.TempDir()
	table := opened(t, dir)
	run(t, table, 1)
	var losses []string
	for _, r := range opened(t, dir).Rows {
		losses = append(losses, fmt.Sprint(r.Held, r.Test))
	}
	slices.Sort(losses)
	if distinct := slices.Compact(losses); len(distinct) < 4 {
		t.Errorf("only %d different results", len(distinct))
	}
}

func TestCheckFindsAnotherDigit(t *testing.T) {
	dir := t.TempDir()
	run(t, opened(t, dir), 1)
	differ, err := opened(t, dir).Check(context.Background(), 3, 1, func(was, is Row) {})
	if err != nil || differ != nil {
		t.Fatalf("rows %v differ, error %v", differ, err)
	}
	path := filepath.Join(dir, "part-01.csv")
	lines := strings.Split(strings.TrimSpace(read(t, dir, "part-01.csv")), "\n")
	for i := range lines[1:] {
		lines[i+1] = lines[i+1][:len(lines[i+1])-1] + "x"
	}
	changed := strings.NewReplacer("0x", "1", "1x", "2", "2x", "3", "3x", "4", "4x", "5", "5x", "6", "6x", "7", "7x",
		"8", "8x", "9", "9x", "0").Replace(strings.Join(lines, "\n") + "\n")
	if err := os.WriteFile(path, []byte(changed), 0o644); err != nil {
		t.Fatal(err)
	}
	told := 0
	differ, err = opened(t, dir).Check(context.Background(), 3, 1, func(was, is Row) { told++ })
	if err != nil || told == 0 || len(differ) != told {
		t.Errorf("%d of %d changed rows are found, error %v", len(differ), told, err)
	}
}

func TestOtherArchitecturesAreRefused(t *testing.T) {
	dir := t.TempDir()
	opened(t, dir)
	path := filepath.Join(dir, "architectures.csv")
	other := strings.Replace(read(t, dir, "architectures.csv"), "k3", "k5", 1)
	if err := os.WriteFile(path, []byte(other), 0o644); err != nil {
		t.Fatal(err)
	}
	const want = "does not list the architectures of the recipe"
	if _, err := world(t, dir); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("error %v", err)
	}
}

func TestDamagedPartsAreRefused(t *testing.T) {
	for text, want := range map[string]string{
		"arch,seed\n": "part-01.csv:1:1: want the heading arch,seed,cycles,epochs,held,test",
		heading + "0,1,1+2,1,0.5,0.5\n7,1,1,1,0,0\n": "part-01.csv:3:1: there is no architecture 7",
		heading + "0,1,1+2,1,0.5\n":                  "part-01.csv:2:1: record on line 1: wrong number of fields",
		heading + "0,1,1+2,1,much,0.5\n": `part-01.csv:2:1: strconv.ParseFloat: parsing "much": ` +
			"invalid syntax",
	} {
		dir := t.TempDir()
		opened(t, dir)
		if err := os.WriteFile(filepath.Join(dir, "part-01.csv"), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := world(t, dir); err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("error %v, want %s", err, want)
		}
	}
}

// spread is a problem of ten operations in three layers.
func spread() (evolve.Problem, evolve.Config) {
	p := evolve.Problem{Normal: []bool{true, false, true}, Fixed: 0.1}
	for i := range 10 {
		cost := 0.05 * float64(i+1)
		p.Pool = append(p.Pool, evolve.Candidate{Name: fmt.Sprint(i), Cost: []float64{cost, 2 * cost, cost}})
	}
	c, err := evolve.Preset("paper")
	if err != nil {
		panic(err)
	}
	c.Constraint.Tau, c.Constraint.Width = 2, 0.5
	return p, c
}

// TestDrawSpreads counts architectures by cost and by branches.
func TestDrawSpreads(t *testing.T) {
	p, c := spread()
	list := Draw(p, c, 400, 1)
	if len(list) != 400 {
		t.Fatalf("%d architectures, want 400", len(list))
	}
	tenths, branches, distinct := map[int]int{}, map[int]int{}, map[string]bool{}
	for _, a := range list {
		cost := p.Cost(a)
		if cost < c.Constraint.Low() || cost > c.Constraint.High() || len(a[1]) == 0 {
			t.Errorf("%v costs %v", a, cost)
		}
		n := 0
		for _, path := range a {
			n += len(path)
			if !slices.IsSorted(path) || len(path) > c.K {
				t.Errorf("path %v", path)
			}
		}
		branches[n]++
		tenths[min(int((cost-c.Constraint.Low())/0.2), 9)]++
		distinct[fmt.Sprint(a)] = true
	}
	if len(distinct) != 400 {
		t.Errorf("%d are different", len(distinct))
	}
	for tenth := range cells {
		if n := tenths[tenth]; n < 25 || n > 55 {
			t.Errorf("%d of 400 architectures in tenth %d of the interval", n, tenth)
		}
	}
	for n := 2; n <= 8; n++ {
		if branches[n] < 25 {
			t.Errorf("%d of 400 architectures with %d branches", branches[n], n)
		}
	}
	if again := Draw(p, c, 400, 1); fmt.Sprint(again) != fmt.Sprint(list) {
		t.Error("another draw differs")
	}
	if other := Draw(p, c, 400, 2); fmt.Sprint(other) == fmt.Sprint(list) {
		t.Error("another seed draws the same")
	}
}

// TestDrawBeginsWithStacks: those of 0.1 + 4·cost within 1 to 3.
func TestDrawBeginsWithStacks(t *testing.T) {
	p, c := spread()
	list := Draw(p, c, 12, 1)
	for i, op := range []evolve.OpID{4, 5, 6, 7, 8, 9} {
		if want := fmt.Sprint(evolve.Arch{{op}, {op}, {op}}); fmt.Sprint(list[i]) != want {
			t.Errorf("architecture %d is %v, want %s", i, list[i], want)
		}
	}
}

func TestDrawEnds(t *testing.T) {
	p, c := spread()
	p.Normal, p.Pool, c.Constraint.Width = []bool{false}, p.Pool[:2], 1
	if n := len(Draw(p, c, 1000, 1)); n != 3 {
		t.Errorf("%d architectures, the space has 3", n)
	}
}

// Rows are of the images that they were trained on, and of no others.
func TestTablesKnowTheirImages(t *testing.T) {
	dir := t.TempDir()
	run(t, opened(t, dir), 1)
	opened(t, dir)
	path := filepath.Join(dir, "images.json")
	was := read(t, dir, "images.json")
	for text, want := range map[string]string{
		strings.Replace(was, `"images": 20`, `"images": 21`, 1): "tells other images than the data set has",
		"": "has rows of an older nse, which held out other images",
	} {
		err := os.WriteFile(path, []byte(text), 0o644)
		if text == "" {
			err = os.Remove(path)
		}
		if err != nil || text == was {
			t.Fatal(text, err)
		}
		if _, err := world(t, dir); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}
