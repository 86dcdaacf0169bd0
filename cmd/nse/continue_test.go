package main

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sourcegraph/conc/pool"

	"github.com/nse-dev/nse"
	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/internal/file"
	"github.com/nse-dev/nse/internal/runs"
	"github.com/nse-dev/nse/internal/safetensors"
	"github.com/nse-dev/nse/pareto"
)

// continued is a run of two rounds with the 27 operations that goes on for two with the 45 of the second space, on a
// network of three layers.
type continued struct {
	dir    string
	before struct {
		ops     runs.Ops
		front   []runs.Architecture
		weights map[string][]float32
	}
}

// weightsOf are the weights of convolutions in a run's last checkpoint, by name.
func weightsOf(t *testing.T, dir string) map[string][]float32 {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "weights-*"))
	if err != nil || len(paths) != 1 {
		t.Fatal(paths, err)
	}
	f, err := safetensors.ReadFile(paths[0])
	if err != nil {
		t.Fatal(err)
	}
	weights := map[string][]float32{}
	for _, tensor := range f.Tensors {
		if strings.HasPrefix(tensor.Name, "layers.") && len(tensor.Shape) == 4 {
			if weights[tensor.Name], err = tensor.Float32s(); err != nil {
				t.Fatal(err)
			}
		}
	}
	return weights
}

// command runs nse with variables in its environment.
func (c continued) command(env []string, args ...string) error {
	cmd := exec.Command("nse", args...)
	cmd.Env = append(os.Environ(), env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return errors.New(strings.Join(args, " ") + ": " + string(out))
	}
	return nil
}

func (c *continued) begin(pools string, config string, env ...string) error {
	return c.command(env, "evolve", "--pool", filepath.Join(pools, "ops.toml"), "--config", config, "--out", c.dir)
}

func (c *continued) goOn(pools string, env ...string) error {
	return c.command(env, "continue", c.dir, "--pool", filepath.Join(pools, "pools/second45.toml"))
}

// TestSecondSpace searches the 27 operations for two rounds and then the 45 for two, on one core and on several. It
// does so with fresh weights, and with weights that are kept. Their learning rate is almost nothing, so that they can
// be known again.
func TestSecondSpace(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"ops.toml", "pools/second45.toml"} {
		text, err := nse.Pools.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, name), string(text))
	}
	config := strings.NewReplacer("k = 2\nmax_rounds = 3\ntrain_steps = 40", "k = 5\nmax_rounds = 2\ntrain_steps = 12",
		"batch = 12\n", "batch = 12\nlr = 1e-12\nwarmup_lr = 1e-12\nweight_decay = 0\n", "lr = 0.3",
		"lr = 1").Replace(killConfig)
	write(t, filepath.Join(dir, "fresh.toml"), config)
	write(t, filepath.Join(dir, "kept.toml"),
		strings.Replace(config, "weight_decay", "keep_weights = true\nweight_decay", 1))
	several, one, kept := continued{dir: filepath.Join(dir, "several")}, continued{dir: filepath.Join(dir, "one")},
		continued{dir: filepath.Join(dir, "kept")}
	all := pool.New().WithErrors()
	all.Go(func() error { return several.begin(dir, filepath.Join(dir, "fresh.toml"), "GOMAXPROCS=4") })
	all.Go(func() error { return one.begin(dir, filepath.Join(dir, "fresh.toml"), "GOMAXPROCS=1") })
	all.Go(func() error { return kept.begin(dir, filepath.Join(dir, "kept.toml")) })
	if err := all.Wait(); err != nil {
		t.Fatal(err)
	}
	several.remember(t)
	kept.remember(t)
	all = pool.New().WithErrors()
	all.Go(func() error { return several.goOn(dir, "GOMAXPROCS=4") })
	all.Go(func() error { return one.goOn(dir, "GOMAXPROCS=1") })
	all.Go(func() error { return kept.goOn(dir) })
	if err := all.Wait(); err != nil {
		t.Fatal(err)
	}
	several.check(t, false)
	kept.check(t, true)
	testbed{want: leavings(t, several.dir)}.compare(t, one.dir, 0)
}

