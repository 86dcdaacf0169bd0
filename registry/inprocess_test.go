package registry_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/nse-dev/nse/plugins"
	"github.com/nse-dev/nse/registry"
	"github.com/nse-dev/nse/sdk"
)

// inProcess are options of a program that has the built-in operations and its own, and starts no process.
func inProcess(own ...sdk.Op) registry.Options {
	return registry.Options{InProcess: func(name string) (sdk.Op, bool) {
		for _, op := range append(plugins.All(), own...) {
			if op.Name == name {
				return op, true
			}
		}
		return sdk.Op{}, false
	}}
}

// The shipped operations are the same in this process and in others, and so are their graphs at every kind of layer.
func TestInProcessEqualsProcesses(t *testing.T) {
	there, err := registry.Load(t.Context(), "../ops.toml", options())
	if err != nil {
		t.Fatal(err)
	}
	defer there.Close()
	here, err := registry.Load(t.Context(), "../ops.toml", inProcess())
	if err != nil {
		t.Fatal(err)
	}
	defer here.Close()
	if len(here.Ops) != 27 || len(there.Ops) != 27 {
		t.Fatalf("%d and %d operations", len(here.Ops), len(there.Ops))
	}
	for i, op := range here.Ops {
		if got, want := identity(op), identity(there.Ops[i]); got != want {
			t.Errorf("got %s\nwant %s", got, want)
		}
		for _, l := range []sdk.Layer{
			{In: 16, Out: 16, Stride: 1, Height: 12, Width: 13, SqueezeExcite: true, Activation: sdk.HSwish},
			{Index: 3, In: 16, Out: 24, Stride: 2, Height: 9, Width: 9},
			{In: 16, Out: 16, Stride: 9, Height: 9, Width: 9},
		} {
			g, err := op.Graph(t.Context(), l)
			g2, err2 := there.Ops[i].Graph(t.Context(), l)
			if !reflect.DeepEqual(g, g2) || fmt.Sprint(err) != fmt.Sprint(err2) {
				t.Errorf("%s at %s:\n got %v, %v\nwant %v, %v", op.Name, l, g, err, g2, err2)
			}
		}
	}
}

func identity(op registry.Op) string {
	return fmt.Sprint(op.ID, op.Name, op.Family, op.Doc, op.Attrs, op.Where, op.Plugin)
}

// What is wrong with an operation is said in the words of a plugin process.
func TestInProcessFaults(t *testing.T) {
	build := func(f func(l sdk.Layer) (int, error)) sdk.Op {
		return sdk.Op{Name: "own", Build: func(g *sdk.Graph, l sdk.Layer, _ sdk.Attrs) (sdk.Tensor, error) {
			out, err := f(l)
			return g.Input().Conv1x1(out, 1), err
		}}
	}
	own := one("own", "own")
	at := "own at layer 0 (240→240, stride 1, 16×16): "
	for _, c := range []struct {
		text string
		op   sdk.Op
		want string
	}{
		{own, build(func(sdk.Layer) (int, error) { panic("no idea\nat all") }),
			"ops.toml:3:1: own panicked: no idea at all"},
		{own, build(func(sdk.Layer) (int, error) { return 1, errors.New("line one\nline two\x07") }), "ops.toml:3:1: " +
			at + "line one line two"},
		{own, build(func(l sdk.Layer) (int, error) { return l.Out + 1, nil }), "ops.toml:3:1: " + at +
			"output is 16×16×241, the layer needs 16×16×240"},
		{own, sdk.Op{Name: "own"},
			`ops.toml:2:11: plugin "own" describes an invalid operation: family own has no Build`},
		{own, sdk.Op{}, `ops.toml:2:11: plugin "own" is not built into this program`},
		{one("mbconf", "x"), sdk.Op{}, `ops.toml:2:11: plugin "mbconf" is not built into this program`},
		{one("mbconv", "mbconf"), sdk.Op{}, `ops.toml:4:8: plugin "mbconv" has no operation "mbconf": it has mbconv`},
		{one("mbconv", "mbconv") + "kernel = 4\nexpand = 3", sdk.Op{},
			"ops.toml:3:1: mbconv-k4-e3 at layer 0 (240→240, stride 1, 16×16): kernel 4 is not an odd number in 1..99"},
		{one("mbconv", "mbconv") + `kernel = "6"`, sdk.Op{},
			`ops.toml:5:10: attribute "kernel" is a whole number, not a text`},
	} {
		_, err := loadWith(t, c.text, inProcess(c.op))
		if fmt.Sprint(err) != c.want {
			t.Errorf("\n got %v\nwant %s", err, c.want)
		}
	}
	bad := build(func(l sdk.Layer) (int, error) { return l.Out, nil })
	bad.Kernels = []sdk.Kernel{{Name: "k"}}
	o := inProcess(bad)
	if _, err := loadWith(t, own, o); fmt.Sprint(err) !=
		`ops.toml:2:11: plugin "own" describes an invalid operation: family own: kernel "k": want Forward and `+
			`Backward` {
		t.Error(err)
	}
	if _, err := loadWith(t, own, registry.Options{}); fmt.Sprint(err) !=
		`ops.toml:2:11: plugin "own" is not built into this program` {
		t.Error(err)
	}
}

