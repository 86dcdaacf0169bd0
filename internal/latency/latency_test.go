package latency

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/plugins"
	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/supernet"
)

// Of three turns the first warms up, and in each the first pass. Of a group of two, the first run takes 1 and 3 ms
// where it counts, and the second always takes 5. A group of one takes 7, and the reference network 2 and 4 after them.
func TestGroupsTakeTurns(t *testing.T) {
	at, order := time.Unix(0, 0), []int{}
	run := func(i int, took ...time.Duration) func() error {
		return func() error {
			order = append(order, i)
			at = at.Add(took[0] * time.Millisecond)
			took = took[1:]
			return nil
		}
	}
	var seen []string
	m := Meter{Now: func() time.Time { return at }, WarmUp: 1, Repeats: 2,
		Reference: run(3, 90, 90, 90, 90, 90, 2, 90, 4, 90, 2, 90, 4),
		Each:      func(done, total int) { seen = append(seen, fmt.Sprint(done, " of ", total)) }}
	got, reference, err := m.Sweep(context.Background(), [][]func() error{
		{run(0, 90, 90, 90, 1, 90, 3), run(1, 5, 5, 5, 5, 5, 5)},
		{run(2, 7, 7, 7, 7, 7, 7)},
	})
	if want := [][]Time{{{2, 1.5, 2.5}, {5, 5, 5}}, {{7, 7, 7}}}; err != nil || !reflect.DeepEqual(got, want) ||
		reference != (Time{3, 2, 4}) {
		t.Errorf("got %v, reference %v, %v, want %v, reference {3 2 4}", got, reference, err, want)
	}
	if want := slices.Repeat([]int{0, 1, 0, 1, 3, 3, 2, 2, 3, 3}, 3); !slices.Equal(order, want) ||
		!slices.Equal(seen, []string{"1 of 3", "2 of 3", "3 of 3"}) {
		t.Errorf("order %v, want %v, seen %v", order, want, seen)
	}
	failure := errors.New("no")
	failing := [][]func() error{{func() error { return failure }}}
	if _, _, err := m.Sweep(context.Background(), failing); !errors.Is(err, failure) {
		t.Errorf("error %v, want that of the run", err)
	}
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	if _, _, err := m.Sweep(cancelled, [][]func() error{{run(0)}}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want that of the context", err)
	}
}

func TestQuantile(t *testing.T) {
	for q, want := range map[float64]float64{0: 1, 0.25: 2, 0.5: 4, 0.75: 7, 1: 16} {
		if got := Quantile([]float64{1, 2, 4, 7, 16}, q); got != want {
			t.Errorf("quantile %v is %v, want %v", q, got, want)
		}
	}
	if got := Quantile([]float64{1, 2}, 0.5); got != 1.5 {
		t.Errorf("the median of 1 and 2 is %v", got)
	}
}

// two is a table of a normal and a reduction layer.
func two() Table {
	of := func(ms float64) Time { return Time{ms, ms / 2, ms * 2} }
	macro := supernet.Macro{StemStride: 1, Channels: []int{4, 8}, Layers: "N R", Head: 8}
	return Table{Version: Version, Setup: Setup{Macro: macro, Image: [3]int{8, 8, 3}, Classes: 10, Batch: 2, Threads: 1,
		WarmUp: 1, Repeats: 3}, Reference: Reference{[]string{"r"}, "r0", of(8)}, Stem: of(0.25), Head: of(0.5),
		Layers: []Layer{
			{of(0.125), []Entry{{"a", "a0", of(1)}, {"b", "b0", of(2)}}},
			{of(0.0625), []Entry{{"a", "a1", of(3)}, {"b", "b1", of(4)}}},
		}}
}

