package nse_test

import (
	"go/build"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

const module = "github.com/nse-dev/nse/"

// mayImport is the import table of the design: for each folder, which of our packages its code may import. A folder
// stands for what is below it too; the longest folder that fits decides. Tests may import more.
var mayImport = map[string][]string{
	".":           {}, // embeds the shipped pools
	"sdk":         {},
	"sdk/wire":    {"sdk"},
	"sdk/serve":   {"sdk", "sdk/wire"},
	"sdk/sdktest": {"sdk", "sdk/serve", "sdk/wire"},
	"plugins":     {"plugins", "sdk", "sdk/serve"},
	"registry": {"sdk", "sdk/wire", "internal/file", "registry/inprocess", "registry/poolfile", "registry/process",
		"registry/reply", "registry/trust"},
	"registry/inprocess": {"sdk", "sdk/wire", "internal/oneline", "registry/reply", "registry/tensors"},
	"registry/poolfile":  {"sdk", "sdk/wire", "internal/oneline", "internal/tomlpos"},
	"registry/process":   {"sdk", "sdk/wire", "internal/oneline", "registry/reply", "registry/tensors"},
	"registry/reply":     {"sdk", "sdk/wire", "internal/oneline"},
	"registry/tensors":   {"sdk"},
	"registry/trust":     {"internal/file", "registry/poolfile"},
	"pareto":             {},
	"evolve":             {"sdk", "pareto", "internal/random"},
	"supernet":           {"evolve", "sdk", "supernet", "internal/random", "internal/safetensors", "internal/tomlpos"},
	"supernet/graph":     {"sdk", "supernet/kernel"},
	"supernet/kernel":    {},
	"supernet/data":      {},
	"internal":           {"sdk", "sdk/wire", "evolve", "pareto", "supernet", "registry", "internal/file", "internal/random", "internal/safetensors"},
	"examples":           {"examples/plugin-exec/softpool", "sdk", "sdk/serve"},
	"cmd/nse":            {"."},
}

// onlyImporter names the folder that alone may import a library.
var onlyImporter = map[string]string{
	"gorgonia.org/":     "supernet/graph",
	"modernc.org/":      "internal/runs",
	"gonum.org/v1/plot": "internal/plot",
}

func TestImportTable(t *testing.T) {
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
		for _, imported := range p.Imports {
			checkImport(t, filepath.ToSlash(dir), imported)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func checkImport(t *testing.T, dir, imported string) {
	t.Helper()
	for library, importer := range onlyImporter {
		if strings.HasPrefix(imported, library) && dir != importer {
			t.Errorf("%s imports %s: only %s may", dir, imported, importer)
		}
	}
	ours, ok := strings.CutPrefix(imported+"/", module)
	if !ok {
		return
	}
	ours = strings.TrimSuffix(ours, "/")
	for _, folder := range mayImport[row(t, dir)] {
		if folder == "." || ours == folder || folder == "supernet" && strings.HasPrefix(ours, "supernet/") || folder == "plugins" && strings.HasPrefix(ours, "plugins/") {
			return
		}
	}
	t.Errorf("%s imports %s: the table allows %v", dir, imported, mayImport[row(t, dir)])
}

// row is the table's folder for dir.
func row(t *testing.T, dir string) string {
	for at := dir; ; at = filepath.ToSlash(filepath.Dir(at)) {
		if _, ok := mayImport[at]; ok && (at != "." || dir == ".") {
			return at
		}
		if at == "." {
			t.Fatalf("%s stands in no row of the import table", dir)
		}
	}
}