func TestInProcessGraphIsCancelled(t *testing.T) {
	pool, err := loadWith(t, one("shuffle", "shuffle"), inProcess())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := pool.Ops[0].Graph(ctx, execLayer); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// A kernel of this program computes what it computes when it is called directly.
func TestInProcessKernel(t *testing.T) {
	pool, err := loadWith(t, one("scale", "scale"), inProcess(execOp("scale", scale)))
	if err != nil {
		t.Fatal(err)
	}
	e := remote(t, pool, execLayer)
	for _, backward := range []bool{false, true} {
		got, want := newCall(e.Out, 7, backward), newCall(e.Out, 7, backward)
		if err := errors.Join(e.Run(got), scale(want)); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("backward %v: another result", backward)
		}
	}
}

func TestInProcessKernelFaults(t *testing.T) {
	for _, test := range []struct{ name, want string }{
		{"refuses", `refuses: plugin "refuses" failed in kernel k: not today or tomorrow`},
		{"panicky",
			`panicky: plugin "panicky" failed in kernel k: ` +
				`panicky panicked: runtime error: index out of range [363] with length 360`},
		{"nan", `nan: plugin "nan" computed a value that is not finite in kernel k`},
		{"infinite", `infinite: plugin "infinite" computed a value that is not finite in kernel k`},
	} {
		pool, err := loadWith(t, one(test.name, test.name), inProcess(execOp(test.name, kernels()[test.name])))
		if err != nil {
			t.Fatal(err)
		}
		e := remote(t, pool, execLayer)
		if err := e.Run(newCall(e.Out, 3, false)); fmt.Sprint(err) != test.want {
			t.Errorf("got %v, want %s", err, test.want)
		}
	}
}

// A name that InProcess does not have is served by Self, beside those that it has.
func TestInProcessBesideProcesses(t *testing.T) {
	o := options()
	o.InProcess = inProcess(execOp("own", scale)).InProcess
	pool, err := loadWith(t, one("plain", "plain")+one("own", "own"), o)
	if err != nil {
		t.Fatal(err)
	}
	for _, op := range pool.Ops {
		if _, err := op.Graph(t.Context(), execLayer); err != nil {
			t.Error(err)
		}
	}
}

func TestWithOps(t *testing.T) {
	own := execOp("own", scale)
	own.Doc, own.Attrs = "One.\nTwo", []sdk.Attr{{Name: "rate", Short: "r", Doc: "of it", Default: 2.0},
		{Name: "mode", Short: "m", Default: "sum"}}
	for text, want := range map[string]string{
		"":                               "own",
		one("shuffle", "shuffle"):        "shuffle own",
		one("own", "own") + "rate = 3.5": "own-r3.5",
	} {
		pool, err := loadWith(t, string(registry.WithOps([]byte(text), own)), inProcess(own))
		if err != nil {
			t.Fatalf("%v in\n%s", err, registry.WithOps([]byte(text), own))
		}
		var names []string
		for _, op := range pool.Ops {
			names = append(names, op.Name)
		}
		if got := strings.Join(names, " "); got != want {
			t.Errorf("%q: got %s, want %s", text, got, want)
		}
	}
	if got, broken := string(registry.WithOps([]byte("[["), own)), "[["; got != broken {
		t.Errorf("%q became %q", broken, got)
	}
}
