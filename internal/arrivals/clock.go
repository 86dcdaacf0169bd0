package arrivals

import "time"

const (
	settle = time.Second     // how long a file has to stay as it is before it is taken for complete
	rescan = 5 * time.Second // between two looks without a notice: not every file system gives them
)

// clock is the time by which a search waits for operations.
type clock struct {
	now   func() time.Time
	after func(time.Duration) <-chan time.Time
}

var realClock = clock{time.Now, time.After}
