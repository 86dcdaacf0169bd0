package retrain

import (
	"math"
	"math/rand/v2"
	"slices"

	"github.com/nse-dev/nse/supernet"
	"github.com/nse-dev/nse/supernet/data"
)

// mix mixes the images of a batch in place with those of the reversed batch (Zhang et al., 2018): x ← λ·x + (1−λ)·x'.
// The result has the labels of the reversed batch. share is λ.
func mix(b data.Batch, share float64) supernet.Mix {
	n := len(b.Labels)
	each, s := len(b.X)/n, float32(share)
	for i := range n / 2 {
		x, y := b.X[i*each:][:each], b.X[(n-1-i)*each:][:each]
		for j, v := range x {
			w := y[j]
			x[j], y[j] = s*v+(1-s)*w, s*w+(1-s)*v
		}
	}
	labels := slices.Clone(b.Labels)
	slices.Reverse(labels)
	return supernet.Mix{Labels: labels, Share: share}
}

// beta draws from Beta(α, α) by Jöhnk's method: of two uniform numbers to the power 1/α whose sum is at most 1, the
// first one's part of the sum.
func beta(alpha float64, r *rand.Rand) float64 {
	for {
		x, y := math.Pow(r.Float64(), 1/alpha), math.Pow(r.Float64(), 1/alpha)
		if sum := x + y; sum > 0 && sum <= 1 {
			return x / sum
		}
	}
}
