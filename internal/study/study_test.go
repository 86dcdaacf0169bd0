package study

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nse-dev/nse/internal/file"
	"github.com/nse-dev/nse/internal/setting"
)

// tiny is a study file of two methods.
const tiny = `name = "tiny"
pool = "ops.toml"
data = ["generated:60", "cifar10:DIR", "folder:photos/cats"]
seeds = [3, 1]
finalists = 2
reference = "one op"

[retrain]
budget = "1M"
epochs = 7

[base]
[base.data]
size = 16
[base.search]
k = 3
max_rounds = 2
[base.retrain]
epochs = 5
lr = 0.25

[[method]]
name = "nse"

[[method]]
label = "one op"
name = "nse"
[method.settings.search]
k = 4
`

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "s.toml")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func parsed(t *testing.T, text string, place ...string) *File {
	t.Helper()
	f, err := ReadFile(write(t, text), place)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestItemsComeInAFixedOrder(t *testing.T) {
	f := parsed(t, tiny, "cifar10:elsewhere")
	items := f.Items()
	if len(items) != 2*3*2 || f.Finalists != 2 || f.Recipe != (Recipe{1_000_000, 0.03}) || f.Reference != "one op" {
		t.Fatalf("%d items, %+v", len(items), f)
	}
	var first []string
	for _, i := range items[:4] {
		first = append(first, i.Folder())
	}
	want := []string{"nse/generated-60/as-set/seed-3", "one-op/generated-60/as-set/seed-3",
		"nse/cifar10/as-set/seed-3", "one-op/cifar10/as-set/seed-3"}
	if !slices.Equal(first, want) || items[6].Seed != 1 || items[4].Data.Name != "folder-cats" {
		t.Errorf("%v", first)
	}
	if items[2].Data.Spec != "cifar10:elsewhere" {
		t.Errorf("data %v", items[2].Data)
	}
	if filepath.Base(f.Pool) != "ops.toml" || !filepath.IsAbs(f.Pool) {
		t.Errorf("pool %s", f.Pool)
	}
}

// The base comes first, then the method's settings, then [retrain], and what tells items apart.
func TestSettingsAreMerged(t *testing.T) {
	f := parsed(t, tiny)
	for n, k := range map[int]int{0: 3, 1: 4} {
		c, err := f.Settings(f.Items()[n])
		if err != nil {
			t.Fatal(err)
		}
		if c.Search.K != k || c.Seed != 3 || c.Data.Spec != "generated:60" || c.Data.Size != 16 ||
			c.Search.MaxRounds != 2 || c.Retrain.Epochs != 7 || c.Retrain.LR != 0.25 || c.Search.Method != "nse" {
			t.Errorf("item %d: %+v", n, c)
		}
	}
}

// TestStudiesThatShip reads every study file of the examples, with the settings of all its items.
func TestStudiesThatShip(t *testing.T) {
	files, err := filepath.Glob("../../examples/studies/*.toml")
	if err != nil || len(files) < 2 {
		t.Fatalf("%v, %v", files, err)
	}
	for _, path := range files {
		if filepath.Base(path) == "world-s.toml" { // the configuration that they begin with
			continue
		}
		f, err := ReadFile(path, []string{"cifar10:elsewhere"})
		if err != nil {
			t.Error(err)
		} else if name := filepath.Base(path); f.Name+".toml" != name {
			t.Errorf("%s is named %s", name, f.Name)
		}
	}
}

// The sum of an item is that of what it depends on, and not of where data are or of what else the study has.
func TestSum(t *testing.T) {
	sum := func(f *File, item int, pool string) string {
		s, err := f.Sum(f.Items()[item], []byte(pool))
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	f := parsed(t, tiny)
	first := sum(f, 2, "pool")
	const before = "f0616e6cebc123bbfaf2756bbd24e56c6b22e5f94e24d1f09613377179346ea6"
	if got := sum(f, 0, "pool"); got != before {
		t.Errorf("%s: studies of the version before cannot go on, their sum is %s", got, before)
	}
	moved := parsed(t, strings.Replace(tiny, "seeds = [3, 1]", "seeds = [3, 1, 2]", 1), "cifar10:elsewhere")
	if got := sum(moved, 2, "pool"); got != first {
		t.Error("a folder or another seed changed the sum")
	}
	others := []string{sum(f, 3, "pool"), sum(f, 8, "pool"), sum(f, 2, "other pool")}
	for _, change := range [][2]string{{"k = 3", "k = 5"}, {"epochs = 7", "epochs = 8"}, {`"1M"`, `"2M"`},
		{"finalists = 2", "finalists = 1"}, {"finalists = 2", "finalists = 2\nfrom = \"fronts\""},
		{"name = \"nse\"\n\n", "name = \"nse\"\nsecond = '" + write(t, "pool") + "'\n"}} {
		others = append(others, sum(parsed(t, strings.Replace(tiny, change[0], change[1], 1)), 2, "pool"))
	}
	for i, other := range others {
		if other == first {
			t.Errorf("change %d left the sum", i)
		}
	}
}

// Errors about settings that only a search finds are put where the study says them.
func TestLocate(t *testing.T) {
	f := parsed(t, tiny)
	name := f.path
	for item, want := range map[int]string{0: ":16:1: search.k = 3: too many", 1: ":29:1: search.k = 4: too many"} {
		c, err := f.Settings(f.Items()[item])
		if err != nil {
			t.Fatal(err)
		}
		err = f.Locate(f.Items()[item], setting.Errorf("search.k", c.Search.K, "too many"))
		if got := strings.TrimPrefix(err.Error(), name); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

func TestRowsAreKept(t *testing.T) {
	a, rows := planted()
	dir := filepath.Join(t.TempDir(), "s")
	s, err := Open(dir, a)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir, a); !errors.Is(err, file.ErrLocked) {
		t.Errorf("opened twice: %v", err)
	}
	for i := range rows {
		rows[i].Time = time.Date(2026, 1, 2, 3, 4, i, 0, time.UTC)
		rows[i].Seed = 1<<62 + rows[i].Seed
		if err := s.Add(rows[i]); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Add(rows[0]); err == nil {
		t.Error("a row was added twice")
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if s, err = Read(dir); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	got, err := s.Rows()
	if err != nil || !reflect.DeepEqual(got, rows) || !reflect.DeepEqual(s.About, a) {
		t.Errorf("%v: %d rows, want %d as they were added", err, len(got), len(rows))
	}
}

func TestOtherFoldersAreNoStudies(t *testing.T) {
	dir := t.TempDir()
	if _, err := Read(dir); !errors.Is(err, ErrNoStudy) {
		t.Error(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "a"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir, About{}); err == nil || err.Error() != dir+" is not empty, it has a: choose another --out" {
		t.Error(err)
	}
	if err := os.WriteFile(filepath.Join(dir, dbFile), []byte(strings.Repeat("no database ", 100)), 0o644); err != nil {
		t.Fatal(err)
	}
	want := filepath.Join(dir, dbFile) + ": is damaged: it cannot be read as a database of nse"
	if _, err := Read(dir); err == nil || err.Error() != want {
		t.Error(err)
	}
	if _, err := Open(dir, About{}); err == nil || err.Error() != want {
		t.Error(err)
	}
}
