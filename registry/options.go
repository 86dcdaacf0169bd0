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
	// process: its Build and its kernels are called directly, without a deadline. A panic in them is an error, as in a
	// plugin. A name for which InProcess returns false is served by Self. A nil InProcess has no operation.
	InProcess func(name string) (sdk.Op, bool)
	// Self is the command line that serves built-in plugins. The name of one is appended, and it gets a process of its
	// own. An empty Self serves none: a built-in plugin that InProcess does not have is then an error.
	Self []string
	// StartTimeout bounds the start of a plugin up to its handshake. 0 means 20 s.
	StartTimeout time.Duration
	// CallTimeout bounds every call to a plugin that is a process. 0 means 10 s.
	CallTimeout time.Duration
	// NoArena sends the tensors of Exec primitives in messages, as on systems without shared memory of this kind.
	NoArena bool
	// Recall selects plugins by their checksum and the families that the pool lists of them. Plugins for which it
	// returns false for each family are not started, and their operations are not in the pool. The checksum of a
	// built-in plugin is empty. A nil Recall starts all of them.
	Recall func(sha256, family string) bool
	// Cached takes plugins from the cache, by checksum alone, where the user has accepted them before. The files that
	// the pool names are not looked at. A pool that comes from elsewhere, such as a run's, cannot name a file to
	// execute then.
	Cached bool
	// Lock is the text of the nse.lock that pins the pool's plugins. Load reads it beside the pool file. A nil Lock
	// pins nothing.
	Lock []byte
	// Watched is a folder that the user watches: plugins in it need not have been accepted before. An empty one is no
	// folder.
	Watched string
	// Log gets the plugins' output and go-plugin's messages, all at debug level. A nil Log drops them.
	Log *slog.Logger
}

// withDefaults fills in the timeouts and the log.
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
