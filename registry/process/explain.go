package process

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/nse-dev/nse/internal/text"
	"github.com/nse-dev/nse/sdk/wire"
)

// explainStart says in one line why a plugin did not start. The process is ended first, so that all of its output is
// there.
func (h *Host) explainStart(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("%s: start: %w", h.name, ctx.Err())
	}
	if !h.process.running() {
		if why := obstacle(h.process.cmd.Path, err); why != "" {
			return fmt.Errorf("%s cannot be started: %s", h.name, why)
		}
		return fmt.Errorf("%s cannot be started: %w", h.name, err)
	}
	_ = h.process.Kill(ctx)
	<-h.process.exited
	switch greeting := h.greeting(); {
	case h.process.flood.reason() != "":
		return fmt.Errorf("%s %s", h.name, h.process.flood.reason())
	case greeting != "":
		return fmt.Errorf("%s %s", h.name, misfit(greeting, err))
	case h.late.Load():
		return fmt.Errorf("%s did not start within %v", h.name, h.options.StartTimeout)
	case h.absent() && windowsScript(h.process.cmd.Path) != "":
		return fmt.Errorf("%s cannot be started: %s", h.name, windowsScript(h.process.cmd.Path))
	default:
		return fmt.Errorf("%s exited at once: %s", h.name, h.ending())
	}
}

// absent reports whether the plugin ended with the status of env and of shells for a program that is not there.
func (h *Host) absent() bool {
	exit, ok := errors.AsType[*exec.ExitError](h.process.failure)
	return ok && exit.ExitCode() == 127
}

// greeting is the first line on the plugin's standard output. It is empty if the plugin printed none, or a good
// handshake too late.
func (h *Host) greeting() string {
	h.drain(h.process.stdout)
	line, _, _ := strings.Cut(h.process.stdout.first(), "\n")
	if h.late.Load() && misfit(line, nil) == "" {
		return ""
	}
	return line
}

// misfit says what is wrong with the handshake line 1|version|network|address|grpc|certificate. For a line without a
// fault it is the text of err, and empty if err is nil.
func misfit(line string, err error) string {
	parts := strings.Split(strings.TrimSpace(line), "|")
	if len(parts) < 5 || parts[0] != "1" {
		return fmt.Sprintf("printed %q where the handshake belongs: it is no plugin of nse, or prints before "+
			"serve.Main", text.Clean(line))
	}
	if parts[1] != strconv.Itoa(wire.ProtocolVersion) {
		return fmt.Sprintf("speaks protocol version %s, this nse speaks %d: rebuild it with this version's sdk",
			text.Clean(parts[1]), wire.ProtocolVersion)
	}
	if parts[4] != "grpc" {
		return fmt.Sprintf("speaks %s, not grpc", text.Clean(parts[4]))
	}
	if err == nil {
		return ""
	}
	return "cannot be reached: " + text.Clean(err.Error())
}

// explainCall says in one line why a call failed.
func (h *Host) explainCall(ctx context.Context, call string, err error) error {
	if why := h.process.flood.reason(); why != "" {
		return fmt.Errorf("%s %s: %s", h.name, why, call)
	}
	if status.Code(err) == codes.DeadlineExceeded || ctx.Err() != nil {
		if errors.Is(context.Cause(ctx), context.Canceled) {
			return fmt.Errorf("%s: %s: %w", h.name, call, context.Canceled)
		}
		return fmt.Errorf("%s did not answer %s within %v", h.name, call, h.options.CallTimeout)
	}
	select {
	case <-h.process.exited:
		return fmt.Errorf("%s exited before %s was answered: %s", h.name, call, h.ending())
	case <-time.After(grace):
		return fmt.Errorf("%s: %s: %s", h.name, call, text.Clean(status.Convert(err).Message()))
	}
}

// ending is how the process ended: its status and the most telling line of what it wrote to standard error.
func (h *Host) ending() string {
	how := "exit status 0"
	var exit *exec.ExitError
	if errors.As(h.process.failure, &exit) {
		how = exit.ProcessState.String()
	} else if h.process.failure != nil {
		how = h.process.failure.Error()
	}
	h.drain(h.process.stderr)
	if line := telling(h.process.stderr.last()); line != "" {
		return how + ", " + strconv.Quote(line)
	}
	return how
}

// drain waits a moment for the end of a stream of a process that has ended.
func (h *Host) drain(t *tap) {
	select {
	case <-t.drained:
	case <-time.After(grace):
	}
}

// telling picks a panic's line, else the last that is not blank.
func telling(output string) (line string) {
	for l := range strings.Lines(output) {
		if l = strings.TrimSpace(l); l == "" {
			continue
		}
		if strings.HasPrefix(l, "panic:") || strings.HasPrefix(l, "fatal error:") {
			return text.Clean(l)
		}
		line = l
	}
	return text.Clean(line)
}
