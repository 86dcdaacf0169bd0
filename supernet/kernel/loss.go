package kernel

import "math"

// SoftmaxCrossEntropy returns the mean over the rows of logits [len(labels), classes] of −log softmax(logits)[label], and the number of
// rows whose label is the first greatest logit (rows with a NaN count as wrong). Unless dlogits is nil, it becomes the gradient of the mean:
//
//	dlogits[r, k] = (softmax(logits[r])[k] − [k = label])/rows
//
// It is stable for logits of any finite size; dlogits may be logits.
func SoftmaxCrossEntropy(dlogits, logits []float32, labels []int32, classes int) (loss float64, correct int) {
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
		loss += logSum - float64(row[label])
		if best == int(label) {
			correct++
		}
		if dlogits != nil {
			crossEntropyGradient(dlogits[r*classes:(r+1)*classes], row, logSum, int(label), len(labels))
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

func crossEntropyGradient(d, row []float32, logSum float64, label, rows int) {
	for i, v := range row {
		g := math.Exp(float64(v) - logSum)
		if i == label {
			g--
		}
		d[i] = float32(g / float64(rows))
	}
}
