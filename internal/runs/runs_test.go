package runs

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nse-dev/nse/internal/database"
	"github.com/nse-dev/nse/internal/file"
	"github.com/nse-dev/nse/supernet"
)

type clock = func() time.Time

func fixed() time.Time { return time.Date(2021, 3, 1, 12, 0, 0, 0, time.UTC) }

func start() Beginning {
	return Beginning{
		Info: Info{Seed: 1<<63 + 5, Version: "1.0", Preset: "paper", Data: "generated",
			Image: supernet.Input{Height: 32, Width: 30, Channels: 3, Classes: 10}, Fixed: 1e23,
			ConfigHash: file.Sum([]byte("[search]\n")), TableHash: file.Sum([]byte("{}\n"))},
		Table:  []byte("{}\n"),
		Config: []byte("[search]\n"),
		Pool:   Pool{Kind: Start, Round: 1, Dir: "/pools", Source: "/pools/ops.toml", Text: []byte("# pool\n")},
		Ops: Ops{{0, "mbconv-k3-e1", "mbconv", "", 0, [][]byte{{1}, {2, 3}}, []float64{1. / 3, 5e-324}},
			{1, "ssc-k5-e1", "ssc", "12ab", 0, nil, nil}},
	}
}

func create(t *testing.T) *Run {
	t.Helper()
	r, err := Create(filepath.Join(t.TempDir(), "a run #1?%41"), start(), fixed)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

func TestRowsComeBack(t *testing.T) {
	r := create(t)
	before := 1. / 3
	round := Round{Round: 1, SubsetSize: "12", Subset: [][]string{{"a", "b"}}, Kept: [][]string{{"a"}}, Low: 1, High: 2,
		Hypervolume: 0.1, Rehearsed: &before, Done: true, Started: fixed()}
	archs := []Architecture{
		{Ops: [][]string{{"b"}, {}}, Params: 1, MACs: 2, Cost: 0.1, Accuracy: 1. / 3, Round: 1, Role: Extra},
		{Ops: [][]string{{"a", "b"}, {"a"}}, Params: 3, MACs: 4, Cost: 0.2, Accuracy: 0.5, Round: 1, Number: 1,
			Role: Previous},
	}
	fitness := []Fitness{{1, 0, "a", -0.25, false}, {1, 0, "b", -2.1, true}}
	err := errors.Join(r.AddRound(round), r.AddArchitecture(1, 1, archs[1]), r.AddArchitecture(1, 0, archs[0]),
		r.SetFront(1, [][][]string{archs[1].Ops}, 0.1, &before), r.SetKept(1, round.Kept))
	if err != nil {
		t.Fatal(err)
	}
	r.SetInterval(1, 1, 2)
	archs[1].Front = true
	r.AddFitness(1, Fitness{1, 0, "b", -2.05, false}, fitness[1], fitness[0])
	later := Pool{Number: 1, Kind: Second, Round: 2, Dir: "/more", Source: "more.toml", MaxRounds: 3,
		Text: []byte("# more\n")}
	came := Ops{{2, "box-k3", "box", "34cd", 1, [][]byte{{4}}, []float64{0}},
		{1, "ssc-k5-e1", "ssc", "56ef", 1, nil, nil}}
	if err := r.AddPool(later, came); err != nil {
		t.Fatal(err)
	}
	checkpoint := Checkpoint{Label: "r1", State: []byte(`{"round":1}`)}
	if err := r.Checkpoint(checkpoint, func(path string) error { return file.Write(path, nil) }); err != nil {
		t.Fatal(err)
	}
	r.Close()
	r, err = Open(r.Dir, fixed)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	checkpoint.weightsSum = file.Sum(nil)
	checkpoint.Weights, checkpoint.Time = "weights-r1.safetensors", fixed()
	info := start().Info
	info.Created = fixed()
	same(t, "info", r.Info, nil, info)
	got, err := r.Rounds()
	same(t, "rounds", got, err, []Round{round})
	gotArchs, err := r.Architectures(1)
	same(t, "architectures", gotArchs, err, archs)
	scored, err := r.Scored()
	same(t, "scored", scored, err, []Scored{{1, 0, 1}})
	if name := gotArchs[1].Name(); name != "round-1-2" {
		t.Errorf("the second architecture is %s", name)
	}
	gotFitness, err := r.Fitness(1)
	same(t, "fitness", gotFitness, err, fitness)
	came[1].Pool = 0
	gotOps, err := r.Ops()
	same(t, "ops", gotOps, err, Ops{start().Ops[0], came[1], came[0]})
	gotPools, err := r.Pools()
	first := start().Pool
	first.Sum, later.Sum = file.Sum(first.Text), file.Sum(later.Text)
	first.Text, first.Time, later.Text, later.Time = nil, fixed(), nil, fixed()
	same(t, "pools", gotPools, err, []Pool{first, later})
	text, err := os.ReadFile(filepath.Join(r.Dir, "pool-1.toml"))
	same(t, "pool file", string(text), err, "# more\n")
	last, err := r.Last()
	same(t, "checkpoint", last, err, checkpoint)
}

func same[T any](t *testing.T, what string, got T, err error, want T) {
	t.Helper()
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%s: %+v, %v; want %+v", what, got, err, want)
	}
}