// remember keeps what the run was before it went on.
func (c *continued) remember(t *testing.T) {
	r, err := runs.Read(c.dir)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if c.before.ops, err = r.Ops(); err != nil {
		t.Fatal(err)
	}
	archs, err := r.Architectures(2)
	if c.before.front = runs.OnFront(archs); err != nil || len(c.before.front) == 0 {
		t.Fatal(c.before.front, err)
	}
	c.before.weights = weightsOf(t, c.dir)
}

// check compares the run with what it was before.
func (c continued) check(t *testing.T, kept bool) {
	r, err := runs.Read(c.dir)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	ops, err := r.Ops()
	if err != nil {
		t.Fatal(err)
	}
	if len(ops) != 72 || !reflect.DeepEqual(ops[:27], c.before.ops) || ops[27].Pool != 1 {
		t.Errorf("%d operations, the first 27 are the same: %v", len(ops), reflect.DeepEqual(ops[:27], c.before.ops))
	}
	archs, err := r.Architectures(3)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range c.before.front {
		again := func(b runs.Architecture) bool {
			return b.Role == runs.Previous && b.Cost == a.Cost && reflect.DeepEqual(b.Ops, a.Ops)
		}
		if !slices.ContainsFunc(archs, again) {
			t.Errorf("the inherited %v is not scored in the first new round", a.Ops)
		}
	}
	rounds, err := r.Rounds()
	if err != nil || len(rounds) != 4 {
		t.Fatalf("%d rounds, %v", len(rounds), err)
	}
	for _, x := range rounds[1:] {
		archs, err := r.Architectures(x.Round)
		if err != nil {
			t.Fatal(err)
		}
		var again []pareto.Point
		for _, a := range archs {
			if a.Role == runs.Previous {
				again = append(again, pareto.Point{Cost: a.Cost, Accuracy: a.Accuracy})
			}
		}
		want := pareto.Hypervolume(again, pareto.Point{Cost: x.High})
		if x.Rehearsed == nil || *x.Rehearsed != want {
			t.Errorf("round %d: the last front has hypervolume %v, want %v", x.Round, x.Rehearsed, want)
		}
	}
	c.checkPool(t, r, rounds)
	c.checkWeights(t, kept)
}

// checkPool checks that what comes in after the first pool is of the second.
func (c continued) checkPool(t *testing.T, r *runs.Run, rounds []runs.Round) {
	events, err := r.Events(evolve.Continued{}.Kind())
	if err != nil || len(events) != 1 || events[0].Round != 3 {
		t.Fatal(events, err)
	}
	var body evolve.Continued
	if err := json.Unmarshal(events[0].Body, &body); err != nil || len(body.Pool) != 45 || body.Pool[0] != 27 {
		t.Errorf("goes on with %v, %v", body.Pool, err)
	}
	came := 0
	for l, subset := range rounds[2].Subset {
		for _, op := range subset {
			first := slices.ContainsFunc(c.before.ops, func(o runs.Op) bool { return o.Name == op })
			if !first {
				came++
			} else if !slices.Contains(rounds[1].Kept[l], op) {
				t.Errorf("%s came in at layer %d, it is of the first pool", op, l)
			}
		}
	}
	if came == 0 {
		t.Error("nothing came in")
	}
}

// checkWeights compares the weights of operations that stayed from the second round to the fourth.
func (c continued) checkWeights(t *testing.T, kept bool) {
	stayed := 0
	for name, w := range weightsOf(t, c.dir) {
		old, found := c.before.weights[name]
		if !found {
			continue
		}
		stayed++
		same := true
		for i := range w {
			same = same && max(w[i]-old[i], old[i]-w[i]) < 1e-6
		}
		if same != kept {
			t.Errorf("%s is what it was: %v, want %v", name, same, kept)
		}
	}
	if stayed == 0 {
		t.Error("no operation stayed")
	}
}

func TestContinueBeforeTheFirstFront(t *testing.T) {
	text := []byte("seed = 1\n")
	dir := filepath.Join(t.TempDir(), "run")
	r, err := runs.Create(dir, runs.Beginning{Info: runs.Info{ConfigHash: file.Sum(text)}, Config: text}, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
	want := "nse: " + dir + " has no front to go on from: go on with nse resume " + dir + " until it has one\n"
	if out := command(t, 1, "continue", dir, "--pool", "second.toml"); out != want {
		t.Error(out)
	}
}
