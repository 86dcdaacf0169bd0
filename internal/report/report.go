// Package report makes a page of a run: one HTML file that needs no other, asks no network for anything and has no
// script.
package report

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/nse-dev/nse/internal/runs"
	"github.com/nse-dev/nse/internal/statistics"
	"github.com/nse-dev/nse/internal/text"
)

// Report is what is known of a run. Accuracies are 0..1 and costs in Unit.
type Report struct {
	Run        string       `json:"run"`    // its folder
	Status     string       `json:"status"` // as nse runs says it
	Reason     string       `json:"reason,omitempty"`
	Version    string       `json:"nse"` // that it was started with
	Preset     string       `json:"preset"`
	Seed       uint64       `json:"seed"`
	Data       string       `json:"data"`
	Image      string       `json:"image"` // height×width×channels
	Classes    int          `json:"classes"`
	Network    string       `json:"network"` // letters of its layers
	Operations int          `json:"operations"`
	K          int          `json:"k"`    // operations of a layer at a time
	Unit       string       `json:"unit"` // of cost
	Low        float64      `json:"low"`  // of the constraint interval
	High       float64      `json:"high"`
	Created    time.Time    `json:"created"`
	Last       time.Time    `json:"last"` // checkpoint; zero if there was none
	Machines   []string     `json:"machines"`
	Ledger     runs.Ledger  `json:"ledger"` // what the search has spent by the last checkpoint
	Result     *runs.Result `json:"result"` // what the search ended with; null if it trained nothing
	Rounds     []Round      `json:"rounds"`
	Models     []Model      `json:"models"`
	Summaries  []Summary    `json:"summaries"` // of models that were trained alike
	Rankings   []Ranking    `json:"rankings"`
	Pools      []Pool       `json:"pools"`
	Plugins    []Plugin     `json:"plugins"`
	Broken     []Broken     `json:"quarantined"`
	Files      []File       `json:"files"`
	Config     string       `json:"config"` // config.toml
	Pictures   Pictures     `json:"-"`
}

// Round is a round of the search.
type Round struct {
	Round       int            `json:"round"`
	Done        bool           `json:"done"`     // it has a front
	GivenUp     bool           `json:"given_up"` // it never will
	Operations  int            `json:"operations"`
	Inherited   int            `json:"inherited"`
	Dropped     int            `json:"dropped"`
	Size        string         `json:"size"` // architectures over the subset, exact
	Log10       float64        `json:"log10_size"`
	Scored      int            `json:"scored"`
	Epochs      int            `json:"epochs,omitempty"` // that Front was trained alone for; 0: it has shared weights
	Sampled     []float64      `json:"sampled"`          // accuracies within the constraint interval, ascending
	Hypervolume float64        `json:"hypervolume"`
	Rehearsed   *float64       `json:"rehearsed"` // hypervolume of the last front as scored again in this round
	Front       []Architecture `json:"front"`
	Started     time.Time      `json:"started"`
	Ended       time.Time      `json:"ended"` // zero before its end
}

// Weights says whose weights the accuracies of the front are of.
func (r Round) Weights() string { return runs.Weights(r.Epochs) }

// Took is the time from the round's start to its end, with pauses.
func (r Round) Took() time.Duration { return r.Ended.Sub(r.Started) }

// Best is the greatest accuracy on the front, which must not be empty.
func (r Round) Best() float64 {
	best := 0.0
	for _, a := range r.Front {
		best = max(best, a.Accuracy)
	}
	return best
}

// Architecture is one of a round's front.
type Architecture struct {
	ID       string     `json:"-"`    // of its row in the page
	Name     string     `json:"name"` // such as front-3, in its round
	Pick     string     `json:"pick"` // its name for --pick, whatever round is the last, such as round-2-17
	Cost     float64    `json:"cost"`
	MACs     int64      `json:"macs"`
	Params   int64      `json:"params"`
	Accuracy float64    `json:"accuracy"`
	Ops      [][]string `json:"ops"` // by layer
}

// Model is a retrained architecture.
type Model struct {
	Name     string  `json:"name"`
	Folder   string  `json:"folder"`
	Training string  `json:"training"` // equal for models that can be compared
	MACs     int64   `json:"macs"`
	Params   int64   `json:"params"`
	Accuracy float64 `json:"accuracy"` // on test images
	Scores   []Score `json:"scores"`   // by round; none if the search never scored it
}

// Summary is what became of the models that were trained alike. Test images have chosen the best: the mean is the
// figure to compare.
type Summary struct {
	Training string  `json:"training"`
	Models   int     `json:"models"`
	Mean     float64 `json:"mean"` // of the accuracies on test images
	Best     float64 `json:"best"`
}

