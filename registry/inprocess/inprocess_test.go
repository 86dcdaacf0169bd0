package inprocess

import (
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/sourcegraph/conc"

	"github.com/nse-dev/nse/sdk"
)

var layer = sdk.Layer{In: 2, Out: 2, Stride: 1, Height: 3, Width: 3}

// own is an operation with one Exec primitive, which computes with k.
func own(k func(sdk.Call) error) sdk.Op {
	return sdk.Op{
		Name:    "own",
		Kernels: []sdk.Kernel{{Name: "k", Forward: k, Backward: k}},
		Build: func(g *sdk.Graph, l sdk.Layer, _ sdk.Attrs) (sdk.Tensor, error) {
			return g.Input().Exec(sdk.Exec{Kernel: "k", Args: []int{7}, Out: l.Output()}), nil
		},
	}
}

// kernel builds an operation and returns its primitive, as a search runs it.
func kernel(t *testing.T, op sdk.Op, log *slog.Logger) sdk.Exec {
	t.Helper()
	p, err := New("own", op, log)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	g, err := p.Build(t.Context(), "own", "own", nil, layer)
	if err != nil {
		t.Fatal(err)
	}
	return g.Nodes[0].Primitive.(sdk.Exec)
}

// A kernel is told the shapes and arguments of its primitive, and runs one call at a time.
func TestKernelCalls(t *testing.T) {
	var running, calls atomic.Int32
	e := kernel(t, own(func(c sdk.Call) error {
		if running.Add(1) != 1 || c.In != layer.Input() || c.Out != layer.Output() || fmt.Sprint(c.Args) != "[7]" ||
			c.Images != 4 {
			t.Errorf("%+v beside %d others", c, running.Load()-1)
		}
		calls.Add(1)
		running.Add(-1)
		return nil
	}), slog.New(slog.DiscardHandler))
	var all conc.WaitGroup
	for range 50 {
		all.Go(func() {
			if err := e.Run(sdk.Call{Images: 4}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if calls.Load() != 50 {
		t.Errorf("%d calls", calls.Load())
	}
}

// A panic is an error of one line, and the log says where it was.
func TestPanicsAreLogged(t *testing.T) {
	var text strings.Builder
	log := slog.New(slog.NewTextHandler(&text, &slog.HandlerOptions{Level: slog.LevelDebug}))
	e := kernel(t, own(func(sdk.Call) error { panic("out of\nluck") }), log)
	err := e.Run(sdk.Call{Images: 1})
	if want := `own: plugin "own" failed in kernel k: own panicked: out of luck`; fmt.Sprint(err) != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if !strings.Contains(text.String(), "inprocess_test.go") || !strings.Contains(text.String(), "level=DEBUG") {
		t.Errorf("the log is %s", &text)
	}
}

func TestInvalidOperations(t *testing.T) {
	build := own(nil).Build
	for _, test := range []struct {
		want string
		op   sdk.Op
	}{
		{`family "Own": a name is 1 to 64 lower-case letters, digits and dashes, and starts with a letter`,
			sdk.Op{Name: "Own", Build: build}},
		{"family own has no Build", sdk.Op{Name: "own"}},
		{`family own: kernel "k": want Forward and Backward`, own(nil)},
		{`own: attribute "a": a value of type int8 cannot be an attribute's`,
			sdk.Op{
				Name: "own", Build: build, Attrs: []sdk.Attr{{Name: "a", Short: "a", Default: int8(1)}},
			}},
	} {
		_, err := New("p", test.op, nil)
		if test.want = `plugin "p" describes an invalid operation: ` + test.want; fmt.Sprint(err) != test.want {
			t.Errorf("\n got %v\nwant %s", err, test.want)
		}
	}
}