func TestCostIsOperationAndItsPartOfTheMean(t *testing.T) {
	table := two()
	if err := table.Validate(); err != nil {
		t.Fatal(err)
	}
	if got := table.Fixed(); got != 0.75 {
		t.Errorf("fixed %v, want 0.75", got)
	}
	for _, x := range []struct {
		layer       int
		name, graph string
		want        float64
		err         string
	}{
		{0, "b", "b0", 2.125, ""},
		{1, "a", "a1", 3.0625, ""},
		{1, "c", "c1", 0, `there is no operation "c" at layer 1`},
		{1, "a", "a0", 0, `operation "a" at layer 1 is not the one that was measured`},
	} {
		got, err := table.Cost(x.layer, x.name, x.graph)
		if got != x.want || fmt.Sprint(err) != x.err && (err != nil || x.err != "") {
			t.Errorf("%s at layer %d: %v, %v, want %v, %s", x.name, x.layer, got, err, x.want, x.err)
		}
	}
}

func TestSlowdownIsThatOfTheReferenceNetwork(t *testing.T) {
	r := two().Reference
	if got, known := r.Slowdown(Reference{r.Ops, "r0", Time{10, 9, 12}}); got != 1.25 || !known {
		t.Errorf("got %v, %v, want 1.25", got, known)
	}
	if _, known := r.Slowdown(Reference{r.Ops, "r1", Time{10, 9, 12}}); known {
		t.Error("the slowdown is known from another network")
	}
}

// Quartiles are half the median and twice of it, so that each spread is 1.5; one operation is measured better.
func TestSpreadIsTheMedianOfOperations(t *testing.T) {
	table := two()
	if got := table.Spread(); got != 1.5 {
		t.Errorf("spread %v, want 1.5", got)
	}
	for _, l := range table.Layers {
		l.Ops[0].Time = Time{2, 1.75, 2.25}
	}
	if got := table.Spread(); got != 0.875 {
		t.Errorf("spread %v, want 0.875, between 0.25 and 1.5", got)
	}
}

