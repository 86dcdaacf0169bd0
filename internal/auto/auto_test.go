package auto

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/nse-dev/nse"
	"github.com/nse-dev/nse/internal/architecture"
	"github.com/nse-dev/nse/internal/modelfile"
	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/supernet/data"
	"github.com/nse-dev/nse/supernet/retrain"
)

// TestMain has networks as small as these on one core, where they are faster.
func TestMain(m *testing.M) {
	runtime.GOMAXPROCS(1)
	os.Exit(m.Run())
}

// small is a request that is done in seconds.
var small = Ask{Spec: "generated:100", Size: 8, MACs: 200_000, Within: 80 * time.Second, Seed: 3}

// begun is an automatic search on a clock that stands and a machine of a known pace.
func begun(dir string, ask Ask, observe func(nse.Event)) *auto {
	at := time.Now()
	return &auto{ask: ask, dir: dir, options: nse.Options{Observe: observe}, clock: func() time.Time { return at },
		pace: slowly}
}

// slowly is a machine on which an epoch at the budget of small takes 2.5 s, and searching is six times faster.
func slowly(
	_ context.Context, p architecture.Plan, _ *data.Set, _ retrain.Config, _, _ int, _ time.Duration,
) (float64, error) {
	rate := 200_000 * 3 * 16 * 32 / 2.5
	if p.Macro.Activation == sdk.ReLU {
		rate *= 6
	}
	return rate, nil
}

func ignore(nse.Event) {}

func TestRun(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	var told strings.Builder
	x, err := begun(dir, small, func(e nse.Event) {
		if n, is := e.(nse.Notice); is {
			told.WriteString(n.Text + "\n")
		}
	}).run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if x.MACs > small.MACs || x.MACs < small.MACs/3 || x.Params == 0 {
		t.Errorf("outcome %+v", x)
	}
	for _, path := range []string{filepath.Join(x.Model, "weights.safetensors"), x.ONNX, x.PyTorch, x.Report} {
		if info, err := os.Stat(path); err != nil || info.Size() < 1000 {
			t.Errorf("%s: %v", path, err)
		}
	}
	for _, want := range []string{"plan: within 1m20s, a network of at most 0.2 million MACs",
		"choosing: 4 architectures are trained for 1 epoch", "choosing: 2 architectures are trained for 2 epochs"} {
		if !strings.Contains(told.String(), want) {
			t.Errorf("nothing is said of %q:\n%s", want, told.String())
		}
	}
	// Choosing sees no test image, and the last training every other one.
	for path, want := range map[string][2]int{filepath.Join(dir, "candidates/rung-1/*"): {80, 20},
		filepath.Join(dir, "candidates/rung-2/*"): {80, 20}, x.Model: {100, 16}} {
		folders, err := filepath.Glob(path)
		if err != nil || len(folders) == 0 {
			t.Fatalf("%s: %v", path, err)
		}
		for _, folder := range folders {
			m, err := modelfile.Read(folder)
			if err != nil {
				t.Fatal(err)
			}
			if got := [2]int{m.Training.Images, m.Training.TestImages}; got != want {
				t.Errorf("%s: trained on %d and tested on %d images, want %v", folder, got[0], got[1], want)
			}
		}
	}
	// The plan is a configuration that reads back to what was searched.
	text, err := os.ReadFile(x.Plan)
	if err != nil {
		t.Fatal(err)
	}
	s, err := nse.ParseSettings(x.Plan, text)
	if err != nil {
		t.Fatal(err)
	}
	r, err := nse.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	kept, err := r.Settings()
	if err != nil {
		t.Fatal(err)
	}
	a, errA := s.Encode()
	b, errB := kept.Encode()
	if err := errors.Join(errA, errB); err != nil || string(a) != string(b) {
		t.Errorf("the plan\n%s, but the search had\n%s (%v)", a, b, err)
	}
	// The same call has nothing left to do, and another one is refused.
	again, err := begun(dir, small, ignore).run(t.Context())
	if err != nil || *again != *x {
		t.Errorf("again %+v, %v", again, err)
	}
	other := small
	other.MACs *= 2
	if _, err := begun(dir, other, ignore).run(t.Context()); err == nil ||
		!strings.Contains(err.Error(), "was begun with --budget 200000") {
		t.Errorf("another request: %v", err)
	}
}

