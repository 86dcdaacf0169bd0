package process

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"

	"github.com/hashicorp/go-plugin"

	"github.com/nse-dev/nse/sdk/wire"
)

// process is a plugin's process. It implements go-plugin's runner.Runner for what the runner of go-plugin does not
// give: a standard input that ends with the host, and a process group of its own. On Linux a signal comes when the host
// dies.
type process struct {
	cmd            *exec.Cmd
	stdin          *os.File // held open, never written: its end tells the plugin that the host is gone
	stdout, stderr *tap
	flood          flood         // of both, and of what comes through go-plugin
	sockets        string        // the folder for its socket, which nobody but this user may enter
	exited         chan struct{} // closed when the process has been waited for
	failure        error         // how it ended or why it did not start; read it after exited

	mu      sync.Mutex
	started bool // whether cmd.Process may be read
	killed  bool // whether a start would come too late
}

// newProcess is a process that is not started yet, in a process group of its own.
func newProcess(command []string) *process {
	p := &process{cmd: exec.Command(command[0], command[1:]...), exited: make(chan struct{})}
	p.flood.end = func() { _ = p.Kill(context.Background()) }
	isolate(p.cmd)
	return p
}

// lend lets the process inherit the file of an arena and tells it so.
func (p *process) lend(arena *os.File, size int) {
	const first = 3 // behind the standard streams
	p.cmd.Env = append(p.cmd.Env, fmt.Sprintf("%s=%d:%d", wire.ArenaVariable, first+len(p.cmd.ExtraFiles), size))
	p.cmd.ExtraFiles = append(p.cmd.ExtraFiles, arena)
}

// Start starts the process. The thread that starts it waits for it too and does nothing else, because on Linux
// the death of that thread counts as the death of the host.
func (p *process) Start(context.Context) error {
	theirs, err := p.pipes()
	if err != nil {
		p.failure = err
		close(p.exited)
		return err
	}
	started := make(chan error)
	go p.run(started)
	err = <-started
	for _, f := range theirs {
		_ = f.Close()
	}
	return err
}

// run starts the process, sends the outcome once, and waits until the process has ended. It keeps one thread for
// itself.
func (p *process) run(started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer close(p.exited)
	p.failure = p.launch()
	if p.failure != nil {
		started <- p.failure
		return
	}
	defer guard(p.cmd.Process.Pid, p.sockets)()
	started <- nil
	p.failure = p.cmd.Wait()
	killGroup(p.cmd)
	p.stdout.expire()
	p.stderr.expire()
}

func (p *process) launch() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.killed {
		return context.Canceled
	}
	err := p.cmd.Start()
	p.started = err == nil
	return err
}

// pipes makes the three standard streams and returns the plugin's ends of them.
func (p *process) pipes() (theirs []*os.File, err error) {
	var ends [6]*os.File
	for i := 0; i < 6 && err == nil; i += 2 {
		ends[i], ends[i+1], err = os.Pipe()
	}
	if err != nil {
		for _, f := range ends {
			if f != nil {
				_ = f.Close()
			}
		}
		return nil, err
	}
	p.stdin, p.stdout, p.stderr = ends[1], newTap(ends[2], p), newTap(ends[4], p)
	p.stdout.line = true
	p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr = ends[0], ends[3], ends[5]
	return []*os.File{ends[0], ends[3], ends[5]}, nil
}

// Kill ends the process and all that it has started. A process that is not started yet never is.
func (p *process) Kill(context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.killed = true
	select {
	case <-p.exited:
	default:
		if p.started {
			killGroup(p.cmd)
			_ = p.cmd.Process.Kill()
		}
	}
	return nil
}

// Wait blocks until the process has ended and returns how.
func (p *process) Wait(context.Context) error {
	<-p.exited
	return p.failure
}

// hangUp ends the plugin's standard input.
func (p *process) hangUp() {
	if p.stdin != nil {
		_ = p.stdin.Close()
	}
}

// release closes the host's ends of the outputs. The process must have been killed, and nobody may read any more.
func (p *process) release() {
	if p.stdin != nil {
		_, _ = p.stdout.file.Close(), p.stderr.file.Close()
	}
}

// Stdout is where the handshake is read from.
func (p *process) Stdout() io.ReadCloser { return p.stdout }

// Stderr is what the plugin logs.
func (p *process) Stderr() io.ReadCloser { return p.stderr }

// Name is the path of the binary.
func (p *process) Name() string { return p.cmd.Path }

// ID is the number of the process.
func (p *process) ID() string {
	if !p.running() {
		return "not started"
	}
	return strconv.Itoa(p.cmd.Process.Pid)
}

// running reports whether the process was started, even if it has ended since.
func (p *process) running() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.started
}

// Diagnose adds nothing: Host.explainStart does that with more at hand.
func (p *process) Diagnose(context.Context) string { return "" }

// PluginToHost accepts a Unix socket in the folder that was made for it, where nobody else can put one or connect to
// it. On Windows go-plugin listens at a port, and certificates are the guard.
func (p *process) PluginToHost(network, address string) (string, string, error) {
	line, _, _ := strings.Cut(p.stdout.first(), "\n")
	if parts := strings.Split(line, "|"); len(parts) > 5 && len(parts[5]) > 50 && !certified {
		return "", "", errors.New("it sends a certificate, which is not asked for") // go-plugin would take it
	}
	if !certified && (network != "unix" || filepath.Dir(address) != p.sockets) {
		return "", "", fmt.Errorf("%s %s is not a Unix socket in the folder %s", network, address,
			plugin.EnvUnixSocketDir)
	}
	return network, address, nil
}

// HostToPlugin keeps addresses.
func (p *process) HostToPlugin(network, address string) (string, string, error) {
	return network, address, nil
}
