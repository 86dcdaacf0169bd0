package report

import (
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"
	"pgregory.net/rapid"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/internal/runs"
	"github.com/nse-dev/nse/internal/statistics"
)

// sections are the ids of what a page always has.
var sections = []string{"front", "rounds", "hypervolume", "size", "distribution", "operations", "fitness", "models",
	"configuration", "record"}

// full is a report in which every text is the same, with a picture.
func full(text string) Report {
	again := 0.25
	arch := Architecture{ID: "round-2-front-1", Name: text, Cost: 1, Accuracy: 0.5, Ops: [][]string{{text, text}, nil}}
	rounds := []Round{
		{Round: 1, Done: true, Size: "1000", Log10: 3,
			Front: []Architecture{{ID: "round-1-front-1", Name: text, Ops: [][]string{{text}}}}},
		{Round: 2, Done: true, Size: text, Log10: 110, Rehearsed: &again, Front: []Architecture{arch},
			Ended: time.Unix(9, 0)},
		{Round: 3}, {Round: 4, GivenUp: true},
	}
	return Report{Run: text, Status: text, Reason: text, Version: text, Preset: text, Data: text, Image: text,
		Network: text, Unit: text, Machines: []string{text}, Rounds: rounds,
		Models: []Model{{Name: text, Folder: text, Training: text,
			Scores: []Score{{1, 0.1, true}, {2, 0.2, false}}}},
		Summaries: []Summary{{text, 3, 0.25, 0.5}},
		Rankings:  []Ranking{{2, text, statistics.Correlation{N: 3, Tau: 1, Low: -0.5, High: 1}}},
		Pools:     []Pool{{File: text, Source: text, Came: text, Sum: text, Lock: text}},
		Plugins:   []Plugin{{text, 1, text}}, Broken: []Broken{{text, 1, text}}, Files: []File{{text, text}},
		Config: text, Ledger: runs.Ledger{Round: 1, Ledger: evolve.Ledger{TrainImages: 1, Alone: 2e12}},
		Pictures: Pictures{
			Fronts:  []byte("<?xml?>\n<svg xmlns=\"http://www.w3.org/2000/svg\"><title>fronts</title></svg>"),
			Fitness: []RoundPicture{{1, []byte("<svg></svg>")}}}}
}

// elements parses a page and calls each for every start of an element, with the texts before the first one.
func elements(t rapid.TB, page []byte, each func(html.Token)) (texts string) {
	t.Helper()
	z := html.NewTokenizer(strings.NewReader(string(page)))
	for {
		switch z.Next() {
		case html.ErrorToken:
			if z.Err() != io.EOF {
				t.Fatal(z.Err())
			}
			return texts
		case html.StartTagToken, html.SelfClosingTagToken:
			each(z.Token())
		case html.TextToken:
			texts += z.Token().Data
		}
	}
}

// closed fails unless a page refers to nothing outside itself and runs nothing.
func closed(t rapid.TB, page []byte) (ids map[string]bool) {
	t.Helper()
	ids = map[string]bool{}
	var links []string
	elements(t, page, func(e html.Token) {
		if e.Data == "script" || e.Data == "iframe" || e.Data == "object" || e.Data == "base" || e.Data == "img" {
			t.Errorf("the page has a %s", e.Data)
		}
		for _, a := range e.Attr {
			switch {
			case a.Key == "id" && ids[a.Val]:
				t.Errorf("the id %s is there twice", a.Val)
			case a.Key == "id":
				ids[a.Val] = true
			case a.Key == "href" && a.Val != "data:,":
				links = append(links, a.Val)
			case strings.HasPrefix(a.Key, "on") || a.Key == "src" || a.Key == "action" || a.Key == "srcset":
				t.Errorf("%s has %s", e.Data, a.Key)
			case strings.Contains(a.Val, "://") && !strings.HasPrefix(a.Key, "xmlns"):
				t.Errorf("%s of %s is %s", a.Key, e.Data, a.Val)
			}
		}
	})
	for _, l := range links {
		if id, inside := strings.CutPrefix(l, "#"); !inside || !ids[id] {
			t.Errorf("the page has a link to %q", l)
		}
	}
	return ids
}

func TestPage(t *testing.T) {
	for name, r := range map[string]Report{"empty": {}, "full": full("word"),
		"ms": {Unit: "ms", Rounds: full("x").Rounds}} {
		page, err := r.HTML()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		ids := closed(t, page)
		for _, id := range sections {
			if !ids[id] {
				t.Errorf("%s: there is no section %s", name, id)
			}
		}
		if _, err := html.Parse(strings.NewReader(string(page))); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if again, err := r.HTML(); err != nil || string(again) != string(page) {
			t.Errorf("%s: made twice, the bytes differ (error %v)", name, err)
		}
		if strings.Contains(string(page), "<?xml") || strings.Contains(string(page), "ZgotmplZ") {
			t.Errorf("%s: the page is not what it should be", name)
		}
	}
}

// Whatever the names in a run are, the page has the same elements and shows them as they are.
func TestHostileNames(t *testing.T) {
	shape := func(t rapid.TB, text string) (shape, texts string) {
		page, err := full(text).HTML()
		if err != nil {
			t.Fatal(err)
		}
		closed(t, page)
		texts = elements(t, page, func(e html.Token) { shape += e.Data + fmt.Sprint(len(e.Attr)) + " " })
		return shape, texts
	}
	want, _ := shape(t, "word")
	check := func(t rapid.TB, text string) {
		got, texts := shape(t, text)
		if got != want {
			t.Errorf("%q changes the elements of the page", text)
		}
		if !strings.Contains(texts, text) {
			t.Errorf("%q is not shown as it is", text)
		}
	}
	for _, text := range []string{"<script>alert(1)</script>", `"><img src=x onerror=alert(1)>`,
		"</title><base href=//x>", "{{.}}", "javascript:alert(1)", "</pre></section>", "]]>", "<!--", "&lt;",
		"' onload='x"} {
		check(t, text)
	}
	rapid.Check(t, func(t *rapid.T) {
		check(t, rapid.StringMatching(`([<>"'&/=!\-]|script|svg|style| |a|\{\{|é)+`).Draw(t, "text"))
	})
}

func TestModelRound(t *testing.T) {
	for want, scores := range map[int][]Score{0: nil, 2: {{1, 0, true}, {2, 0, true}, {3, 0, false}},
		3: {{1, 0, false}, {3, 0, false}}} {
		if got := (Model{Scores: scores}).Round(); got != want {
			t.Errorf("%v: %d, want %d", scores, got, want)
		}
	}
}

func TestPower(t *testing.T) {
	got := []string{}
	for _, v := range []float64{0, 5.5, 6, 110.146} {
		got = append(got, string(power(v)))
	}
	if want := []string{"1", "316228", "1.0·10<sup>6</sup>", "1.4·10<sup>110</sup>"}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
