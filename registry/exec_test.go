package registry_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nse-dev/nse/registry"
	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/sdk/wire"
)

// scale is the kernel y = w[c]·x of the tests.
func scale(c sdk.Call) error {
	n := c.In.Channels
	for i, x := range c.X {
		if c.Backward {
			c.DX[i] = c.W[0][i%n] * c.DY[i]
			continue
		}
		c.Y[i] = c.W[0][i%n] * x
	}
	if c.Backward {
		clear(c.DW[0])
		for i, x := range c.X {
			c.DW[0][i%n] += x * c.DY[i]
		}
	}
	return nil
}

// stumbled is a file that tells a plugin that it has crashed before.
var stumbled = filepath.Join(filepath.Dir(os.Args[0]), "stumbled")

// kernels are those of the plugins that the test binary serves, by the plugin's name.
func kernels() map[string]func(sdk.Call) error {
	return map[string]func(sdk.Call) error{
		"scale":   scale,
		"refuses": func(sdk.Call) error { return errors.New("not today\nor tomorrow") },
		"panicky": func(c sdk.Call) error { c.X[len(c.X)+c.Images]++; return nil },
		"sleeps":  func(sdk.Call) error { wait(); return nil },
		"stumbles": func(c sdk.Call) error { // once
			if _, err := os.Stat(stumbled); err == nil {
				return scale(c)
			}
			if err := os.WriteFile(stumbled, nil, 0o600); err != nil {
				return err
			}
			self, err := os.FindProcess(os.Getpid())
			if err != nil {
				return err
			}
			_ = self.Kill()
			wait()
			return nil
		},
		"quits":    func(sdk.Call) error { os.Exit(0); return nil },
		"nan":      func(c sdk.Call) error { _ = scale(c); c.Y[1] = float32(math.NaN()); return nil },
		"infinite": func(c sdk.Call) error { _ = scale(c); c.Y[len(c.Y)-1] = float32(math.Inf(-1)); return nil },
		"cuts": func(c sdk.Call) error { // the arena
			number, _, _ := strings.Cut(os.Getenv(wire.ArenaVariable), ":")
			if err := os.Truncate("/proc/self/fd/"+number, 0); err == nil {
				return errors.New("it was cut")
			}
			return scale(c)
		},
	}
}

func execOp(name string, k func(sdk.Call) error) sdk.Op {
	return sdk.Op{
		Name:    name,
		Kernels: []sdk.Kernel{{Name: "k", Forward: k, Backward: k}},
		Build: func(g *sdk.Graph, l sdk.Layer, _ sdk.Attrs) (sdk.Tensor, error) {
			x := g.Input().Conv1x1(l.Out, 1)
			if l.Stride > 1 {
				return x, errors.New("only stride 1")
			}
			return x.Exec(sdk.Exec{Kernel: "k", Out: x.Shape(),
				Weights: []sdk.Param{{Name: "weight", Shape: []int{l.Out}, Init: sdk.One}},
				Work:    int64(x.Shape().Size()), Deterministic: true}), nil
		},
	}
}

var execLayer = sdk.Layer{In: 3, Out: 5, Stride: 1, Height: 4, Width: 6}

// remote returns the Exec primitive of a plugin.
func remote(t testing.TB, pool *registry.Pool, l sdk.Layer) sdk.Exec {
	t.Helper()
	g, err := pool.Ops[0].Graph(t.Context(), l)
	if err != nil {
		t.Fatal(err)
	}
	return g.Nodes[1].Primitive.(sdk.Exec)
}

// newCall is a call with random numbers, and room for its results.
func newCall(s sdk.Shape, images int, backward bool) sdk.Call {
	numbers := func(n int, seed float64) []float32 {
		v := make([]float32, n)
		for i := range v {
			v[i] = float32(math.Sin(seed + float64(i)))
		}
		return v
	}
	n := images * s.Size()
	c := sdk.Call{Backward: backward, Images: images, In: s, Out: s, X: numbers(n, 1),
		W: [][]float32{numbers(s.Channels, 2)}}
	if !backward {
		c.Y = make([]float32, n)
		return c
	}
	c.DY, c.DX, c.DW = numbers(n, 3), make([]float32, n), [][]float32{make([]float32, s.Channels)}
	return c
}

// A kernel in the plugin computes what it computes here, over the arena and in messages, for any size of batch.
func TestExecEqualsTheKernelInProcess(t *testing.T) {
	most := 20000
	if testing.Short() {
		most = 500
	}
	for _, noArena := range []bool{false, true} {
		o := options()
		o.NoArena = noArena
		pool, err := loadWith(t, one("scale", "scale"), o)
		if err != nil {
			t.Fatal(err)
		}
		e := remote(t, pool, execLayer)
		for _, images := range []int{1, 7, most} {
			for _, backward := range []bool{false, true} {
				got, want := newCall(e.Out, images, backward), newCall(e.Out, images, backward)
				if err := errors.Join(e.Run(got), scale(want)); err != nil {
					t.Fatal(err)
				}
				if !slices.Equal(got.Y, want.Y) || !slices.Equal(got.DX, want.DX) ||
					backward && !slices.Equal(got.DW[0], want.DW[0]) {
					t.Errorf("no arena %v, %d images, backward %v: another result than in process", noArena, images,
						backward)
				}
			}
		}
	}
}

