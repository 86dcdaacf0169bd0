package process

import (
	"fmt"
	"io"
	"sync/atomic"
)

// maxFlood bounds what a plugin writes to its standard streams between two answers, in bytes.
const maxFlood = 64 << 20

// flood counts what a plugin writes to its standard streams, and ends one that writes without measure. Its methods may
// be called from any goroutine.
type flood struct {
	written atomic.Int64 // since the last answer
	over    atomic.Bool
	end     func() // ends the plugin
}

// count counts n bytes. When there are too many it ends the plugin, once.
func (f *flood) count(n int) {
	if f.written.Add(int64(n)) > maxFlood && f.over.CompareAndSwap(false, true) {
		f.end()
	}
}

// answered begins to count anew.
func (f *flood) answered() { f.written.Store(0) }

// reason is why the plugin was ended. It is empty if it was not.
func (f *flood) reason() string {
	if !f.over.Load() {
		return ""
	}
	return fmt.Sprintf("was ended: it wrote more than %d MiB to its standard streams without an answer", maxFlood>>20)
}

// counted is a writer whose bytes count.
type counted struct {
	io.Writer
	flood *flood
}

func (c counted) Write(b []byte) (int, error) {
	c.flood.count(len(b))
	return c.Writer.Write(b)
}
