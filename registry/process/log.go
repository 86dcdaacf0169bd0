package process

import (
	"context"
	"io"
	"log/slog"

	"github.com/hashicorp/go-hclog"
)

// newLogger gives go-plugin a logger that writes to log. All of it is for debugging: what matters to a user is
// returned as an error.
func newLogger(log *slog.Logger, plugin string) hclog.InterceptLogger {
	l := hclog.NewInterceptLogger(&hclog.LoggerOptions{Name: plugin, Level: hclog.Trace, Output: io.Discard})
	l.RegisterSink(sink{log})
	return l
}

// sink passes messages of hclog to slog.
type sink struct{ log *slog.Logger }

// Accept implements hclog.SinkAdapter.
func (s sink) Accept(name string, level hclog.Level, message string, args ...any) {
	if level > hclog.Trace {
		s.log.Log(context.Background(), slog.LevelDebug, message, append(args, "plugin", name)...)
	}
}
