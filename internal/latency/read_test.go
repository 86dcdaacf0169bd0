package latency

import (
	"strings"
	"testing"
)

const smallTable = `{"latency_table": 2, "machine": {"cpu": "c", "cores": 2, "system": "linux/amd64", "kernels": "avx2",
"nse": "v1"},
"macro": {"name": "", "stem_stride": 1, "channels": [4], "layers": "N", "head": 8, "activation": "relu",
"squeeze_excite": false},
"image": [8, 8, 3], "classes": 10, "batch": 1, "threads": 1, "warm_up": 3, "repeats": 30,
"reference": {"operations": ["r"], "graph": "1f", "ms": 2, "q1": 2, "q3": 3},
"stem": {"ms": 0.25, "q1": 0.2, "q3": 0.3}, "head": {"ms": 0.5, "q1": 0.4, "q3": 0.6},
"layers": [{"branch": {"ms": 0.1, "q1": 0.1, "q3": 0.1},
"operations": [{"name": "a", "graph": "0f", "ms": 1, "q1": 1, "q3": 2}]}]}`

// FuzzTable reads tables that others may have written.
func FuzzTable(f *testing.F) {
	f.Add(smallTable)
	f.Add(strings.Replace(smallTable, `"N"`, `"N N"`, 1))
	f.Add(`{"latency_table": 2, "image": [1, 2]}`)
	if _, err := Parse("t.json", []byte(smallTable)); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		table, err := Parse("t.json", []byte(text))
		if err != nil {
			if !strings.HasPrefix(err.Error(), "t.json:") || strings.Contains(err.Error(), "\n") {
				t.Errorf("error %q", err)
			}
			return
		}
		if _, err := table.Macro.Skeleton(table.Input()); err != nil && strings.Contains(err.Error(), "\n") {
			t.Errorf("error %q", err)
		}
		for l, layer := range table.Layers {
			for _, e := range layer.Ops {
				if ms, err := table.Cost(l, e.Name, e.Graph); err != nil || !(ms >= 0) {
					t.Errorf("%s at layer %d costs %v, %v", e.Name, l, ms, err)
				}
			}
		}
	})
}
