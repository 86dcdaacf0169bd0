package history

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/nse-dev/nse/internal/text"
)

// Rows is a table of all operations, the most used by the fronts first. Cells are separated by tabs, and the first row
// is the heading.
func Rows(list []Operation) []string {
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b Operation) int { return used(b) - used(a) })
	rows := []string{"operation\tcame with\tfrom round\tlayers\tθ\tunsampled\tfell\tlet go\tkept\tfronts"}
	for _, h := range list {
		rows = append(rows, strings.Join([]string{h.Op, text.Printable(h.Came.Source) + shortSum(h),
			fmt.Sprint(h.Came.Round), countEnds(h, anyEnd), theta(h), countEnds(h, Unsampled),
			countEnds(h, Dropped), countEnds(h, LetGo), countEnds(h, Kept), h.FrontsText()}, "\t"))
	}
	return rows
}

// used counts the architectures of all fronts that use the operation.
func used(h Operation) (n int) {
	for _, f := range h.Fronts {
		n += f.Architectures
	}
	return n
}

// shortSum is the start of the plugin's checksum, or nothing for a plugin that is built in.
func shortSum(h Operation) string {
	if h.Checksum == "" {
		return ""
	}
	return " (" + h.Checksum[:min(len(h.Checksum), 12)] + ")"
}

// anyEnd counts all places.
const anyEnd End = "any"

// countEnds says at how many layers of each round the operation ended so.
func countEnds(h Operation, end End) string {
	return byRound(h, func(places []Episode) string {
		n := 0
		for _, e := range places {
			if end == anyEnd || e.End == end {
				n++
			}
		}
		if n == 0 {
			return ""
		}
		return fmt.Sprint(n)
	})
}

// theta is the mean over the layers of each round's last fitness.
func theta(h Operation) string {
	return byRound(h, func(places []Episode) string {
		sum, n := 0.0, 0
		for _, e := range places {
			if last := len(e.Fitness) - 1; last >= 0 {
				sum, n = sum+e.Fitness[last].Theta, n+1
			}
		}
		if n == 0 {
			return ""
		}
		return fmt.Sprintf("%.2f", sum/float64(n))
	})
}

// byRound lists what is to be said of the operation's places in each round.
func byRound(h Operation, say func([]Episode) string) string {
	var parts []string
	for from := 0; from < len(h.Places); {
		to, round := from, h.Places[from].Round
		for to < len(h.Places) && h.Places[to].Round == round {
			to++
		}
		if said := say(h.Places[from:to]); said != "" {
			parts = append(parts, fmt.Sprintf("%d:%s", round, said))
		}
		from = to
	}
	return text.OrDash(parts, " ")
}

// FrontsText says how many architectures of each front use the operation, or why none can any more.
func (h Operation) FrontsText() string {
	var parts []string
	for _, f := range h.Fronts {
		parts = append(parts, fmt.Sprintf("%d:%d of %d", f.Round, f.Architectures, f.Front))
	}
	if q := h.Quarantined; q != nil {
		parts = append(parts, fmt.Sprintf("quarantined in round %d: %s", q.Round, q.Reason))
	}
	return text.OrDash(parts, ", ")
}

// Write writes what is known of the operation, and a table of its places.
func (h Operation) Write(w io.Writer) error {
	plugin := "built in"
	if h.Checksum != "" {
		plugin = "sha256 " + h.Checksum
	}
	_, err := fmt.Fprintf(w, "%s: of %s (%s), waited from round %d on, came with %s on %s\nfronts: %s\n",
		h.Op, h.Plugin, plugin, h.Came.Round, text.Printable(h.Came.Source),
		h.Came.Time.UTC().Format("2006-01-02 15:04:05 MST"), h.FrontsText())
	if err != nil {
		return err
	}
	return text.Table(w, h.Rows())
}

// Rows is a table of the operation's places, by round and layer, as Rows is one of all operations.
func (h Operation) Rows() []string {
	rows := []string{"round\tlayer\tcame\tθ over the round\tend"}
	for _, e := range h.Places {
		came := "inherited"
		if e.New {
			came = "new"
		}
		rows = append(rows, fmt.Sprintf("%d\t%d\t%s\t%s\t%s", e.Round, e.Layer, came, course(e), reason(e)))
	}
	return rows
}

// course is the fitness at up to five moments, evenly spread, with the last.
func course(e Episode) string {
	const most = 5
	n := len(e.Fitness)
	var parts []string
	for i := range min(n, most) {
		parts = append(parts, fmt.Sprintf("%.2f", e.Fitness[(i+1)*n/min(n, most)-1].Theta))
	}
	return text.OrDash(parts, " ")
}

// reason says how an episode ended and why.
func reason(e Episode) string {
	switch e.End {
	case Dropped:
		return fmt.Sprintf("dropped at fitness step %d: θ fell below the threshold", e.Fitness[len(e.Fitness)-1].Step)
	case Unsampled:
		return "could not be sampled within the budget"
	case LetGo:
		return "let go: the front did not use it"
	case Quarantined:
		return "quarantined: it could not be run any more"
	case GivenUp:
		return "the round was given up"
	case Kept:
		return "kept: the front uses it"
	}
	return "-"
}
