package retrain

import "testing"

// By hand: 3 epochs of 10 images in batches of 4 are 7 steps of 4; 8 images make statistics and 5 are tested, twice
// where averages are tested too.
func TestSpent(t *testing.T) {
	c := Default("default")
	c.Batch, c.Epochs = 4, 3
	if got := c.Spent(100, 10, 5); got.TrainImages != 28 || got.Alone != 100*(3*28+2*(8+5)) {
		t.Errorf("%+v", got)
	}
	c.EMA = 0
	if got := c.Spent(100, 10, 5); got.Alone != 100*(3*28+8+5) {
		t.Errorf("without averages: %+v", got)
	}
	c.Batch = 100 // all images are one batch
	if got := c.Spent(1, 10, 5); got.TrainImages != 30 || got.Alone != 3*30+10+5 {
		t.Errorf("with one batch: %+v", got)
	}
}
