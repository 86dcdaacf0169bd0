package registry

import (
	"log/slog"
	"time"

	"github.com/nse-dev/nse/registry/process"
	"github.com/nse-dev/nse/sdk"
)

// Options say how plugins are run. The zero value runs plugins that are files; those that are built in need InProcess
// or Self.
type Options struct {
	// InProcess returns the operation of this program that a pool file means by builtin = "NAME". It runs in this
	// process: its Build and its kernels are called directly, without a deadline. A panic of theirs is an error as that
	// of a plugin's is. Of a name for which InProcess returns false, Self makes a process; so does a nil InProcess.
	InProcess func(name string) (sdk.Op, bool)
	// Self is the command line that serves a built-in plugin in a process of its own when the plugin's name is appended
	// to it. Without it, a built-in plugin that InProcess does not have is an error.
	Self []string
	// StartTimeout bounds the start of a plugin up to its handshake; the default is 20 s.
	StartTimeout time.Duration
	// CallTimeout bounds every call to a plugin; the default is 10 s.
	CallTimeout time.Duration
	// NoArena sends the tensors of Exec primitives in messages, as on systems without shared memory of this kind.
	NoArena bool
	// Recall starts those plugins only for whose checksum it is true (empty: one that is built in), and executes the
	// copies in the cache: what comes from elsewhere cannot name a file to execute. nil starts all, if they are pinned and accepted.
	Recall func(sha256 string) bool
	// Lock is the text of the nse.lock that pins the pool's plugins; Load reads it beside the pool file.
	Lock []byte
	// Watched is a folder that the user watches: plugins in it need not have been accepted before.
	Watched string
	// Log gets the plugins' output and go-plugin's messages, all at debug level; the default drops them.
	Log *slog.Logger
}

func (o Options) withDefaults() Options {
	if o.StartTimeout <= 0 {
		o.StartTimeout = 20 * time.Second
	}
	if o.CallTimeout <= 0 {
		o.CallTimeout = 10 * time.Second
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

// process are the options of a plugin's process.
func (o Options) process() process.Options {
	return process.Options{StartTimeout: o.StartTimeout, CallTimeout: o.CallTimeout, NoArena: o.NoArena, Log: o.Log}
}