// TestStoppedAnywhere: a search that was stopped in each of its stages ends with the weights of one that was not.
func TestStoppedAnywhere(t *testing.T) {
	weights := func(x *Outcome) string {
		b, err := os.ReadFile(filepath.Join(x.Model, "weights.safetensors"))
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	whole, err := begun(filepath.Join(t.TempDir(), "run"), small, ignore).run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "run")
	stops := 0
	for {
		ctx, cancel := context.WithCancel(t.Context())
		searched, trained := 0, 0
		x, err := begun(dir, small, func(e nse.Event) {
			switch e := e.(type) {
			case nse.Searched:
				if searched++; searched == 5+stops {
					cancel()
				}
			case nse.Retraining:
				if e.Stage == nse.Training {
					if trained++; trained == 9*(1+stops) {
						cancel()
					}
				}
			}
		}).run(ctx)
		cancel()
		if err == nil {
			if weights(x) != weights(whole) {
				t.Error("other weights after stops")
			}
			break
		}
		var stopped *Stopped
		if !errors.As(err, &stopped) || stopped.Dir != dir || !errors.Is(err, context.Canceled) {
			t.Fatalf("stopped by %v", err)
		}
		if stops++; stops > 100 {
			t.Fatal("it does not go on")
		}
	}
	if stops < 5 {
		t.Errorf("only %d stops", stops)
	}
}

// TestLateChoice: where most of the time has passed before the choice, later trainings are cut.
func TestLateChoice(t *testing.T) {
	a := begun(filepath.Join(t.TempDir(), "run"), small, ignore)
	a.resumed = true // trainings are taken to be as slow as was measured
	begin, calls := time.Now(), 0
	a.clock = func() time.Time {
		if calls++; calls == 1 {
			return begin
		}
		return begin.Add(60 * time.Second)
	}
	if _, err := a.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	// Of 97.5 % of 80 s at most 18 are left, and epochs take 2.5 s: a third of what was planned.
	planned := a.record.Plan.Rungs[1].Epochs
	if got := a.record.Rungs[1].Epochs; planned != 2 || got != 1 {
		t.Errorf("%d epochs in the second rung, of %d planned", got, planned)
	}
}

func TestRefusals(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "notes.txt"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := begun(dir, small, ignore).run(t.Context()); err == nil || !strings.Contains(err.Error(), "not empty") {
		t.Errorf("a folder with files: %v", err)
	}
	short := small
	short.Within = 10 * time.Second
	to := filepath.Join(t.TempDir(), "run")
	if _, err := begun(to, short, ignore).run(t.Context()); err == nil ||
		!strings.Contains(err.Error(), "10s is too short for 100 images and 0.2 million MACs on this machine: want ") {
		t.Errorf("a short time: %v", err)
	}
	dear := small
	dear.MACs = 1000
	if _, err := begun(to, dear, ignore).run(t.Context()); err == nil ||
		!strings.Contains(err.Error(), "want more, or smaller images (--size)") {
		t.Errorf("a small budget: %v", err)
	}
	open := Ask{Spec: "generated:100", Size: 32, Within: time.Second, Seed: 3} // nobody has named a budget
	if _, err := begun(to, open, ignore).run(t.Context()); err == nil ||
		!strings.Contains(err.Error(), "1s is too short for 100 images and 1.43 million MACs on this machine: want ") {
		t.Errorf("a short time without a budget: %v", err)
	}
	if _, err := os.Stat(to); !os.IsNotExist(err) {
		t.Errorf("a refusal leaves %s: %v", to, err)
	}
}
