package inspection

import (
	"context"
	"errors"
	"math/bits"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/nse-dev/nse/supernet/data"
)

// planted are fingerprints of which some are near others: by 0 to 6 bits, and 0 to 7 levels.
func planted(n int) []fingerprint {
	r := rand.New(rand.NewPCG(3, 4))
	list := make([]fingerprint, n)
	for i := range list {
		if i == 0 || r.IntN(3) == 0 {
			list[i].hash = r.Uint64()
			for j := range list[i].small {
				list[i].small[j] = uint8(r.IntN(240))
			}
			continue
		}
		list[i] = list[r.IntN(i)]
		for range r.IntN(7) {
			list[i].hash ^= 1 << r.IntN(64)
		}
		more := uint8(r.IntN(8))
		for j := range list[i].small {
			list[i].small[j] += more
		}
	}
	list[n/2].plain, list[n/3].hash = true, 0
	return list
}

// The groups are those of a comparison of all pairs.
func TestNearFindsAllPairs(t *testing.T) {
	prints := planted(1500)
	all, pairs := newSets(len(prints)), 0
	for i := range prints {
		for j := range i {
			f, g := &prints[i], &prints[j]
			if f.hash == 0 || g.hash == 0 || f.plain || g.plain || bits.OnesCount64(f.hash^g.hash) > 4 {
				continue
			}
			if _, levels := likeness(*f, *g); levels <= 4 {
				all.join(i, j)
				pairs++
			}
		}
	}
	want := all.groups()
	if pairs < 100 || len(want) < 50 {
		t.Fatalf("planted %d pairs, %d groups", pairs, len(want))
	}
	got, err := near(t.Context(), prints)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%d groups, want %d (%v)", len(got), len(want), err)
	}
}

// Many pictures that are nearly the same do not take the time of all their pairs, and are one group.
func TestNearOfOneHash(t *testing.T) {
	prints := make([]fingerprint, 6000)
	for i := range prints {
		prints[i].hash = 0x0f0f0f0f33335555 ^ uint64(i&1)<<40
	}
	groups, err := near(t.Context(), prints)
	if err != nil || len(groups) != 1 || len(groups[0]) != len(prints) {
		t.Errorf("%d groups (%v)", len(groups), err)
	}
}

func TestNearEndsEarly(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := near(ctx, planted(10)); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

// Different images do not look alike. The pages of docs/data.md have these figures.
func TestNearOnDataSets(t *testing.T) {
	dir := os.Getenv("NSE_DATA")
	for _, c := range []struct {
		spec, files string
		most        int // groups
		least       int
	}{
		{"generated", "", 0, 0},
		{"cifar10:", "cifar-10-batches-bin", 50, 40},
		{"fashion-mnist:", "fashion-mnist", 1000, 830},
	} {
		t.Run(c.spec, func(t *testing.T) {
			if c.files != "" {
				if dir == "" || testing.Short() {
					t.Skip("NSE_DATA does not name a folder of data sets")
				}
				c.spec += filepath.Join(dir, c.files)
			}
			_, prints, err := data.Inspect(t.Context(), c.spec, data.Options{Seed: 1},
				func(v data.View) fingerprint { return fingerprintOf(v.Image) })
			if err != nil {
				t.Fatal(err)
			}
			groups, err := near(t.Context(), prints)
			images := 0
			for _, g := range groups {
				images += len(g)
			}
			if n := len(groups); err != nil || n < c.least || n > c.most {
				t.Errorf("%d groups of %d images among %d, want %d to %d (%v)", n, images, len(prints), c.least, c.most,
					err)
			}
			t.Logf("%d groups of %d images among %d", len(groups), images, len(prints))
		})
	}
}
