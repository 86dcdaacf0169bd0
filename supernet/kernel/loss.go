package kernel

import "math"

// SoftmaxCrossEntropy returns the mean of −log softmax(logits)[label] over the rows of logits [len(labels), classes].
// It also returns the number of rows whose label is the first greatest logit. A row with a NaN counts as wrong. dlogits
// becomes the gradient of the mean, unless it is nil:
//
//	dlogits[r, k] = (softmax(logits[r])[k] − [k = label])/rows
//
// It is stable for logits of any finite size. dlogits may be logits. A label outside 0..classes−1 panics.
func SoftmaxCrossEntropy(dlogits, logits []float32, labels []int32, classes int) (loss float64, correct int) {
	return SmoothCrossEntropy(dlogits, logits, labels, classes, 0)
}

// SmoothCrossEntropy is SoftmaxCrossEntropy with smoothed targets: 1 − ε + ε/classes for the label, and ε/classes for
// the other classes. ε = smoothing lies in 0..1, 1 excluded. Others panic.
func SmoothCrossEntropy(
	dlogits, logits []float32, labels []int32, classes int, smoothing float64,
) (loss float64, correct int) {
	if !(smoothing >= 0 && smoothing < 1) {
		panic(badRate)
	}
	need(logits, len(labels)*classes)
	if dlogits != nil {
		need(dlogits, len(logits))
	}
	for r, label := range labels {
		if label < 0 || int(label) >= classes {
			panic(badLabel)
		}
		row := logits[r*classes : (r+1)*classes]
		best, logSum := logSumExp(row)
		loss += logSum - smoothTarget(row, int(label), smoothing)
		if best == int(label) {
			correct++
		}
		if dlogits != nil {
			crossEntropyGradient(dlogits[r*classes:(r+1)*classes], row, logSum, int(label), len(labels), smoothing)
		}
	}
	return loss / float64(max(len(labels), 1)), correct
}

// MixedCrossEntropy is SmoothCrossEntropy with targets of two labels: the mean of both losses, share of labels and
// 1 − share of others. dlogits becomes its gradient. A row counts as correct where its label is the first greatest
// logit. share lies in 0..1. Others panic.
func MixedCrossEntropy(
	dlogits, logits []float32, labels, others []int32, share float64, classes int, smoothing float64,
) (loss float64, correct int) {
	if !(smoothing >= 0 && smoothing < 1 && share >= 0 && share <= 1) {
		panic(badRate)
	}
	need(logits, len(labels)*classes)
	need(dlogits, len(logits))
	for r, label := range labels {
		other := others[r]
		if min(label, other) < 0 || int(max(label, other)) >= classes {
			panic(badLabel)
		}
		row, d := logits[r*classes:(r+1)*classes], dlogits[r*classes:(r+1)*classes]
		best, logSum := logSumExp(row)
		loss += logSum - share*smoothTarget(row, int(label), smoothing) -
			(1-share)*smoothTarget(row, int(other), smoothing)
		if best == int(label) {
			correct++
		}
		rest := smoothing / float64(classes)
		for i, v := range row {
			g := math.Exp(float64(v)-logSum) - rest
			if i == int(label) {
				g -= share * (1 - smoothing)
			}
			if i == int(other) {
				g -= (1 - share) * (1 - smoothing)
			}
			d[i] = float32(g / float64(len(labels)))
		}
	}
	return loss / float64(max(len(labels), 1)), correct
}

// logSumExp returns the index of the first greatest element, −1 if any is NaN, and log Σ exp(row).
func logSumExp(row []float32) (best int, logSum float64) {
	for i, v := range row {
		if v != v {
			return -1, math.NaN()
		}
		if v > row[best] {
			best = i
		}
	}
	top, sum := float64(row[best]), 0.0
	for _, v := range row {
		sum += math.Exp(float64(v) - top)
	}
	return best, top + math.Log(sum)
}

// smoothTarget is the mean of row under the targets.
func smoothTarget(row []float32, label int, smoothing float64) float64 {
	if smoothing == 0 {
		return float64(row[label])
	}
	sum := 0.0
	for _, v := range row {
		sum += float64(v)
	}
	return (1-smoothing)*float64(row[label]) + smoothing*sum/float64(len(row))
}

func crossEntropyGradient(d, row []float32, logSum float64, label, rows int, smoothing float64) {
	others := smoothing / float64(len(row))
	for i, v := range row {
		g := math.Exp(float64(v)-logSum) - others
		if i == label {
			g -= 1 - smoothing
		}
		d[i] = float32(g / float64(rows))
	}
}
