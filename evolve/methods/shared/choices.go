package shared

import "github.com/nse-dev/nse/evolve"

// Choices lists the paths that each layer of a subset chooses from if it is single-branch: in a normal layer the
// identity first, and then each operation alone, in ascending order.
func Choices(p evolve.Problem, subset []evolve.Path) [][]evolve.Path {
	choices := make([][]evolve.Path, len(subset))
	for l, ops := range subset {
		if p.Normal[l] {
			choices[l] = append(choices[l], evolve.Path{})
		}
		for _, op := range ops {
			choices[l] = append(choices[l], evolve.Path{op})
		}
	}
	return choices
}
