package text

import (
	"cmp"
	"slices"
)

// Near lists those of names that a word may have been meant to be, the nearest first. Up to a third of the word, and
// one letter more, may differ.
func Near(word string, names []string) (near []string) {
	distance := map[string]int{}
	for _, n := range names {
		if distance[n] = edits(word, n); distance[n] <= 1+len(word)/3 {
			near = append(near, n)
		}
	}
	slices.SortStableFunc(near, func(a, b string) int { return cmp.Compare(distance[a], distance[b]) })
	return near
}

// edits is the Levenshtein distance.
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j]+1, row[j+1]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}
