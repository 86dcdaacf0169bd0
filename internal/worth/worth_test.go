package worth

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/nse-dev/nse/internal/random"
)

// world has planted worths of operations, anywhere and at places.
type world struct {
	anywhere []float64
	own      map[place]float64
}

func plant(seed uint64, ops, layers int) world {
	r := random.New(seed, "worths", 0, 0, 0)
	w := world{own: map[place]float64{}}
	for op := range ops {
		w.anywhere = append(w.anywhere, 0.02*r.NormFloat64())
		for l := range layers {
			w.own[place{l, op}] = 0.01 * r.NormFloat64()
		}
	}
	return w
}

func (w world) worth(at place) float64 {
	if at.op == left {
		return 0
	}
	return w.anywhere[at.op] + w.own[at]
}

// trained draws n architectures, whose MACs count too, with noise of a training.
func (w world) trained(seed uint64, n, layers int, noise float64) (points []point) {
	r := random.New(seed, "trained", 0, 0, 0)
	for range n {
		p := point{macs: 1 + r.Float64(), layers: make([][]int, layers)}
		p.accuracy = 0.6 + 0.1*math.Log(p.macs) + noise*r.NormFloat64()
		for l := range layers {
			p.layers[l] = r.Perm(len(w.anywhere))[:1+r.IntN(2)]
			slices.Sort(p.layers[l])
			for _, op := range p.layers[l] {
				p.accuracy += w.worth(place{l, op})
			}
		}
		points = append(points, p)
	}
	return points
}

// loss is the true value of a swap.
func (w world) loss(s swap) (sum float64) {
	for _, at := range s.lost.places() {
		sum += s.lost[at] * w.worth(at)
	}
	return sum
}

// Of the 95 % intervals over layers and by layer, at least 92 % of 100 worlds hold the planted loss, and not nearly all
// do: an interval that says nothing would. With little noise the planted order comes out.
func TestIntervalsCover(t *testing.T) {
	const layers, ops = 4, 6
	normal := []bool{true, false, true, false}
	for _, by := range []string{"operations", "places"} {
		held, total, width := 0, 0, 0.0
		for seed := range uint64(60) {
			w := plant(seed, ops, layers)
			m, err := fit(w.trained(seed, 40, layers, 0.02))
			if err != nil {
				t.Fatal(err)
			}
			s := newSwaps(m, normal)
			for op := range ops {
				layer := all
				if by == "places" {
					layer = op % layers
				}
				x := s.without(op, layer)
				if x.archs == 0 {
					continue
				}
				mean, deviation := m.expect(x.lost)
				reach := m.quantile() * deviation
				if want := w.loss(x); math.Abs(mean-want) <= reach {
					held++
				}
				total, width = total+1, width+reach
			}
		}
		part, width := float64(held)/float64(total), width/float64(total)
		if part < 0.92 || part > 0.995 {
			t.Errorf("%s: %d of %d intervals hold what was planted", by, held, total)
		}
		if width > 0.06 {
			t.Errorf("%s: intervals are ±%.3f wide", by, width)
		}
	}
}

func trials(w world, names []string, n int, noise float64) *table {
	t := &table{names: names, index: map[string]int{}, normal: []bool{true, false, true, false}}
	for i, name := range names {
		t.index[name] = i
	}
	for _, p := range w.trained(1, n, 4, noise) {
		ops := make([][]string, 4)
		for l, path := range p.layers {
			for _, op := range path {
				ops[l] = append(ops[l], names[op])
			}
		}
		t.add(ops, int64(1e6*p.macs), 4, p.accuracy)
	}
	return t
}

// One operation is worth 5 points wherever it is, and all others nothing.
func TestRanksWhatIsPlanted(t *testing.T) {
	w := world{anywhere: []float64{0, 0.05, 0, 0, 0}, own: map[place]float64{}}
	tab := trials(w, []string{"a", "b", "c", "d", "e"}, 60, 1e-3)
	tab.names = append(tab.names, "never")
	x, err := tab.report()
	if err != nil {
		t.Fatal(err)
	}
	if x.Trainings != 60 || x.Epochs != 4 || len(x.Ops) != 5 || x.Ops[0].Op != "b" ||
		fmt.Sprint(x.Unused) != "[never]" {
		t.Fatalf("got %+v", x)
	}
	for _, at := range x.Places {
		if at.Op == "b" && (math.Abs(at.Loss-0.05) > 2e-3 || at.Low > 0.05 || at.High < 0.05) {
			t.Errorf("layer %d: loses %.4f (%.4f to %.4f), want 0.05", *at.Layer, at.Loss, at.Low, at.High)
		}
		if at.Op != "b" && at.Loss > 2e-3 {
			t.Errorf("%s in layer %d loses %.4f, want nothing", at.Op, *at.Layer, at.Loss)
		}
	}
	if rows := x.Rows(true); rows[0] != "operation\tlayer\tloss without\t95 %\tinstead\tarchitectures" {
		t.Error(rows[0])
	}
	again, _ := tab.report()
	if fmt.Sprintf("%+v", again.Ops) != fmt.Sprintf("%+v", x.Ops) {
		t.Error("a second report has other numbers")
	}
}

// MACs explain a difference that would otherwise be the operation's: nothing is lost without the dear one.
func TestMACsAreGiven(t *testing.T) {
	r := random.New(1, "dear", 0, 0, 0)
	tab := &table{names: []string{"a", "b"}, index: map[string]int{"a": 0, "b": 1}, normal: []bool{false, false, false}}
	for range 80 {
		ops, macs := make([][]string, 3), 1+r.Float64()
		for l := range ops {
			ops[l] = []string{"a"}
			if r.IntN(2) == 0 {
				ops[l] = []string{"b"}
				macs += 1
			}
		}
		tab.add(ops, int64(1e6*macs), 1, 0.5+0.1*math.Log(macs)+1e-3*r.NormFloat64())
	}
	x, err := tab.report()
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range x.Ops {
		if math.Abs(w.Loss) > 5e-3 {
			t.Errorf("without %s %.4f is lost, want nothing at equal MACs", w.Op, w.Loss)
		}
	}
}

func TestFewTrainings(t *testing.T) {
	tab := trials(plant(1, 3, 4), []string{"a", "b", "c"}, 3, 0.01)
	if _, err := tab.report(); err != errFew {
		t.Errorf("got %v", err)
	}
}
