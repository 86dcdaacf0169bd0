package progress

import "github.com/nse-dev/nse"

// Beginning is an observer that is told a line as a notice once a search has been prepared, so that refusals stay
// alone. It passes all events on. An empty line is not told.
func Beginning(line string, observe func(nse.Event)) func(nse.Event) {
	return func(e nse.Event) {
		observe(e)
		if _, is := e.(nse.Prepared); is && line != "" {
			observe(nse.Notice{Text: line})
		}
	}
}
