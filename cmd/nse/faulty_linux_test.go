package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"

	"github.com/nse-dev/nse/examples/plugin-exec/softpool"
	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/sdk/serve"
	"github.com/nse-dev/nse/sdk/wire"
)

// serveFaulty is softpool in a plugin that fails in one of many ways. It fails at its start if it has failed before, in
// every call of its kernel from the second on, in Build, or when it is asked to end. The file "failed" in dir tells
// that it has failed, and when it first did.
func serveFaulty(mode, dir string) {
	failed := filepath.Join(dir, "failed")
	_, err := os.Stat(failed)
	again := err == nil
	if start := startFaults()[mode]; start != nil && again {
		start()
	}
	op, calls := softpool.Op(), 0
	forward, fault := op.Kernels[0].Forward, callFaults(dir)[mode]
	op.Kernels[0].Forward = func(c sdk.Call) error {
		if calls++; fault == nil || calls < 2 && !again {
			return forward(c)
		}
		fail(failed)
		return fault(c)
	}
	if reply := answers()[mode]; reply != nil {
		answer(op, func(r *wire.RunRequest) *wire.RunReply {
			fail(failed)
			return reply
		})
		return
	}
	if build := buildFaults()[mode]; build != nil {
		op.Build = build
	}
	serve.Main(op)
	switch mode {
	case "crash at exit":
		panic("at the end")
	case "hang at exit":
		wait()
	}
}

// fail notes the moment of the first failure.
func fail(path string) {
	if f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL, 0o600); err == nil {
		f.Close()
	}
}

// wait waits to be killed.
func wait() {
	for {
		time.Sleep(time.Hour)
	}
}

// signalSelf sends this process a signal, which takes effect sooner or later.
func signalSelf(s syscall.Signal) error {
	if err := syscall.Kill(os.Getpid(), s); err != nil {
		return err
	}
	time.Sleep(time.Minute)
	return errors.New("still there")
}

// flood writes without end.
func flood(write func([]byte) (int, error)) error {
	for junk := bytes.Repeat([]byte("junk"), 1<<14); ; {
		if _, err := write(junk); err != nil {
			return err
		}
	}
}

// startFaults happen at the start.
func startFaults() map[string]func() {
	return map[string]func(){
		"garbage handshake": func() { fmt.Println("hello"); wait() },
		"wrong protocol":    func() { fmt.Println("1|7|unix|/nowhere|grpc|"); wait() },
		"slow start":        wait,
		"exit at start":     func() { fmt.Fprintln(os.Stderr, "no licence found"); os.Exit(3) },
	}
}

// callFaults happen in a call, or beside it.
func callFaults(dir string) map[string]func(sdk.Call) error {
	computed := func(c sdk.Call, x float64) error {
		err := softpool.Op().Kernels[0].Forward(c)
		c.Y[len(c.Y)/2] = float32(x)
		return err
	}
	exit := func(status int) func(sdk.Call) error { return func(sdk.Call) error { os.Exit(status); return nil } }
	faults := map[string]func(sdk.Call) error{
		"error":           func(sdk.Call) error { return errors.New("not today\nor tomorrow") },
		"panic":           func(c sdk.Call) error { c.X[len(c.X)+c.Images]++; return nil },
		"panic elsewhere": func(sdk.Call) error { go func() { panic("out of luck") }(); wait(); return nil },
		"exit 0":          exit(0),
		"exit 1":          exit(1),
		"SIGKILL":         func(sdk.Call) error { return signalSelf(syscall.SIGKILL) },
		"SIGSTOP":         func(sdk.Call) error { return signalSelf(syscall.SIGSTOP) },
		"SIGSEGV": func(sdk.Call) error {
			page, err := syscall.Mmap(-1, 0, 4096, syscall.PROT_NONE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
			return fmt.Errorf("%d, %w", page[0], err)
		},
		"hang": func(sdk.Call) error { wait(); return nil },
		"hang with a child": func(sdk.Call) error {
			return errors.Join(exec.Command("sh", "-c", "sleep 60; : "+dir).Run(), errors.New("alone"))
		},
		"stdout flood":    func(sdk.Call) error { return flood(os.Stdout.Write) },
		"stderr flood":    func(sdk.Call) error { return flood(os.Stderr.Write) },
		"NaN":             func(c sdk.Call) error { return computed(c, math.NaN()) },
		"infinity":        func(c sdk.Call) error { return computed(c, math.Inf(-1)) },
		"truncated arena": truncateArena,
		"much output": func(c sdk.Call) error {
			junk := bytes.Repeat([]byte("junk"), 1<<18) // one line of 1 MiB
			_, raw := syscall.Write(1, junk)
			_, out := os.Stdout.Write(junk)
			_, err := os.Stderr.Write(junk)
			return errors.Join(raw, out, err, computed(c, 0))
		},
	}
	for mode := range startFaults() {
		faults[mode] = exit(1)
	}
	return faults
}

// truncateArena cuts the arena's file, which must not be possible, and then takes it away from this process.
func truncateArena(c sdk.Call) error {
	number, _, _ := strings.Cut(os.Getenv(wire.ArenaVariable), ":")
	if err := os.Truncate("/proc/self/fd/"+number, 0); err == nil {
		return errors.New("the arena was cut")
	}
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(maps)) {
		if strings.Contains(line, "nse-arena") {
			from, rest, _ := strings.Cut(line, "-")
			to, _, _ := strings.Cut(rest, " ")
			a, errA := strconv.ParseUint(from, 16, 64)
			b, errB := strconv.ParseUint(to, 16, 64)
			_, _, errno := syscall.Syscall(syscall.SYS_MUNMAP, uintptr(a), uintptr(b-a), 0)
			err = errors.Join(err, errA, errB)
			if errno != 0 {
				return errno
			}
		}
	}
	return errors.Join(err, fmt.Errorf("%v is still there", c.X[0]))
}

