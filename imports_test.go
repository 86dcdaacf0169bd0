package nse_test

import (
	"go/build"
	"io/fs"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/nse-dev/nse"

// mayImport is the import table of the design: for each folder, which of our packages its code imports. A folder stands
// for what is below it too; the longest folder that fits decides. An edge that nothing uses is an error, so that the
// table is what the code is. "." is the root package, and "DIR/..." any package below DIR. Tests may import more.
var mayImport = map[string][]string{
	// what authors of operators import
	"sdk":         {},
	"sdk/layers":  {"sdk"},
	"sdk/wire":    {"sdk"},
	"sdk/serve":   {"sdk", "sdk/wire"},
	"sdk/sdktest": {"sdk", "sdk/layers", "sdk/serve", "sdk/wire"},
	"plugins":     {"internal/text", "plugins/...", "sdk", "sdk/serve"},
	"examples":    {"examples/...", "sdk", "sdk/serve"},

	// the method, the engine and the pools
	"pareto":         {},
	"evolve":         {"evolve/fitness", "evolve/space", "internal/random", "internal/setting", "pareto"},
	"evolve/fitness": {"evolve/space"},
	"evolve/space":   {"internal/random"},
	"evolve/methods": {"evolve", "evolve/methods/alone", "evolve/methods/darts", "evolve/methods/evolution",
		"evolve/methods/guided", "evolve/methods/halving", "evolve/methods/oneshot", "evolve/methods/proxyless",
		"evolve/methods/random", "evolve/methods/spos", "evolve/methods/stacks", "internal/setting"},
	"evolve/methods/alone":     {"evolve", "evolve/methods/prior", "internal/setting"},
	"evolve/methods/darts":     {"evolve", "evolve/methods/relaxation", "evolve/methods/shared", "internal/setting"},
	"evolve/methods/evolution": {"evolve", "evolve/methods/alone", "internal/random", "internal/setting"},
	"evolve/methods/guided": {"evolve", "evolve/methods/alone", "evolve/methods/evolution",
		"evolve/methods/predictor", "internal/random", "internal/setting"},
	"evolve/methods/predictor": {"evolve"},
	"evolve/methods/halving":   {"evolve", "evolve/methods/alone", "internal/random", "internal/setting"},
	"evolve/methods/oneshot": {"evolve", "evolve/methods/prior", "evolve/methods/shared", "internal/random",
		"internal/setting"},
	"evolve/methods/prior": {"evolve"},
	"evolve/methods/proxyless": {"evolve", "evolve/methods/relaxation", "evolve/methods/shared", "internal/random",
		"internal/setting"},
	"evolve/methods/random":     {"evolve/methods/alone", "internal/random"},
	"evolve/methods/relaxation": {"evolve", "evolve/methods/shared", "internal/random", "internal/setting"},
	"evolve/methods/shared":     {"evolve", "evolve/methods/prior", "internal/random", "internal/setting"},
	"evolve/methods/spos": {"evolve", "evolve/methods/prior", "evolve/methods/shared", "internal/random",
		"internal/setting"},
	"evolve/methods/stacks": {"evolve", "evolve/methods/alone", "internal/random"},
	"registry": {"internal/file", "internal/text", "registry/inprocess", "registry/poolfile", "registry/process",
		"registry/reply", "registry/trust", "sdk", "sdk/layers", "sdk/wire"},
	"registry/inprocess": {"internal/text", "registry/reply", "registry/tensors", "sdk", "sdk/wire"},
	"registry/poolfile":  {"internal/text", "internal/tomlpos", "sdk", "sdk/wire"},
	"registry/process":   {"internal/text", "registry/reply", "registry/tensors", "registry/trust", "sdk", "sdk/wire"},
	"registry/reply":     {"internal/text", "sdk", "sdk/wire"},
	"registry/tensors":   {"sdk"},
	"registry/trust":     {"internal/file", "internal/text", "registry/poolfile"},
	"supernet": {"evolve", "internal/random", "internal/safetensors", "internal/setting", "sdk", "sdk/layers",
		"supernet/data", "supernet/graph", "supernet/kernel"},
	"supernet/config": {"evolve", "evolve/methods", "internal/setting", "internal/text", "internal/tomlpos",
		"supernet", "supernet/config", "supernet/data", "supernet/retrain"},
	"supernet/data": {"internal/file", "internal/memory", "internal/picture", "internal/resample",
		"internal/setting", "internal/text", "supernet/data/augment", "supernet/data/figures", "supernet/data/listing",
		"supernet/data/listing/parquet", "supernet/data/pack", "supernet/data/published"},
	"supernet/data/augment":         {"internal/resample", "internal/setting"},
	"supernet/data/figures":         {},
	"supernet/data/listing":         {},
	"supernet/data/pack":            {"internal/file", "internal/text"},
	"supernet/data/published":       {"internal/file", "internal/npy"},
	"supernet/data/listing/parquet": {"supernet/data/listing"},
	"supernet/graph":                {"sdk", "supernet/kernel"},
	"supernet/kernel":               {},
	"supernet/retrain": {"evolve", "internal/random", "internal/safetensors", "internal/setting", "sdk", "supernet",
		"supernet/data", "supernet/kernel"},

	// what knows nothing of a search
	"internal/database":    {},
	"internal/difference":  {},
	"internal/drawing":     {"internal/file"},
	"internal/fetch":       {"examples", "internal/file", "internal/text", "registry/poolfile", "sdk"},
	"internal/file":        {},
	"internal/jsontext":    {},
	"internal/nasbench":    {"evolve", "internal/random"},
	"internal/memory":      {},
	"internal/npy":         {},
	"internal/picture":     {},
	"internal/plot":        {"internal/drawing"},
	"internal/provenance":  {"sdk/wire"},
	"internal/random":      {},
	"internal/reference":   {},
	"internal/resample":    {},
	"internal/safetensors": {"internal/file"},
	"internal/scaffold":    {"examples", "internal/text", "sdk"},
	"internal/setting":     {},
	"internal/statistics":  {"internal/random"},
	"internal/text":        {},
	"internal/tomlpos":     {},

	// networks and models
	"internal/truth": {"evolve", "evolve/methods/predictor", "internal/catalog", "internal/file", "internal/random",
		"internal/setting", "internal/statistics", "internal/text", "registry", "supernet", "supernet/config",
		"supernet/data", "supernet/retrain"},
	"internal/bench": {"evolve", "internal/file", "internal/jsontext", "internal/random", "sdk", "supernet",
		"supernet/data", "supernet/graph", "supernet/kernel"},
	"internal/evaluation": {"internal/catalog", "internal/drawing", "internal/modelfile", "internal/text", "registry",
		"supernet", "supernet/data", "supernet/data/listing"},
	"internal/export": {"evolve", "internal/reparam", "internal/safetensors", "sdk", "sdk/wire", "supernet",
		"supernet/data"},
	"internal/inspection": {"internal/picture", "internal/text", "supernet/config", "supernet/data",
		"supernet/data/listing"},
	"internal/latency": {"evolve", "internal/file", "internal/jsontext", "internal/random", "sdk", "sdk/wire",
		"supernet", "supernet/kernel"},
	"internal/modelfile": {"evolve", "internal/file", "internal/reparam", "internal/safetensors", "sdk", "sdk/wire",
		"supernet", "supernet/data", "supernet/retrain"},
	"internal/reparam": {"internal/safetensors", "sdk"},

	// runs
	"internal/architecture": {"evolve", "internal/catalog", "internal/drawing", "internal/export", "internal/file",
		"internal/jsontext", "internal/modelfile", "internal/random", "internal/runs", "internal/setting",
		"internal/text", "registry", "sdk", "supernet", "supernet/data"},
	"internal/arrivals": {"evolve", "internal/catalog", "internal/file", "internal/runs", "internal/text", "registry"},
	"internal/catalog": {"evolve", "internal/difference", "internal/file", "internal/latency", "internal/memory",
		"internal/runs", "internal/setting", "internal/text", "registry", "registry/poolfile", "sdk", "sdk/layers",
		"sdk/wire", "supernet", "supernet/config", "supernet/graph", "supernet/kernel"},
	"internal/ending": {"evolve", "internal/architecture", "internal/catalog", "internal/modelfile", "internal/runs",
		"internal/text", "internal/workshop", "registry", "sdk", "supernet/config"},
	"internal/history": {"evolve", "internal/drawing", "internal/runs", "internal/text"},
	"internal/lut": {"evolve", "internal/architecture", "internal/catalog", "internal/file", "internal/latency",
		"internal/random", "plugins", "registry", "sdk", "supernet", "supernet/config"},
	"internal/report": {"evolve", "internal/architecture", "internal/catalog", "internal/drawing", "internal/file",
		"internal/history", "internal/modelfile", "internal/plot", "internal/runs", "internal/statistics",
		"internal/text", "registry", "sdk", "supernet/config"},
	"internal/room": {"evolve", "internal/architecture", "internal/bench", "internal/catalog", "internal/text",
		"registry", "sdk", "supernet", "supernet/config", "supernet/graph", "supernet/kernel"},
	"internal/runs": {"evolve", "internal/database", "internal/file", "internal/text", "supernet", "supernet/config",
		"supernet/data"},
	"internal/study": {"evolve", "internal/architecture", "internal/database", "internal/file", "internal/plot",
		"internal/setting", "internal/statistics", "internal/text", "internal/tomlpos", "pareto", "supernet/config"},
	"internal/tensorboard": {"evolve", "internal/file", "internal/runs", "internal/text"},
	"internal/worth": {"evolve", "evolve/methods/predictor", "internal/modelfile", "internal/runs", "internal/text",
		"supernet"},
	"internal/workshop": {"internal/architecture", "internal/file", "internal/modelfile", "internal/runs",
		"internal/setting", "internal/text", "supernet/config", "supernet/data", "supernet/retrain"},

	// the framework, what stands on it, and the command on top
	".": {"evolve", "evolve/methods", "internal/architecture", "internal/arrivals", "internal/catalog",
		"internal/ending", "internal/export", "internal/file", "internal/history", "internal/latency",
		"internal/memory", "internal/report", "internal/runs", "internal/setting", "internal/tensorboard",
		"internal/text", "internal/workshop", "plugins", "registry", "sdk", "supernet", "supernet/config",
		"supernet/data", "supernet/retrain"},
	"internal/auto": {".", "evolve", "internal/architecture", "internal/catalog", "internal/file", "internal/jsontext",
		"internal/latency", "internal/modelfile", "internal/runs", "internal/text", "plugins", "registry", "sdk",
		"supernet", "supernet/config", "supernet/data", "supernet/retrain"},
	"internal/experiment": {".", "evolve", "evolve/methods/prior", "internal/architecture", "internal/file",
		"internal/nasbench", "internal/random", "internal/runs", "internal/setting", "internal/study", "internal/truth",
		"plugins", "registry", "sdk", "supernet/config"},
	"internal/progress": {".", "evolve", "internal/text"},
	"cmd/nse": {".", "evolve/methods", "internal/architecture", "internal/arrivals", "internal/auto",
		"internal/bench", "internal/catalog", "internal/drawing", "internal/evaluation", "internal/experiment",
		"internal/fetch", "internal/file",
		"internal/history", "internal/inspection", "internal/latency", "internal/lut", "internal/progress",
		"internal/provenance", "internal/room", "internal/runs", "internal/scaffold", "internal/study",
		"internal/text", "internal/truth", "internal/workshop", "internal/worth", "plugins", "registry", "sdk/serve",
		"sdk/wire", "supernet/config", "supernet/data"},
}

// onlyImporters names the folders that alone may import a library.
var onlyImporters = map[string][]string{
	"gorgonia.org/":     {"supernet/graph"},
	"modernc.org/":      {"internal/database"},
	"gonum.org/v1/plot": {"internal/drawing", "internal/plot"},
	"github.com/spf13/": {"cmd/nse"},
}

func TestImportTable(t *testing.T) {
	used := map[string]map[string]bool{} // by row: the edges that code has
	err := filepath.WalkDir(".", func(dir string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		if name := d.Name(); name != "." && (strings.HasPrefix(name, ".") || name == "testdata") {
			return filepath.SkipDir
		}
		p, err := build.ImportDir(dir, 0)
		if _, empty := err.(*build.NoGoError); empty {
			return nil
		}
		if err != nil {
			return err
		}
		dir = filepath.ToSlash(dir)
		for _, imported := range p.Imports {
			checkLibrary(t, dir, imported)
			checkEdge(t, dir, imported, used)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range slices.Sorted(maps.Keys(mayImport)) {
		for _, edge := range mayImport[row] {
			if !used[row][edge] {
				t.Errorf("%s does not import %s: the table allows what nothing uses", row, edge)
			}
		}
	}
}

func checkLibrary(t *testing.T, dir, imported string) {
	t.Helper()
	for library, importers := range onlyImporters {
		if strings.HasPrefix(imported, library) && !slices.Contains(importers, dir) {
			t.Errorf("%s imports %s: only %v may", dir, imported, importers)
		}
	}
}

// checkEdge holds an import of one of our packages against the table.
func checkEdge(t *testing.T, dir, imported string, used map[string]map[string]bool) {
	t.Helper()
	ours := "."
	if imported != module {
		var found bool
		if ours, found = strings.CutPrefix(imported, module+"/"); !found {
			return
		}
	}
	row := rowOf(t, dir)
	i := slices.IndexFunc(mayImport[row], func(edge string) bool {
		below, all := strings.CutSuffix(edge, "...")
		return edge == ours || all && strings.HasPrefix(ours, below)
	})
	if i < 0 {
		t.Errorf("%s imports %s: the table allows %v", dir, ours, mayImport[row])
		return
	}
	if used[row] == nil {
		used[row] = map[string]bool{}
	}
	used[row][mayImport[row][i]] = true
}

// rowOf is the table's folder for dir.
func rowOf(t *testing.T, dir string) string {
	for at := dir; ; at = path.Dir(at) {
		if _, ok := mayImport[at]; ok && (at != "." || dir == ".") {
			return at
		}
		if at == "." {
			t.Fatalf("%s stands in no row of the import table", dir)
		}
	}
}
