package progress

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// Interruptible turns the first Ctrl-C (or SIGTERM) into the end of a context, and says so on w. At the second it calls
// again, from a goroutine of its own. Call stop after use.
func Interruptible(parent context.Context, w io.Writer, again func()) (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancel(parent)
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if _, open := <-signals; !open {
			return
		}
		fmt.Fprintln(w, "nse: stopping at a checkpoint (once more to stop at once)")
		cancel()
		if _, open := <-signals; open {
			again()
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		close(signals)
		<-ended
		cancel()
	}
}
