package data

import (
	"math"

	"github.com/nse-dev/nse/supernet/data/pack"
)

// Normalization is the mean and the standard deviation of each channel, of pixels scaled to 0..1.
type Normalization struct {
	Mean, Std []float32 // [Channels]
}

// apply normalises a pixel value in 0..1 of channel c.
func (n Normalization) apply(v float32, c int) float32 { return (v - n.Mean[c]) / n.Std[c] }

// measure computes the statistics of a split exactly.
func measure(s Split, channels int) Normalization {
	histogram := make([][256]int64, channels)
	for _, image := range s.Images {
		pack.Count(histogram, image)
	}
	return normalize(histogram)
}

// normalize computes the statistics from the histogram of each channel. A channel without variation keeps its scale:
// its Std is 1.
func normalize(histograms [][256]int64) Normalization {
	n := Normalization{make([]float32, len(histograms)), make([]float32, len(histograms))}
	for c, histogram := range histograms {
		var count, sum, squares float64 // whole numbers below 2⁵³
		for v, k := range histogram {
			count += float64(k)
			sum += float64(k) * float64(v)
			squares += float64(k) * float64(v*v)
		}
		mean := sum / count
		n.Mean[c], n.Std[c] = float32(mean/255), 1
		if variance := squares/count - mean*mean; variance > 1e-9 {
			n.Std[c] = float32(math.Sqrt(variance) / 255)
		}
	}
	return n
}
