package progress_test

import (
	"slices"
	"testing"

	"github.com/nse-dev/nse"
	"github.com/nse-dev/nse/internal/progress"
)

func TestBeginning(t *testing.T) {
	for line, want := range map[string][]string{"over": {"before", "prepared", "over"}, "": {"before", "prepared"}} {
		var got []string
		observe := progress.Beginning(line, func(e nse.Event) {
			switch e := e.(type) {
			case nse.Notice:
				got = append(got, e.Text)
			case nse.Prepared:
				got = append(got, "prepared")
			}
		})
		observe(nse.Notice{Text: "before"})
		observe(nse.Prepared{})
		if !slices.Equal(got, want) {
			t.Errorf("%q: %v, want %v", line, got, want)
		}
	}
}