func TestFailedWeightsLeaveTheLastCheckpoint(t *testing.T) {
	r := create(t)
	if err := writeOne(r, 0); err != nil {
		t.Fatal(err)
	}
	r.AddEvent(Event{Seq: 9, Kind: "late"})
	full := errors.New("disk full")
	err := r.Checkpoint(Checkpoint{Label: "x"}, func(string) error { return full })
	if !errors.Is(err, full) {
		t.Fatalf("got %v", err)
	}
	last, err := r.Last()
	if err != nil || last.Label != "round-1" {
		t.Fatalf("last checkpoint %+v, %v", last, err)
	}
	if _, err := os.Stat(filepath.Join(r.Dir, last.Weights)); err != nil {
		t.Fatal(err)
	}
}

func TestPoolsThatNoCheckpointKnowsGo(t *testing.T) {
	r := create(t)
	pool := func(n int) Pool { return Pool{Number: n, Kind: Arrived, Text: []byte{byte('0' + n)}} }
	for n := 1; n <= 10; n++ {
		if err := r.AddPool(pool(n), nil); err != nil {
			t.Fatal(err)
		}
		if n == 1 {
			if err := writeOne(r, 0); err != nil {
				t.Fatal(err)
			}
		}
	}
	// A kill within WriteFile leaves such a file.
	if err := os.WriteFile(filepath.Join(r.Dir, "pool-1.toml.new"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	r.Close()
	r, err := Open(r.Dir, fixed)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	left, err := filepath.Glob(filepath.Join(r.Dir, "pool*"))
	for i := range left {
		left[i] = filepath.Base(left[i])
	}
	same(t, "pool files", left, err, []string{"pool-1.toml", PoolFile})
	if r.NextPool() != 2 {
		t.Errorf("the next pool is %d, want 2", r.NextPool())
	}
}

func TestOnlyOneProcessWrites(t *testing.T) {
	r := create(t)
	_, err := Open(r.Dir, fixed)
	if err == nil || err.Error() != r.Dir+" is in use by another nse process" {
		t.Fatalf("second open: %v", err)
	}
	if s := summarise(r.Dir); s.Status != "running" {
		t.Errorf("status %+v, want running", s)
	}
	r.Close()
	if s := summarise(r.Dir); s.Status != "stopped" {
		t.Errorf("status %+v, want stopped", s)
	}
}

// A folder without a run and no folder at all are one error for programs.
func TestNoRun(t *testing.T) {
	empty := t.TempDir()
	for _, dir := range []string{empty, filepath.Join(empty, "none")} {
		if _, err := Read(dir); !errors.Is(err, ErrNoRun) {
			t.Errorf("%s: %v, want ErrNoRun", dir, err)
		}
	}
}

func TestOpenErrors(t *testing.T) {
	cases := map[string]struct {
		damage func(t *testing.T, dir string)
		want   string // after the folder's name
	}{
		"no folder": {func(t *testing.T, dir string) { os.RemoveAll(dir) }, ": no such file or directory"},
		"no database": {func(t *testing.T, dir string) { os.Remove(filepath.Join(dir, dbFile)) },
			" holds no run: it has no run.db"},
		"a file": {func(t *testing.T, dir string) {
			os.RemoveAll(dir)
			os.WriteFile(dir, nil, 0o644)
		}, " is a file: want the folder of a run"},
		"text": {func(t *testing.T, dir string) { overwrite(t, dir, 0, strings.Repeat("text ", 100)) },
			"/run.db: is damaged: it cannot be read as a database of nse"},
		"empty": {func(t *testing.T, dir string) { os.Truncate(filepath.Join(dir, dbFile), 0) },
			"/run.db: is a database of another program, not of nse"},
		"foreign": {func(t *testing.T, dir string) { execute(t, dir, "PRAGMA application_id = 7") },
			"/run.db: is a database of another program, not of nse"},
		"newer": {func(t *testing.T, dir string) { execute(t, dir, "PRAGMA user_version = 9") },
			"/run.db: was written by a newer nse (schema 9, this one knows 8): use that version"},
		"older": {func(t *testing.T, dir string) { execute(t, dir, "PRAGMA user_version = 1") },
			"/run.db: was written by an older nse (schema 1, this one knows 8): use that version"},
		"state": {func(t *testing.T, dir string) { execute(t, dir, "UPDATE checkpoint SET state = '5'") },
			"/run.db is damaged: the state is not what the last checkpoint wrote"},
		"weights": {func(t *testing.T, dir string) { flip(t, filepath.Join(dir, "weights-round-1.safetensors")) },
			"/weights-round-1.safetensors is damaged: it is not what the last checkpoint wrote"},
		"score": {func(t *testing.T, dir string) { execute(t, dir, "UPDATE rounds SET hypervolume = 0.6") },
			"/run.db is damaged: it is not what was written of rounds [1], rounds [] are whole: put it back " +
				"from a copy"},
		"origin": {func(t *testing.T, dir string) { execute(t, dir, "UPDATE pools SET dir = '/elsewhere'") },
			"/run.db is damaged: it is not what the last checkpoint wrote, rounds [1] are whole: put it back " +
				"from a copy"},
		"index": {func(t *testing.T, dir string) { execute(t, dir, "DROP INDEX events_of_round") },
			"/run.db is damaged: it is not what the last checkpoint wrote, rounds [1] are whole: put it back " +
				"from a copy"},
		"config": {func(t *testing.T, dir string) { flip(t, filepath.Join(dir, ConfigFile)) },
			"/config.toml has changed since the run was started: put it back, or start a new run with it"},
		"pool": {func(t *testing.T, dir string) { flip(t, filepath.Join(dir, PoolFile)) },
			"/pool.toml has changed since the run was started: put it back, or start a new run with it"},
		"no row": {func(t *testing.T, dir string) { execute(t, dir, "DELETE FROM run") },
			"/run.db: is damaged: it cannot be read as a database of nse"},
		"no pool": {func(t *testing.T, dir string) { os.Remove(filepath.Join(dir, PoolFile)) },
			": pool.toml is missing: the run cannot go on without it"},
		"no weights": {func(t *testing.T, dir string) { os.Remove(filepath.Join(dir, "weights-round-1.safetensors")) },
			": weights-round-1.safetensors is missing: the run cannot go on without it"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			r := create(t)
			if err := writeOne(r, 0); err != nil {
				t.Fatal(err)
			}
			r.Close()
			c.damage(t, r.Dir)
			opened, err := Open(r.Dir, fixed)
			if err == nil {
				opened.Close()
				t.Fatal("opened")
			}
			if err.Error() != r.Dir+c.want {
				t.Errorf("got  %s\nwant %s", err, r.Dir+c.want)
			}
		})
	}
}

// FuzzOpen writes bytes into the database: it opens, or one line says why not.
func FuzzOpen(f *testing.F) {
	f.Add(0, []byte("SQLite format 3\x00"))
	f.Add(100, []byte{0xff, 0, 0xff})
	f.Add(4096, []byte("\x0d\x00\x00"))
	f.Fuzz(func(t *testing.T, at int, data []byte) {
		r := create(t)
		if err := writeOne(r, 0); err != nil {
			t.Fatal(err)
		}
		r.Close()
		overwrite(t, r.Dir, at, string(data))
		opened, err := Open(r.Dir, fixed)
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("error of several lines: %q", err)
			}
			return
		}
		opened.Close()
		if s := summarise(r.Dir); strings.Contains(s.Problem, "\n") {
			t.Errorf("problem of several lines: %q", s.Problem)
		}
	})
}

