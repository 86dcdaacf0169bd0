package process

import (
	"bytes"
	"errors"
	"io"
	"os"
	"sync"
	"time"
)

// tap reads a pipe and remembers the beginning and the end of what came. It reads on when its reader has enough:
// go-plugin stops at a long line, and a full pipe would block the plugin.
type tap struct {
	file    *os.File
	flood   *flood
	exited  <-chan struct{} // closed when the process has ended
	drained chan struct{}   // closed at the end of the stream
	line    bool            // whether its reader gets the first line only
	passed  bool            // whether that line has been read

	mu         sync.Mutex
	head, tail []byte
	over       bool
}

// remembered is the number of bytes that a tap keeps from the beginning and from the end. A program in Go that crashes
// prints the reason before all stacks.
const remembered = 1 << 16

func newTap(f *os.File, p *process) *tap {
	return &tap{file: f, flood: &p.flood, exited: p.exited, drained: make(chan struct{})}
}

// Read implements io.Reader.
func (t *tap) Read(b []byte) (int, error) {
	for {
		n, err := t.file.Read(b)
		t.flood.count(n)
		t.remember(b[:n], err != nil)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			err = io.EOF
		}
		if err != nil {
			t.await()
		}
		if n = t.pass(b[:n]); n > 0 || err != nil {
			return n, err
		}
	}
}

// await gives a process that has closed its output a moment to end. Its reader kills it at the end of the stream, and
// its own status says more.
func (t *tap) await() {
	select {
	case <-t.exited:
	case <-time.After(grace):
	}
}

// remember keeps the beginning and the end of the stream.
func (t *tap) remember(b []byte, end bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.head = append(t.head, b[:min(len(b), remembered-len(t.head))]...)
	t.tail = append(t.tail, b...)
	t.tail = t.tail[max(0, len(t.tail)-remembered):]
	if end && !t.over {
		t.over = true
		close(t.drained)
	}
}

// pass is the number of bytes that the reader gets.
func (t *tap) pass(b []byte) int {
	switch end := bytes.IndexByte(b, '\n'); {
	case t.passed:
		return 0
	case t.line && end >= 0:
		t.passed = true
		return end + 1
	}
	return len(b)
}

// Close implements io.Closer; process.release closes the file.
func (t *tap) Close() error { return nil }

// expire ends the stream soon even if a stray child of the plugin holds its other end.
func (t *tap) expire() { _ = t.file.SetReadDeadline(time.Now().Add(300 * time.Millisecond)) }

// first and last are what was remembered.
func (t *tap) first() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.head)
}

func (t *tap) last() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.tail)
}
