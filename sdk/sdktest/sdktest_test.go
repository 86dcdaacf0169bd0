package sdktest

import (
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"

	"github.com/nse-dev/nse/sdk"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// build1x1 is a Build without fault.
func build1x1(g *sdk.Graph, l sdk.Layer, a sdk.Attrs) (sdk.Tensor, error) {
	if l.Stride > 1 {
		return sdk.Tensor{}, errors.New("only stride 1")
	}
	return g.Input().Conv1x1(l.Out, 1).BatchNormAct(l.Activation), nil
}

// scaled is an operation with the kernel y = w[c]·x, and faults by name.
func scaled(fault string) sdk.Op {
	calls := float32(0)
	forward := func(c sdk.Call) error {
		calls++
		for i, x := range c.X {
			c.Y[i] = c.W[0][i%c.In.Channels] * x
		}
		switch fault {
		case "moody":
			c.Y[3] += calls
		case "greedy":
			c.X[0]++
		case "refuses":
			return errors.New("no")
		case "panics":
			c.Y[len(c.X)*2]++
		}
		return nil
	}
	backward := func(c sdk.Call) error {
		if fault != "adds" {
			clear(c.DW[0])
		}
		for i, x := range c.X {
			c.DX[i] = c.W[0][i%c.In.Channels] * c.DY[i]
			c.DW[0][i%c.In.Channels] += x * c.DY[i]
		}
		if fault == "wrong" {
			c.DW[0][2] = -c.DW[0][2]
		}
		return nil
	}
	return sdk.Op{Name: "scaled", Kernels: []sdk.Kernel{{Name: "scale", Forward: forward, Backward: backward}},
		Build: func(g *sdk.Graph, l sdk.Layer, _ sdk.Attrs) (sdk.Tensor, error) {
			x := g.Input().ConvKxK(l.Out, 3, l.Stride, 1, 1)
			return x.Exec(sdk.Exec{Kernel: "scale", Out: l.Output(),
				Weights: []sdk.Param{{Name: "weight", Shape: []int{l.Out}}},
				Work:    int64(l.Output().Size()), Deterministic: true}), nil
		}}
}

func TestRun(t *testing.T) {
	Run(t, sdk.Op{Name: "plain", Build: build1x1})
	Run(t, scaled(""))
	Run(t, sdk.Op{Name: "many", Attrs: []sdk.Attr{{Name: "depth", Short: "d", Default: 1, Required: true}},
		Build: func(g *sdk.Graph, l sdk.Layer, a sdk.Attrs) (sdk.Tensor, error) {
			if a.Int("depth") < 1 || a.Int("depth") > 9 {
				return sdk.Tensor{}, fmt.Errorf("depth %d is not in 1..9", a.Int("depth"))
			}
			x := g.Input().ConvKxK(l.Out, 3, l.Stride, 1, 1)
			for range a.Int("depth") {
				x = x.BatchNormAct(l.Activation)
			}
			return x, nil
		}}, sdk.Attrs{"depth": 1}, sdk.Attrs{"depth": 3})
}

// Each fault is found and named.
func TestFaults(t *testing.T) {
	var calls atomic.Int32
	for _, test := range []struct {
		want string
		op   sdk.Op
	}{
		{"odd at layer 0 (240→480, stride 2, 16×16): never",
			sdk.Op{Build: func(*sdk.Graph, sdk.Layer, sdk.Attrs) (sdk.Tensor, error) {
				return sdk.Tensor{}, errors.New("never")
			}}},
		{"odd at layer 2 (1→1, stride 1, 1×1): Build panics: one channel",
			sdk.Op{Build: func(g *sdk.Graph, l sdk.Layer, a sdk.Attrs) (sdk.Tensor, error) {
				if l.In == 1 {
					panic("one channel")
				}
				return build1x1(g, l, a)
			}}},
		{"odd at layer 0 (240→240, stride 1, 16×16): two equal calls of Build differ",
			sdk.Op{Build: func(g *sdk.Graph, l sdk.Layer, a sdk.Attrs) (sdk.Tensor, error) {
				return g.Input().Conv1x1(l.Out, 1).Named(fmt.Sprint("n", calls.Add(1))), nil
			}}},
		{"odd at layer 0 (240→480, stride 2, 16×16): : an error says in one line what is impossible",
			sdk.Op{Build: func(g *sdk.Graph, l sdk.Layer, a sdk.Attrs) (sdk.Tensor, error) {
				if l.Stride > 1 {
					return sdk.Tensor{}, errors.New("")
				}
				return build1x1(g, l, a)
			}}},
		{"odd-s0 at layer 0 (240→240, stride 1, 16×16): Build panics: runtime error: integer divide by zero",
			sdk.Op{Attrs: []sdk.Attr{{Name: "shrink", Short: "s", Default: 2}},
				Build: func(g *sdk.Graph, l sdk.Layer, a sdk.Attrs) (sdk.Tensor, error) {
					return g.Input().Conv1x1(1+l.In/a.Int("shrink"), 1).ConvKxK(l.Out, 3, l.Stride, 1, 1), nil
				}}},
		{"kernel scale forward gives other results in an equal call: it is not deterministic, as it declares",
			scaled("moody")},
		{"kernel scale forward changes what it is given", scaled("greedy")},
		{"kernel scale forward fails: no", scaled("refuses")},
		{"kernel scale forward panics: runtime error: index out of range", scaled("panics")},
		{"kernel scale backward leaves NaN in element 720 of its results, which it has to overwrite", scaled("adds")},
		{"kernel scale backward is wrong: the gradient of weight[2] differs from the central difference by 1.4 of",
			scaled("wrong")},
	} {
		if test.op.Name == "" {
			test.op.Name = "odd"
		}
		s, err := serveFamily(test.op)
		if err != nil {
			t.Fatal(err)
		}
		attrs, err := test.op.Complete(nil)
		if err != nil {
			t.Fatal(err)
		}
		err = check(test.op, attrs, s)
		s.close()
		if got := strings.ReplaceAll(fmt.Sprint(err), `"`, ""); !strings.Contains(got, test.want) {
			t.Errorf("got %s\nwant %s", got, test.want)
		}
	}
}
