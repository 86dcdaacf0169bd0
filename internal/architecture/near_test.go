package architecture

import (
	"context"
	"math"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/nse-dev/nse/plugins"
	"github.com/nse-dev/nse/registry"
	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/supernet"
)

// poolOf opens a pool file of the repository, whose operations run in this process.
func poolOf(t *testing.T, name string) []registry.Op {
	t.Helper()
	text, err := os.ReadFile("../../" + name)
	if err != nil {
		t.Fatal(err)
	}
	pool, err := registry.Parse(context.Background(), name, text, "../..",
		registry.Options{InProcess: func(name string) (sdk.Op, bool) {
			op, err := plugins.Builtin(name)
			return op, err == nil
		}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pool.Close() })
	return pool.Ops
}

// Architectures of the small benchmark world come within 3 % of a million MACs, those with groups too.
func TestNearComesWithinThreePercent(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	m := supernet.Macro{StemStride: 1, Channels: []int{8, 16, 32}, Layers: "NRNRN", Head: 64}
	in := supernet.Input{Height: 16, Width: 16, Channels: 3, Classes: 10}
	for _, name := range []string{"ops.toml", "pools/second45.toml"} {
		pool := poolOf(t, name)
		var worst float64
		missed := 0
		const all = 30
		for drawn := 0; drawn < all; {
			ops := make([][]registry.Op, 5)
			for l := range ops {
				for range 1 + r.IntN(2) {
					ops[l] = append(ops[l], pool[r.IntN(len(pool))])
				}
			}
			p, err := layOut(context.Background(), "a", m, in, ops)
			if err != nil {
				t.Fatal(err)
			}
			if c := p.Count().MACs; c < 500_000 || c > 1_500_000 {
				continue
			}
			drawn++
			const want = 1_000_000
			near, err := p.Near(context.Background(), want, 0.03)
			if err != nil {
				if !strings.Contains(err.Error(), "within 3 %") {
					t.Fatal(err)
				}
				missed++
				continue
			}
			off := math.Abs(float64(near.Count().MACs)/want - 1)
			worst = max(worst, off)
			if off > 0.03 || near.Macro.Channels[0] != 8 {
				t.Errorf("%v: %d MACs with channels %v", ops, near.Count().MACs, near.Macro.Channels)
			}
		}
		t.Logf("%s: %d of %d missed, the others by at most %.2f %%", name, missed, all, 100*worst)
		if missed > all/10 {
			t.Errorf("%s: %d of %d architectures miss 1 M MACs by more than 3 %%", name, missed, all)
		}
	}
}
