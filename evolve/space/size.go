package space

import "math/big"

// Size is the exact number of architectures of the whole search space. A layer has at most k operations of the pool,
// with single at most one, and none only in normal layers.
func (p Problem) Size(k int, single bool) *big.Int {
	size := big.NewInt(1)
	for _, normal := range p.Normal {
		size.Mul(size, countPaths(len(p.Pool), k, normal, single))
	}
	return size
}

// SubsetSize is the exact number of architectures over a subset, given by layer, with at most k operations in a layer.
func (p Problem) SubsetSize(subset []Path, k int) *big.Int {
	size := big.NewInt(1)
	for l, ops := range subset {
		size.Mul(size, countPaths(len(ops), k, p.Normal[l], false))
	}
	return size
}

// countPaths counts the paths of one layer with at most k of n operations: Σ_{i≤k} C(n, i), the empty one only if
// normal.
func countPaths(n, k int, normal, single bool) *big.Int {
	if single {
		k = 1
	}
	sum := new(big.Int)
	for i := 0; i <= min(n, k); i++ {
		if i > 0 || normal {
			sum.Add(sum, new(big.Int).Binomial(int64(n), int64(i)))
		}
	}
	return sum
}
