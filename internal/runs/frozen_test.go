package runs

import (
	"errors"
	"fmt"
	"testing"
	"time"
)

// What is read within Frozen is of one moment, whatever another process writes, which gets its turn afterwards.
func TestFrozen(t *testing.T) {
	writer := create(t)
	if err := writeOne(writer, 0); err != nil {
		t.Fatal(err)
	}
	r, err := Read(writer.Dir)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	state := func() string {
		rounds, err := r.Rounds()
		last, lastErr := r.Last()
		if err := errors.Join(err, lastErr); err != nil {
			t.Fatal(err)
		}
		return fmt.Sprintf("%d rounds, %s", len(rounds), last.Weights)
	}
	before, written := state(), make(chan error)
	err = r.Frozen(func() error {
		first := state()
		go func() { written <- writeOne(writer, 1) }()
		for start := time.Now(); time.Since(start) < 50*time.Millisecond; {
			if got := state(); got != first || got != before {
				t.Fatalf("%s, then %s, then %s", before, first, got)
			}
		}
		return errors.New("of the reader")
	})
	if err == nil || err.Error() != "of the reader" {
		t.Errorf("error %v", err)
	}
	if err := <-written; err != nil {
		t.Fatal(err)
	}
	if after := state(); after == before {
		t.Errorf("what was written later is not seen: %s", after)
	}
}