func TestExecFaults(t *testing.T) {
	for name, want := range map[string]string{
		"refuses":  `plugin "refuses" failed in kernel k: not today or tomorrow`,
		"panicky":  `plugin "panicky" failed in kernel k: panicky panicked: runtime error: index out of range`,
		"sleeps":   `plugin "sleeps" did not answer Run of k within 2s`,
		"quits":    `plugin "quits" exited before Run of k was answered: exit status 0, its crash number 3`,
		"nan":      `plugin "nan" computed a value that is not finite in kernel k`,
		"infinite": `plugin "infinite" computed a value that is not finite in kernel k`,
		"cuts":     "",
		"stumbles": "",
	} {
		t.Run(name, func(t *testing.T) {
			_ = os.Remove(stumbled)
			o := options()
			o.CallTimeout = 2 * time.Second
			pool, err := loadWith(t, one(name, name), o)
			if err != nil {
				t.Fatal(err)
			}
			e, start := remote(t, pool, execLayer), time.Now()
			c := newCall(sdk.Shape{Height: 4, Width: 6, Channels: 5}, 3, false)
			err = e.Run(c)
			if want == "" && err != nil || want != "" && !strings.Contains(fmt.Sprint(err), name+": "+want) {
				t.Errorf("got %v, want %s", err, want)
			}
			if took := time.Since(start); took > o.CallTimeout+3*time.Second {
				t.Errorf("took %v", took)
			}
		})
	}
}

// A plugin that is started again is the one that was started first, though its file has gone by then.
func TestExecStartsTheCopyAgain(t *testing.T) {
	t.Setenv(registry.CacheVariable, t.TempDir())
	_ = os.Remove(stumbled)
	dir := t.TempDir()
	script := "#!/bin/sh\nexec '" + os.Args[0] + "' plugin stumbles\n"
	if err := os.WriteFile(filepath.Join(dir, "script"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := registry.Admit(filepath.Join(dir, "script")); err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf("[[plugin]]\npath = \"script\"\nsha256 = \"%x\"\n[[plugin.op]]\nname = \"stumbles\"\n",
		sha256.Sum256([]byte(script)))
	pool, err := registry.Parse(t.Context(), "ops.toml", []byte(text), dir, options())
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	if err := os.Remove(filepath.Join(dir, "script")); err != nil {
		t.Fatal(err)
	}
	e := remote(t, pool, execLayer)
	if err := e.Run(newCall(e.Out, 3, false)); err != nil {
		t.Error(err)
	}
}

// What is not finite already is not the kernel's fault.
func TestExecOfDivergedTraining(t *testing.T) {
	pool, err := load(t, one("scale", "scale"))
	if err != nil {
		t.Fatal(err)
	}
	e := remote(t, pool, execLayer)
	c := newCall(e.Out, 2, false)
	c.X[5] = float32(math.Inf(1))
	if err := e.Run(c); err != nil {
		t.Error(err)
	}
}

func TestExecRefusesWhatNoArenaHolds(t *testing.T) {
	pool, err := load(t, one("scale", "scale"))
	if err != nil {
		t.Fatal(err)
	}
	e := remote(t, pool, execLayer)
	err = e.Run(sdk.Call{Images: 1 << 21, In: e.Out, Out: e.Out})
	if !strings.Contains(fmt.Sprint(err), "use a smaller batch") {
		t.Errorf("got %v", err)
	}
}

// BenchmarkExec compares a kernel in the plugin with the same one in this process, call by call in turn, on 8 and on 16
// MiB in and as much out. It reports the medians and what the plugin's takes more.
func BenchmarkExec(b *testing.B) {
	pool, err := registry.Parse(b.Context(), "ops.toml", []byte(one("scale", "scale")), b.TempDir(), options())
	if err != nil {
		b.Fatal(err)
	}
	defer pool.Close()
	l := sdk.Layer{In: 32, Out: 32, Stride: 1, Height: 32, Width: 32}
	e := remote(b, pool, l)
	for _, images := range []int{64, 128} {
		b.Run(fmt.Sprint(images/8, "MiB"), func(b *testing.B) {
			here, plugin := inTurn(b, newCall(l.Output(), images, false), scale, e.Run)
			b.ReportMetric(here, "here-ms")
			b.ReportMetric(plugin, "plugin-ms")
			b.ReportMetric(plugin-here, "more-ms")
		})
	}
}

// inTurn is the median of the ms that a call takes in two ways.
func inTurn(b *testing.B, c sdk.Call, first, second func(sdk.Call) error) (x, y float64) {
	var took [2][]float64
	for b.Loop() {
		for i, run := range []func(sdk.Call) error{first, second} {
			start := time.Now()
			if err := run(c); err != nil {
				b.Fatal(err)
			}
			took[i] = append(took[i], time.Since(start).Seconds()*1000)
		}
	}
	for _, t := range took {
		slices.Sort(t)
	}
	return took[0][len(took[0])/2], took[1][len(took[1])/2]
}
