package published

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func wantError(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
		t.Errorf("error %v, want one line with %q", err, want)
	}
}

func write(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

func named(t *testing.T, name string) Source {
	t.Helper()
	list := Sources()
	i := slices.IndexFunc(list, func(s Source) bool { return s.Name == name })
	if i < 0 {
		t.Fatalf("no source %s", name)
	}
	return list[i]
}

func mustOpen(t *testing.T, name, dir string) *Set {
	t.Helper()
	set, err := named(t, name).Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func openError(t *testing.T, name, dir string) error {
	t.Helper()
	_, err := named(t, name).Open(t.Context(), dir)
	return err
}

// The numbers of classes are those that the authors name, and no class is there twice.
func TestClasses(t *testing.T) {
	for name, c := range map[string]struct {
		classes []string
		n       int
	}{
		"fashion-mnist":   {fashion(), 10},
		"kmnist":          {kana10(), 10},
		"k49":             {kana49(), 49},
		"emnist-byclass":  {emnist()[0].classes, 62},
		"emnist-bymerge":  {emnist()[1].classes, 47},
		"emnist-balanced": {emnist()[2].classes, 47},
		"emnist-letters":  {emnist()[3].classes, 26},
		"cifar10":         {objects(), 10},
		"cifar100":        {fine(), 100},
		"cifar100-coarse": {coarse(), 20},
	} {
		sorted := slices.Sorted(slices.Values(c.classes))
		if len(c.classes) != c.n || len(slices.Compact(sorted)) != c.n {
			t.Errorf("%s: %d classes, want %d that differ", name, len(c.classes), c.n)
		}
	}
	for name, classes := range map[string][]string{"fine": fine(), "coarse": coarse(), "CIFAR-10": objects()[1:2]} {
		if !slices.IsSorted(classes) {
			t.Errorf("the %s classes are not in alphabetical order, as their authors have them", name)
		}
	}
	for i, want := range map[int]string{0: "あ", 5: "か", 24: "の", 44: "ゐ", 46: "を", 47: "ん", 48: "ゝ"} {
		if got := kana49()[i]; got != want {
			t.Errorf("class %d of Kuzushiji-49 is %s, want %s", i, got, want)
		}
	}
	if !slices.IsSortedFunc(kana10(), func(a, b string) int {
		return slices.Index(kana49(), a) - slices.Index(kana49(), b)
	}) {
		t.Error("the classes of Kuzushiji-MNIST are not in the order of Kuzushiji-49")
	}
}

func TestOpenStops(t *testing.T) {
	dir := writeIDX(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := named(t, "mnist").Open(ctx, dir); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want that of the context", err)
	}
}

// Opening a pipe would wait without end, and a folder is no file.
func TestOpensPlainFilesOnly(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "train.bin"), 0o755); err != nil {
		t.Fatal(err)
	}
	wantError(t, openError(t, "cifar100", dir), "train.bin is not a file: it is a folder")
}
