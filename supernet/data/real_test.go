package data

import (
	"os"
	"path/filepath"
	"testing"
)

// The real data sets have as many images as their authors say, equally many of each class.
func TestRealDataSets(t *testing.T) {
	dir := os.Getenv("NSE_DATA")
	if dir == "" {
		t.Skip("skips Fashion-MNIST and CIFAR-10: set NSE_DATA to a folder that has their files in " +
			"fashion-mnist/ and cifar-10-batches-bin/")
	}
	for _, c := range []struct {
		spec, folder          string
		side, channels, train int
	}{
		{"fashion-mnist", "fashion-mnist", 28, 1, 60000},
		{"cifar10", "cifar-10-batches-bin", 32, 3, 50000},
	} {
		t.Run(c.spec, func(t *testing.T) {
			set := mustOpen(t, c.spec+":"+filepath.Join(dir, c.folder), 0, 0)
			if set.Height != c.side || set.Width != c.side || set.Channels != c.channels {
				t.Errorf("images of %d×%d×%d, want %d×%d×%d", set.Height, set.Width, set.Channels, c.side, c.side,
					c.channels)
			}
			checkSplit(t, "training", set, set.Train, c.train)
			checkSplit(t, "test", set, set.Test, 10000)
		})
	}
}

func checkSplit(t *testing.T, name string, set *Set, s Split, images int) {
	t.Helper()
	if want := images * set.Height * set.Width * set.Channels; s.Len() != images || len(s.pixels()) != want {
		t.Errorf("%d %s images and %d values, want %d and %d", s.Len(), name, len(s.pixels()), images, want)
	}
	count := make([]int, len(set.Classes))
	for _, label := range s.Labels {
		count[label]++
	}
	for class, n := range count {
		if n != images/10 {
			t.Errorf("%d %s images of %s, want %d", n, name, set.Classes[class], images/10)
		}
	}
}
