package pareto

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// points draws points on a small grid, where ties are common, with a NaN now and then.
func points(t *rapid.T) []Point {
	coordinate := rapid.Custom(func(t *rapid.T) float64 {
		if rapid.IntRange(0, 40).Draw(t, "rare") == 40 {
			return math.NaN()
		}
		return float64(rapid.IntRange(0, 6).Draw(t, "v"))
	})
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Point {
		return Point{coordinate.Draw(t, "cost"), coordinate.Draw(t, "accuracy")}
	}), 0, 20).Draw(t, "points")
}

// bruteFront compares all pairs: i stands if nothing dominates it and no later point equals it.
func bruteFront(ps []Point) []int {
	front := []int{}
	for i, p := range ps {
		stands := !math.IsNaN(p.Cost) && !math.IsNaN(p.Accuracy)
		for j, q := range ps {
			better := q.Cost <= p.Cost && q.Accuracy >= p.Accuracy && (q.Cost < p.Cost || q.Accuracy > p.Accuracy)
			if better || (q == p && j > i) {
				stands = false
			}
		}
		if stands {
			front = append(front, i)
		}
	}
	slices.SortFunc(front, func(i, j int) int { return int(ps[i].Cost - ps[j].Cost) })
	return front
}

func TestFrontEqualsBruteForce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ps := points(t)
		if got, want := Front(ps), bruteFront(ps); !slices.Equal(got, want) {
			t.Fatalf("Front(%v) = %v, want %v", ps, got, want)
		}
	})
}

func TestFrontIsSortedAndDominatesTheRest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ps := points(t)
		front := Front(ps)
		for k := 1; k < len(front); k++ {
			p, q := ps[front[k-1]], ps[front[k]]
			if p.Cost >= q.Cost || p.Accuracy >= q.Accuracy {
				t.Fatalf("%v then %v: cost and accuracy must both rise along the front", p, q)
			}
		}
		for i, p := range ps {
			if math.IsNaN(p.Cost) || math.IsNaN(p.Accuracy) || slices.Contains(front, i) {
				continue
			}
			if !slices.ContainsFunc(front, func(j int) bool { return ps[j].Dominates(p) || ps[j] == p }) {
				t.Fatalf("%v is off the front %v but nothing there dominates it", p, front)
			}
		}
	})
}

// Extras count in dominance and are left out: the rest of the front is what brute force over all points finds.
func TestEdgeLeavesExtrasOut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ps := points(t)
		edge := float64(rapid.IntRange(0, 6).Draw(t, "edge"))
		extra := func(i int) bool { return ps[i].Cost < edge }
		want := slices.DeleteFunc(bruteFront(ps), extra)
		if got := Edge(ps, extra); !slices.Equal(got, want) {
			t.Fatalf("Edge(%v, cost < %v) = %v, want %v", ps, edge, got, want)
		}
	})
}

// On an integer grid the area is the number of unit cells whose lower-accuracy, higher-cost corner is dominated.
func TestHypervolumeCountsCells(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ps := points(t)
		ref := Point{float64(rapid.IntRange(0, 6).Draw(t, "cost")), float64(rapid.IntRange(0, 6).Draw(t, "accuracy"))}
		cells := 0
		for c := 0.0; c < ref.Cost; c++ {
			for a := ref.Accuracy; a < 6; a++ {
				if slices.ContainsFunc(ps, func(p Point) bool { return p.Cost <= c && p.Accuracy >= a+1 }) {
					cells++
				}
			}
		}
		if got := Hypervolume(ps, ref); got != float64(cells) {
			t.Fatalf("Hypervolume(%v, %v) = %v, want %d", ps, ref, got, cells)
		}
	})
}

func TestHypervolumeNeverFallsWithMorePoints(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ps, more := points(t), points(t)
		ref := Point{6, 0}
		if less, all := Hypervolume(ps, ref), Hypervolume(append(slices.Clone(ps), more...), ref); all < less {
			t.Fatalf("%v of %v, %v with %v too", less, ps, all, more)
		}
	})
}

func ExampleFront() {
	points := []Point{{300, 0.74}, {280, 0.73}, {310, 0.72}, {280, 0.73}, {320, 0.75}}
	for _, i := range Front(points) {
		fmt.Println(i, points[i].Cost, points[i].Accuracy)
	}
	// Output:
	// 3 280 0.73
	// 0 300 0.74
	// 4 320 0.75
}

func ExampleEdge() {
	// Without the extra at 265, the point at 270 would be on the front only because nothing cheaper was sampled.
	points := []Point{{270, 0.70}, {300, 0.74}, {265, 0.71}}
	fmt.Println(Edge(points, func(i int) bool { return i == 2 }))
	// Output: [1]
}

func ExampleHypervolume() {
	fmt.Println(Hypervolume([]Point{{1, 0.5}, {3, 0.75}}, Point{Cost: 5, Accuracy: 0}))
	// Output: 2.5
}
