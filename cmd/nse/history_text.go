package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// historyRows is the table of all operations, those that the fronts used most first.
func historyRows(list []history) []string {
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b history) int { return b.used() - a.used() })
	rows := []string{"operation\tcame with\tfrom round\tlayers\tθ\tfell\tlet go\tkept\tfronts"}
	for _, h := range list {
		rows = append(rows, strings.Join([]string{h.Op, printable(h.Came.Source) + h.shortSum(), fmt.Sprint(h.Came.Round), h.count(anyEnd), h.theta(),
			h.count(wasDropped), h.count(wasLetGo), h.count(wasKept), h.fronts()}, "\t"))
	}
	return rows
}

// used counts the architectures of all fronts that use the operation.
func (h history) used() (n int) {
	for _, f := range h.Fronts {
		n += f.Architectures
	}
	return n
}

// shortSum is the start of the plugin's checksum, or nothing for a plugin that is built in.
func (h history) shortSum() string {
	if h.Checksum == "" {
		return ""
	}
	return " (" + h.Checksum[:min(len(h.Checksum), 12)] + ")"
}

// anyEnd counts all places.
const anyEnd = "any"

// count says at how many layers of each round the operation ended so.
func (h history) count(end string) string {
	return h.byRound(func(places []episode) string {
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
func (h history) theta() string {
	return h.byRound(func(places []episode) string {
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
func (h history) byRound(say func([]episode) string) string {
	var parts []string
	for from := 0; from < len(h.Places); {
		to, round := from, h.Places[from].Round
		for to < len(h.Places) && h.Places[to].Round == round {
			to++
		}
		if text := say(h.Places[from:to]); text != "" {
			parts = append(parts, fmt.Sprintf("%d:%s", round, text))
		}
		from = to
	}
	return orDash(parts, " ")
}

// fronts says how many architectures of each front use the operation, or why none can any more.
func (h history) fronts() string {
	var parts []string
	for _, f := range h.Fronts {
		parts = append(parts, fmt.Sprintf("%d:%d of %d", f.Round, f.Architectures, f.Front))
	}
	if q := h.Quarantined; q != nil {
		parts = append(parts, fmt.Sprintf("quarantined in round %d: %s", q.Round, q.Reason))
	}
	return orDash(parts, ", ")
}

func orDash(parts []string, between string) string {
	if len(parts) == 0 {
		return "-"
	}
	return strings.Join(parts, between)
}

// printHistory says what is known of one operation.
func printHistory(w io.Writer, h history) error {
	plugin := "built in"
	if h.Checksum != "" {
		plugin = "sha256 " + h.Checksum
	}
	_, err := fmt.Fprintf(w, "%s: of %s (%s), waited from round %d on, came with %s on %s\nfronts: %s\n", h.Op, h.Plugin, plugin,
		h.Came.Round, printable(h.Came.Source), h.Came.Time.UTC().Format("2006-01-02 15:04:05 MST"), h.fronts())
	if err != nil {
		return err
	}
	return table(w, placeRows(h))
}

// placeRows is the table of one operation.
func placeRows(h history) []string {
	rows := []string{"round\tlayer\tcame\tθ over the round\tend"}
	for _, e := range h.Places {
		came := "inherited"
		if e.New {
			came = "new"
		}
		rows = append(rows, fmt.Sprintf("%d\t%d\t%s\t%s\t%s", e.Round, e.Layer, came, e.course(), e.reason()))
	}
	return rows
}

// course is the fitness at up to five moments, evenly spread, with the last.
func (e episode) course() string {
	const most = 5
	n := len(e.Fitness)
	var parts []string
	for i := range min(n, most) {
		parts = append(parts, fmt.Sprintf("%.2f", e.Fitness[(i+1)*n/min(n, most)-1].Theta))
	}
	return orDash(parts, " ")
}

// reason says how an episode ended and why.
func (e episode) reason() string {
	switch e.End {
	case wasDropped:
		return fmt.Sprintf("dropped at fitness step %d: θ fell below the threshold", e.Fitness[len(e.Fitness)-1].Step)
	case wasLetGo:
		return "let go: the front did not use it"
	case wasBroken:
		return "quarantined: it could not be run any more"
	case wasGivenUp:
		return "the round was given up"
	case wasKept:
		return "kept: the front uses it"
	}
	return "-"
}
