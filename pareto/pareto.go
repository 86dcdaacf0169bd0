// Package pareto finds the non-dominated points of a set in which lower cost and higher accuracy are better. Functions
// change no argument and may be called concurrently.
package pareto

import (
	"cmp"
	"math"
	"slices"
)

// Point is one scored candidate. The units are the caller's.
type Point struct {
	Cost     float64 // lower is better
	Accuracy float64 // higher is better
}

// Dominates reports whether p is at least as good as q in both and better in one. Nothing dominates or is dominated
// where a NaN is compared.
func (p Point) Dominates(q Point) bool {
	return p.Cost <= q.Cost && p.Accuracy >= q.Accuracy && p != q
}

// Front returns the indices of the points that no other point dominates (3.3.2), by ascending cost. Points are given
// from old to new. The last of equal points stands for all, so that a tie goes to the newer. Points with a NaN are on
// no front. No points have an empty front. It takes O(n log n).
func Front(points []Point) []int {
	order := make([]int, 0, len(points))
	for i, p := range points {
		if !math.IsNaN(p.Cost) && !math.IsNaN(p.Accuracy) {
			order = append(order, i)
		}
	}
	slices.SortFunc(order, func(i, j int) int {
		return cmp.Or(cmp.Compare(points[i].Cost, points[j].Cost), cmp.Compare(points[j].Accuracy, points[i].Accuracy),
			j-i)
	})
	front := order[:0]
	for _, i := range order {
		if len(front) == 0 || points[i].Accuracy > points[front[len(front)-1]].Accuracy {
			front = append(front, i)
		}
	}
	return front
}

// Edge returns the front of all points without the extra ones: this is edging (3.3.2, Fig. 10). Extras lie just outside
// an interval of cost. A point at its edge is then on the front only if it would be without the interval. The result is
// empty if extras dominate all others.
func Edge(points []Point, extra func(i int) bool) []int {
	return slices.DeleteFunc(Front(points), extra)
}

// Hypervolume returns the area that the points dominate up to the reference, in cost times accuracy. Points that do not
// dominate the reference add nothing. It is 0 without points.
func Hypervolume(points []Point, reference Point) float64 {
	area, accuracy := 0.0, reference.Accuracy
	for _, i := range Front(points) {
		p := points[i]
		if p.Cost < reference.Cost && p.Accuracy > accuracy {
			area += (reference.Cost - p.Cost) * (p.Accuracy - accuracy)
			accuracy = p.Accuracy
		}
	}
	return area
}
