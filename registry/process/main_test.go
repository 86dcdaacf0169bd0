package process

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/sdk/serve"
)

// shout writes for ever.
func shout(w io.Writer) {
	for line := []byte(strings.Repeat("x", 1000) + "\n"); ; {
		if _, err := w.Write(line); err != nil {
			os.Exit(4)
		}
	}
}

// The test binary is its own plugin, with a kernel that ends the process, floods its streams or does nothing.
func TestMain(m *testing.M) {
	if len(os.Args) != 3 || os.Args[1] != "plugin" {
		goleak.VerifyTestMain(m)
		return
	}
	raw := os.Stderr // go-plugin puts a stream of its own into its place
	if os.Args[2] == "flood at the start" {
		shout(raw)
	}
	calls := 0
	k := func(sdk.Call) error {
		calls++
		switch {
		case os.Args[2] == "crash":
			os.Exit(3)
		case os.Args[2] == "flood" && calls == 2:
			shout(os.Stdout)
		case os.Args[2] == "raw flood" && calls == 2:
			shout(raw)
		case os.Args[2] == "talk":
			_, err := raw.Write(make([]byte, maxFlood/4))
			return err
		}
		return nil
	}
	serve.MainVersion("v7", sdk.Op{
		Name:    "own",
		Kernels: []sdk.Kernel{{Name: "k", Forward: k, Backward: k}},
		Build: func(g *sdk.Graph, l sdk.Layer, _ sdk.Attrs) (sdk.Tensor, error) {
			return g.Input().Exec(sdk.Exec{Kernel: "k", Out: l.Output()}), nil
		},
	})
}

// launched starts the test binary as a plugin and returns its kernel.
func launched(t *testing.T, mode string, again func() ([]string, error)) sdk.Exec {
	t.Helper()
	o := Options{StartTimeout: time.Minute, CallTimeout: time.Minute, Log: slog.New(slog.DiscardHandler)}
	h, err := Launch(t.Context(), o, "own", []string{os.Args[0], "plugin", mode}, again)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.Close)
	if about := h.About(); about.Version != "v7" || len(about.Families) != 1 {
		t.Errorf("it says %+v", about)
	}
	g, err := h.Build(t.Context(), "own", "own", nil, layer)
	if err != nil {
		t.Fatal(err)
	}
	return g.Nodes[0].Primitive.(sdk.Exec)
}

var layer = sdk.Layer{In: 2, Out: 2, Stride: 1, Height: 3, Width: 3}

func call() sdk.Call {
	n := layer.Input().Size()
	return sdk.Call{Images: 1, X: make([]float32, n), Y: make([]float32, n)}
}

// After a crash the plugin is started by another command line, if there is one.
func TestCrashes(t *testing.T) {
	self := os.Args[0]
	for _, c := range []struct {
		name  string
		again func() ([]string, error)
		want  string
	}{
		{"other", func() ([]string, error) { return []string{self, "plugin", "works"}, nil }, "<nil>"},
		{"same", nil, "its crash number 3"},
		{"none", func() ([]string, error) { return nil, errors.New("it is gone") },
			"and could not be started again: it is gone"},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := launched(t, "crash", c.again)
			if err := e.Run(call()); !strings.HasSuffix(fmt.Sprint(err), c.want) {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
}

func TestNoProgram(t *testing.T) {
	o := Options{StartTimeout: time.Minute, CallTimeout: time.Minute, Log: slog.New(slog.DiscardHandler)}
	_, err := Launch(t.Context(), o, "own", []string{"/gone/own"}, nil)
	want := `plugin "own" cannot be started: fork/exec /gone/own: no such file or directory`
	if fmt.Sprint(err) != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

const flooded = `plugin "own" was ended: it wrote more than 64 MiB to its standard streams without an answer`

// A plugin that floods its streams in a call is ended, and not started again.
func TestFloodInACall(t *testing.T) {
	for _, mode := range []string{"flood", "raw flood"} {
		t.Run(mode, func(t *testing.T) {
			e := launched(t, mode, func() ([]string, error) {
				t.Error("it is started again")
				return []string{os.Args[0], "plugin", mode}, nil
			})
			if err := e.Run(call()); err != nil {
				t.Error(err)
			}
			for range 2 {
				if err := e.Run(call()); fmt.Sprint(err) != "own: "+flooded+": Run of k" {
					t.Errorf("got %v", err)
				}
			}
		})
	}
}

// One that floods them before its handshake is told apart from one that prints something else.
func TestFloodAtTheStart(t *testing.T) {
	o := Options{StartTimeout: time.Minute, CallTimeout: time.Minute, Log: slog.New(slog.DiscardHandler)}
	_, err := Launch(t.Context(), o, "own", []string{os.Args[0], "plugin", "flood at the start"}, nil)
	if fmt.Sprint(err) != flooded {
		t.Errorf("got %v", err)
	}
}

// Much in many calls is no flood.
func TestTalkIsNoFlood(t *testing.T) {
	e := launched(t, "talk", nil)
	for range 6 {
		if err := e.Run(call()); err != nil {
			t.Fatal(err)
		}
	}
}

// Sockets have paths of about a hundred bytes at most, and folders of temporary files may have longer ones.
func TestLongFolderOfTemporaryFiles(t *testing.T) {
	dir := filepath.Join(t.TempDir(), strings.Repeat("long", 40))
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("TMPDIR", dir)
	if err := launched(t, "works", nil).Run(call()); err != nil {
		t.Error(err)
	}
}
