package retrain

import "github.com/nse-dev/nse/evolve"

// Spent is what training an architecture of so many MACs an image costs on train images, with the test of all weights
// that Finish tests. A backward pass counts twice.
func (c Config) Spent(macs int64, train, test int) evolve.Ledger {
	batch := min(c.Batch, train)
	c.Batch = batch
	images := int64(c.train().Steps(train)) * int64(batch)
	tested := max(min(calibrationImages, train)/batch, 1)*batch + test
	if c.EMA > 0 {
		tested *= 2
	}
	return evolve.Ledger{TrainImages: images, Alone: float64(macs) * float64(3*images+int64(tested))}
}