func overwrite(t *testing.T, dir string, at int, text string) {
	t.Helper()
	f, err := os.OpenFile(filepath.Join(dir, dbFile), os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteAt([]byte(text), int64(max(at, -at)%(1<<16))); err != nil {
		t.Fatal(err)
	}
}

// flip changes one bit of a file.
func flip(t *testing.T, path string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err == nil {
		text[len(text)/2] ^= 1
		err = os.WriteFile(path, text, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func execute(t *testing.T, dir, query string) {
	t.Helper()
	db, err := database.Open(filepath.Join(dir, dbFile), "rw")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(query); err != nil {
		t.Fatal(err)
	}
}

func TestCreateRefusesARun(t *testing.T) {
	r := create(t)
	_, err := Create(r.Dir, start(), fixed)
	want := r.Dir + " already holds a run: continue it with `nse resume '" + r.Dir + "'`, or choose another --out"
	if err == nil || err.Error() != want {
		t.Fatalf("got %v", err)
	}
}

// The database refuses a cost that is no number, when all other files are there.
func TestCreateThatFailsLeavesNothing(t *testing.T) {
	s := start()
	s.Info.Fixed = math.NaN()
	parent := t.TempDir()
	empty := filepath.Join(parent, "empty")
	if err := os.Mkdir(empty, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{filepath.Join(parent, "absent"), empty} {
		if r, err := Create(dir, s, fixed); err == nil {
			r.Close()
			t.Fatal("a cost is no number")
		}
	}
	left, err := filepath.Glob(filepath.Join(parent, "*"))
	inside, errInside := os.ReadDir(empty)
	if err != nil || errInside != nil || !slices.Equal(left, []string{empty}) || len(inside) > 0 {
		t.Errorf("left %v, %v", left, inside)
	}
}

func TestCreateLeavesFilesOfOthersAlone(t *testing.T) {
	dir := t.TempDir()
	mine := filepath.Join(dir, PoolFile)
	if err := os.WriteFile(mine, []byte("mine"), 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := Create(dir, start(), fixed)
	if want := dir + " is not empty, it has pool.toml: choose another --out"; err == nil || err.Error() != want {
		t.Errorf("got %v", err)
	}
	if text, err := os.ReadFile(mine); err != nil || string(text) != "mine" {
		t.Errorf("%q, %v", text, err)
	}
	if err := os.WriteFile(filepath.Join(dir, lockFile), nil, 0o644); err != nil { // as a killed Create leaves it
		t.Fatal(err)
	}
	r, err := Create(dir, start(), fixed)
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
}

func TestList(t *testing.T) {
	root := filepath.Join(t.TempDir(), "runs")
	if list, err := List(root); err != nil || list != nil {
		t.Fatalf("no folder: %v, %v", list, err)
	}
	for i := range 3 {
		dir, err := Next(root)
		if err != nil {
			t.Fatal(err)
		}
		r, err := Create(dir, start(), fixed)
		if err != nil {
			t.Fatal(err)
		}
		for round := range i + 1 {
			if err := writeOne(r, round); err != nil {
				t.Fatal(err)
			}
		}
		r.Close()
	}
	os.Mkdir(filepath.Join(root, "not a run"), 0o755)
	list, err := List(root)
	if err != nil || len(list) != 3 {
		t.Fatalf("%v, %v", list, err)
	}
	for i, want := range []struct {
		status string
		rounds int
		best   float64
	}{{"stopped", 1, 0.25}, {"stopped", 2, 0.5}, {"finished", 3, 0.75}} {
		s := list[i]
		if s.Status != want.status || s.Rounds != want.rounds || s.Best != want.best || s.Seed != 1<<63+5 {
			t.Errorf("run %d: %+v, want %+v", i, s, want)
		}
	}
	if one, err := List(filepath.Join(root, "002")); err != nil || len(one) != 1 || one[0] != list[1] {
		t.Errorf("a run itself: %+v, %v", one, err)
	}
	if dir, err := Next(root); err != nil || filepath.Base(dir) != "004" {
		t.Errorf("next is %s, %v", dir, err)
	}
}
