// Package reference finds the golden cases, which were computed with PyTorch and against which tests check the engine.
//
// A case is a safetensors file. Its metadata say what it is: "kind" and what that kind needs. Tensors of images are
// [N, C, H, W], weights are [O, I, H, W].
package reference

import (
	"os"
	"path/filepath"
	"testing"
)

// Variable is the environment variable that names a folder of other cases. A relative path starts at the folder of the
// package that is tested.
const Variable = "NSE_GOLDEN_DIR"

// Given reports whether Variable is set. Without it the cases are the repository's own.
func Given() bool { return os.Getenv(Variable) != "" }

// Cases lists the paths of all cases in the order of their names, from the folder that Variable names or from
// testdata/golden of the repository. It logs their number. No case at all fails the test.
func Cases(t testing.TB) []string {
	t.Helper()
	dir := os.Getenv(Variable)
	if dir == "" {
		dir = filepath.Join(root(t), "testdata", "golden")
	}
	paths, err := filepath.Glob(filepath.Join(dir, "*.safetensors"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no *.safetensors in %s (error %v)", dir, err)
	}
	t.Logf("checks %d golden cases of %s", len(paths), dir)
	return paths
}

// root is the folder of the module that the test belongs to.
func root(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			t.Fatal("no go.mod above the folder of the test")
		}
		dir = parent
	}
}
