package plugins_test

import (
	"testing"

	"github.com/nse-dev/nse/registry"
	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/supernet"

	"github.com/nse-dev/nse/plugins"
)

// Every operation of pools/modern.toml can be built at every layer of the built-in macro-architectures, with and
// without squeeze-and-excite, on images whose sides the strides divide and on others.
func TestModernPoolFitsAllMacros(t *testing.T) {
	host := registry.Options{InProcess: func(name string) (sdk.Op, bool) {
		op, err := plugins.Builtin(name)
		return op, err == nil
	}}
	pool, err := registry.Load(t.Context(), "../pools/modern.toml", host)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	families := map[string]bool{}
	for _, op := range pool.Ops {
		families[op.Family] = true
	}
	if len(pool.Ops) < 45 || len(families) < 25 {
		t.Errorf("%d operations of %d families", len(pool.Ops), len(families))
	}
	for _, name := range []string{"small", "flops", "latency"} {
		for _, size := range [][2]int{{32, 32}, {224, 224}, {101, 77}} {
			m, err := supernet.Built(name)
			if err != nil {
				t.Fatal(err)
			}
			m.SqueezeExcite = size[0] == 101
			s, err := m.Skeleton(supernet.Input{Height: size[0], Width: size[1], Channels: 3, Classes: 10})
			if err != nil {
				t.Fatal(err)
			}
			for _, l := range s.Layers {
				for _, op := range pool.Ops {
					if _, err := op.Graph(t.Context(), l); err != nil {
						t.Error(err)
					}
				}
			}
		}
	}
}