func TestTablesOfOtherNetworksAreRefused(t *testing.T) {
	table := two()
	network := "it is of the network NR with channels [4 8], stem stride 1, head 8, relu, not of NR with channels "
	for want, change := range map[string]func(*Setup){
		network + "[4 9], stem stride 1, head 8, relu": func(s *Setup) { s.Macro.Channels = []int{4, 9} },
		network + "[4 8], stem stride 1, head 8, relu, squeeze-and-excite": func(s *Setup) {
			s.Macro.SqueezeExcite = true
		},
		"it is for images 8×8×3 of 10 classes, not for images 8×8×3 of 11 classes": func(s *Setup) { s.Classes = 11 },
		"it is for batches of 2, not of 3":                                         func(s *Setup) { s.Batch = 3 },
		"it is for 1 threads, not for 4":                                           func(s *Setup) { s.Threads = 4 },
		"<nil>": func(s *Setup) {
			s.Repeats, s.Macro.Name, s.Macro.Layers = 9, "small", "NR"
		},
	} {
		other := two().Setup
		change(&other)
		if err := table.Fits(other); fmt.Sprint(err) != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
}

func TestImpossibleTablesAreRefused(t *testing.T) {
	for _, c := range []struct {
		want   string
		change func(*Table)
	}{
		{"latency_table = 1: want 2: a table of another version of nse has to be measured anew",
			func(t *Table) { t.Version = 1 }},
		{"the reference network has no operations or no graph", func(t *Table) { t.Reference.Ops = nil }},
		{"the reference network takes no time", func(t *Table) { t.Reference.Time = Time{} }},
		{"reference: ms = 8, q1 = 9, q3 = 8: want 0 ≤ q1 ≤ ms ≤ q3",
			func(t *Table) { t.Reference.Time = Time{8, 9, 8} }},
		{`macro: layers = "N X": 'X' is none of N, R and E`, func(t *Table) { t.Macro.Layers = "N X" }},
		{"image [8 0 3]: want height, width and channels of 1 to 65536", func(t *Table) { t.Image[1] = 0 }},
		{"batch = 0: want 1 to 65536", func(t *Table) { t.Batch = 0 }},
		{"times of 1 layers for a macro-architecture of 2", func(t *Table) { t.Layers = t.Layers[:1] }},
		{"stem: ms = 1, q1 = 2, q3 = 3: want 0 ≤ q1 ≤ ms ≤ q3", func(t *Table) { t.Stem = Time{1, 2, 3} }},
		{"branch at layer 1: ms = -1, q1 = -1, q3 = -1: want 0 ≤ q1 ≤ ms ≤ q3",
			func(t *Table) { t.Layers[1].Branch = Time{-1, -1, -1} }},
		{`layer 0: operation "b" is there twice`, func(t *Table) { t.Layers[0].Ops[0].Name = "b" }},
		{"layer 1: operation 1 has no name or no graph", func(t *Table) { t.Layers[1].Ops[1].Graph = "" }},
		{"b at layer 1: ms = 1e+300, q1 = 0, q3 = 1e+300: want 0 ≤ q1 ≤ ms ≤ q3",
			func(t *Table) { t.Layers[1].Ops[1].Time = Time{1e300, 0, 1e300} }},
	} {
		table := two()
		c.change(&table)
		if err := table.Validate(); err == nil || err.Error() != c.want {
			t.Errorf("got  %v\nwant %s", err, c.want)
		}
	}
}

// stage is a network of two equal normal layers and a reduction layer, with three operations. The graphs of a and b are
// equal.
type stage struct {
	supernet.Skeleton
	built []string // fingerprints of what was built
}

func newStage(t *testing.T) (*stage, Setup) {
	t.Helper()
	setup := Setup{Macro: supernet.Macro{StemStride: 1, Channels: []int{4, 8}, Layers: "NNR", Head: 8},
		Image: [3]int{8, 8, 3}, Classes: 10, Batch: 2, Threads: 1, Repeats: 2}
	s, err := setup.Macro.Skeleton(supernet.Input{Height: 8, Width: 8, Channels: 3, Classes: 10})
	if err != nil {
		t.Fatal(err)
	}
	return &stage{Skeleton: s}, setup
}

func (s *stage) net(t *testing.T, kernels ...int) *supernet.Net {
	t.Helper()
	n, err := supernet.NewNet(s.Skeleton, func(op evolve.OpID, l sdk.Layer) (*sdk.Graph, error) {
		s.built = append(s.built, fmt.Sprint(kernels[op], "@", l.Index))
		family, err := plugins.Builtin("mbconv")
		if err != nil {
			return nil, err
		}
		return family.Graph(l, sdk.Attrs{"kernel": kernels[op], "expand": 1})
	}, 1, 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.Close)
	return n
}

func operation(name, kernel string) Operation {
	return Operation{name, []string{kernel + " normal", kernel + " normal", kernel + " reduction"}}
}

// ticking is a meter of two turns whose clock goes on by a ms more at every look, from some: no two measurements are
// equal.
func ticking(looks int) Meter {
	at := time.Unix(0, 0)
	return Meter{Repeats: 2, Reference: func() error { return nil }, Now: func() time.Time {
		looks++
		at = at.Add(time.Duration(looks) * time.Millisecond)
		return at
	}}
}

func TestEqualGraphsAreMeasuredOnceAndMoreAreAdded(t *testing.T) {
	s, setup := newStage(t)
	ops := []Operation{operation("a", "3"), operation("b", "3")}
	empty := New(setup, Machine{}, Reference{Ops: []string{"r"}, Graph: "r0"})
	first, slowdown, err := empty.Measure(context.Background(), ticking(0), s.net(t, 3, 3), s.Skeleton, ops)
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"3@0", "3@2"}; !slices.Equal(s.built, want) {
		t.Errorf("built %v, want %v", s.built, want)
	}
	if err := first.Validate(); err != nil {
		t.Error(err)
	}
	a, b := first.Layers[0].Ops[0], first.Layers[1].Ops[1]
	if a.Name != "a" || b.Name != "b" || a.Time != b.Time || a.Time == first.Layers[2].Ops[0].Time || a.Median == 0 {
		t.Errorf("table %+v", first)
	}
	// The two operations take looks 1 to 8 of a turn, in its second half 6 and 8 ms, and the reference network 12.
	// Stem, head and three means take 24 to 32 ms, the reference network 36, and all 36 more in the second turn. A
	// branch has a third of a mean.
	if first.Stem.Median != 42 || first.Head.Median != 44 || first.Layers[2].Branch.Median != 16.666667 {
		t.Errorf("stem %v, head %v, branch %v, want 42, 44 and 16.666667", first.Stem, first.Head,
			first.Layers[2].Branch)
	}
	if first.Reference.Median != 42 || slowdown != 1 {
		t.Errorf("reference %v, slowdown %v, want 42 and 1", first.Reference, slowdown)
	}

	s.built = nil
	copied := fmt.Sprintf("%+v", first)
	more := []Operation{operation("c", "5"), ops[0]}
	second, slowdown, err := first.Measure(context.Background(), ticking(99), s.net(t, 5, 3), s.Skeleton, more)
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"5@0", "5@2"}; !slices.Equal(s.built, want) {
		t.Errorf("built %v, want %v", s.built, want)
	}
	for l := range second.Layers {
		if got := second.Layers[l]; got.Branch != first.Layers[l].Branch ||
			!reflect.DeepEqual(got.Ops[:2], first.Layers[l].Ops) || got.Ops[2].Name != "c" {
			t.Errorf("layer %d became %+v from %+v", l, got, first.Layers[l])
		}
	}
	// From the 100th look on, the two of a group take 105 and 107 ms in its second half, and the reference network 111;
	// in the second turn 12 more.
	if slowdown != 117./42 || second.Layers[0].Ops[2].Median != 39.846154 ||
		second.Layers[2].Ops[2].Median != 40.564103 {
		t.Errorf("slowdown %v, new times %v and %v, want 117/42 and 111 and 113 divided by it", slowdown,
			second.Layers[0].Ops[2], second.Layers[2].Ops[2])
	}
	_, slowdown, err = second.Measure(context.Background(), Meter{}, s.net(t, 5, 3), s.Skeleton, more)
	if slowdown != 1 || err != nil {
		t.Errorf("where nothing is missing, something is measured: slowdown %v, %v", slowdown, err)
	}
	if second.Reference.Time != first.Reference.Time || second.Stem != first.Stem || second.Head != first.Head ||
		fmt.Sprintf("%+v", first) != copied {
		t.Error("what was measured first has changed")
	}
	if _, n := second.Missing(append(ops, more...)); n != 0 {
		t.Errorf("%d are still missing", n)
	}
	if subset, n := second.Missing([]Operation{operation("a", "7")}); n != 2 || len(subset[1]) != 0 {
		t.Errorf("of an operation that has changed, %v are missing", subset)
	}
}

func TestNetworksAreMeasuredWhole(t *testing.T) {
	s, setup := newStage(t)
	n := s.net(t, 3, 5)
	if err := n.Fill([]evolve.Path{{0}, {1}, {0, 1}}); err != nil {
		t.Fatal(err)
	}
	times, reference, err := ticking(0).Networks(context.Background(), n, s.Stem.In, setup.Batch,
		[]evolve.Arch{{{0}, {}, {1}}, {{}, {1}, {0, 1}}})
	if want := []Time{{12, 8, 16}, {20, 16, 24}}; err != nil || !slices.Equal(times, want) ||
		reference != (Time{20, 14, 26}) {
		t.Errorf("got %v, reference %v, %v, want %v, reference {20 14 26}", times, reference, err, want)
	}
	missing := []evolve.Arch{{{1}, {}, {1}}}
	if _, _, err := ticking(0).Networks(context.Background(), n, s.Stem.In, setup.Batch, missing); err == nil {
		t.Error("an architecture outside the subset is measured")
	}
}