// buildFaults happen when the plugin describes its operation at a layer.
func buildFaults() map[string]func(*sdk.Graph, sdk.Layer, sdk.Attrs) (sdk.Tensor, error) {
	return map[string]func(*sdk.Graph, sdk.Layer, sdk.Attrs) (sdk.Tensor, error){
		"wrong shape in Build": func(g *sdk.Graph, l sdk.Layer, _ sdk.Attrs) (sdk.Tensor, error) {
			return g.Input().Conv1x1(l.Out+1, 1), nil
		},
		"hang in Build": func(*sdk.Graph, sdk.Layer, sdk.Attrs) (sdk.Tensor, error) {
			wait()
			return sdk.Tensor{}, nil
		},
	}
}

// answers are replies to every call, by plugins that do without package serve.
func answers() map[string]*wire.RunReply {
	return map[string]*wire.RunReply{
		"wrong shape":             {Data: make([]byte, 12)},
		"wrong shape in messages": {Data: make([]byte, 12)},
		"oversized message":       {Data: make([]byte, 16<<20)},
	}
}

// answer serves an operation without package serve.
func answer(op sdk.Op, run func(*wire.RunRequest) *wire.RunReply) {
	plugin.Serve(&plugin.ServeConfig{
		HandshakeConfig: wire.Handshake(),
		Plugins:         plugin.PluginSet{wire.ServiceName: answering{op: op, run: run}},
		GRPCServer: func(o []grpc.ServerOption) *grpc.Server {
			return grpc.NewServer(append(o, grpc.MaxSendMsgSize(wire.MaxTensors))...)
		},
	})
}

type answering struct {
	plugin.NetRPCUnsupportedPlugin
	wire.UnimplementedOperationsServer
	op  sdk.Op
	run func(*wire.RunRequest) *wire.RunReply
}

func (a answering) GRPCServer(_ *plugin.GRPCBroker, s *grpc.Server) error {
	wire.RegisterOperationsServer(s, a)
	return nil
}

func (answering) GRPCClient(context.Context, *plugin.GRPCBroker, *grpc.ClientConn) (any, error) {
	return nil, nil
}

func (a answering) Describe(context.Context, *wire.DescribeRequest) (*wire.DescribeReply, error) {
	family, err := wire.EncodeFamily(a.op)
	return &wire.DescribeReply{ProtocolVersion: wire.ProtocolVersion, Families: []*wire.Family{family}}, err
}

func (a answering) Build(_ context.Context, r *wire.BuildRequest) (*wire.BuildReply, error) {
	attrs, err := wire.DecodeAttrs(r.GetAttributes())
	if err != nil {
		return nil, err
	}
	graph, err := a.op.Graph(wire.DecodeLayer(r.GetLayer()), attrs)
	if err != nil {
		return nil, err
	}
	m, err := wire.EncodeGraph(graph)
	return &wire.BuildReply{Result: &wire.BuildReply_Graph{Graph: m}}, err
}

func (a answering) Run(_ context.Context, r *wire.RunRequest) (*wire.RunReply, error) {
	return a.run(r), nil
}