// Score is what a round says of an architecture, with its supernet or after training it alone.
type Score struct {
	Round    int     `json:"round"`
	Accuracy float64 `json:"accuracy"` // on held-out images
	Front    bool    `json:"front"`
	Epochs   int     `json:"epochs,omitempty"` // of training alone; 0 with shared weights
}

// Round is the last round that has the architecture on its front. Without one it is the last that scored it, and 0 if
// none did.
func (m Model) Round() (round int) {
	front := false
	for _, s := range m.Scores {
		if s.Front || !front {
			round, front = s.Round, s.Front
		}
	}
	return round
}

// Ranking compares the accuracies that a round has of architectures with those of the same retrained.
type Ranking struct {
	Round    int    `json:"round"`
	Training string `json:"training"`
	Epochs   int    `json:"epochs,omitempty"` // of training alone in the round; 0 with shared weights
	statistics.Correlation
}

// Pool is a pool file.
type Pool struct {
	File       string    `json:"file"`
	Source     string    `json:"source"`
	Came       string    `json:"came"` // how
	Round      int       `json:"round"`
	Operations int       `json:"operations"`
	Sum        string    `json:"sha256"`
	Lock       string    `json:"lock_sha256,omitempty"`
	Time       time.Time `json:"time"`
}

// Plugin is where operations come from.
type Plugin struct {
	Family     string `json:"family"`
	Operations int    `json:"operations"`
	Sum        string `json:"sha256,omitempty"` // of its binary; empty for one that is built in
}

// Broken is an operation that was quarantined.
type Broken struct {
	Op     string `json:"op"`
	Round  int    `json:"round"`
	Reason string `json:"reason"`
}

// File is a file of the run that a checksum covers.
type File struct {
	Name string `json:"name"`
	Sum  string `json:"sha256"`
}

// Pictures are SVG files. The page leaves out those that are nil.
type Pictures struct {
	Fronts, Architectures, Hypervolume, Size, Distribution, History, Ranking, Retrained []byte
	Fitness                                                                             []RoundPicture
}

// RoundPicture is an SVG file of one round.
type RoundPicture struct {
	Round int
	SVG   []byte
}

//go:embed page.html
var pageText string

var page = template.Must(template.New("page").Funcs(template.FuncMap{
	"svg": inline, "percent": text.Percent, "number": func(v float64) string { return fmt.Sprintf("%.4g", v) },
	"prefixed": text.Prefixed, "seconds": text.Seconds,
	"images":    func(n int64) string { return text.Prefixed(float64(n)) },
	"thousands": text.Thousands, "millions": func(n int64) string { return fmt.Sprintf("%.4g", float64(n)/1e6) },
	"time":     func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05") },
	"duration": func(d time.Duration) string { return d.Round(time.Second).String() },
	"power":    power, "join": func(ops []string) string { return strings.Join(ops, " + ") },
	"last":   func(i int, list []RoundPicture) bool { return i == len(list)-1 },
	"row":    func(r Report, x Round) rows { return rows{r.Unit == "ms", x.Weights(), x.Front} },
	"epochs": text.Epochs,
}).Parse(pageText))

// rows is a table of architectures.
type rows struct {
	Latency       bool
	Weights       string // whose weights the accuracies are of
	Architectures []Architecture
}

// HTML is the page in UTF-8, with the report's pictures inside. Equal reports have equal pages.
func (r Report) HTML() ([]byte, error) {
	var b bytes.Buffer
	err := page.Execute(&b, r)
	return b.Bytes(), err
}

// Front is the last round that has a front. It is nil if none has.
func (r Report) Front() *Round {
	for i := len(r.Rounds) - 1; i >= 0; i-- {
		if r.Rounds[i].Done {
			return &r.Rounds[i]
		}
	}
	return nil
}

// Alone reports whether the search trains architectures alone, as far as it has got.
func (r Report) Alone() bool {
	return slices.ContainsFunc(r.Rounds, func(x Round) bool { return x.Epochs > 0 })
}

// Earlier lists the rounds with fronts before the last one, the latest first.
func (r Report) Earlier() (list []Round) {
	for i := len(r.Rounds) - 1; i >= 0; i-- {
		if x := r.Rounds[i]; x.Done && x.Round != r.Front().Round {
			list = append(list, x)
		}
	}
	return list
}

// inline is an SVG file as a part of a page: without what stands before its root.
func inline(file []byte) template.HTML {
	from := max(0, bytes.Index(file, []byte("<svg")))
	return template.HTML(file[from:])
}

// power writes a number by its decimal logarithm.
func power(log10 float64) template.HTML {
	exponent := math.Floor(log10)
	if exponent < 6 {
		return template.HTML(fmt.Sprintf("%.0f", math.Pow(10, log10)))
	}
	return template.HTML(fmt.Sprintf("%.1f·10<sup>%.0f</sup>", math.Pow(10, log10-exponent), exponent))
}
