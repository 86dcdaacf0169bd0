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
	"github.com/nse-dev/nse/internal/modelfile"
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
			Scores: []Score{{1, 0.1, true, 0}, {2, 0.2, false, 4}}}},
		Summaries: []Summary{{text, 3, 0.25, 0.5}},
		Rankings:  []Ranking{{2, text, 4, statistics.Correlation{N: 3, Tau: 1, Low: -0.5, High: 1}}},
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
	for want, scores := range map[int][]Score{0: nil, 2: {{1, 0, true, 0}, {2, 0, true, 0}, {3, 0, false, 0}},
		3: {{1, 0, false, 0}, {3, 0, false, 0}}} {
		if got := (Model{Scores: scores}).Round(); got != want {
			t.Errorf("%v: %d, want %d", scores, got, want)
		}
	}
}

// TestTrainedTwiceInARound: accuracies after unequal trainings are not ranked together, and a model's round is on the
// front with both.
func TestTrainedTwiceInARound(t *testing.T) {
	arch := func(op string, accuracy float64, epochs int, front bool) runs.Architecture {
		return runs.Architecture{Ops: [][]string{{op}}, Accuracy: accuracy, Epochs: epochs, Front: front,
			Role: runs.Sampled}
	}
	g := &Gathered{rounds: []runs.Round{{Round: 1}}, scored: [][]runs.Architecture{{
		arch("a", 0.75, 2, false), arch("b", 0.5, 2, false), arch("c", 0.25, 2, false),
		arch("a", 0.625, 4, true), arch("b", 0.875, 4, true)}}}
	if got := sampled(g.scored[0]); !reflect.DeepEqual(got, []float64{0.25, 0.5, 0.75}) {
		t.Errorf("sampled %v", got)
	}
	for i, op := range []string{"a", "b", "c"} {
		m := &modelfile.Model{Layers: [][]modelfile.Branch{{{Op: op}}}}
		g.Report.Models = append(g.Report.Models, Model{Accuracy: 0.25 * float64(3-i), Scores: g.scores(m)})
	}
	want := []Score{{1, 0.75, true, 2}, {1, 0.625, true, 4}}
	if got := g.Report.Models[0].Scores; !reflect.DeepEqual(got, want) {
		t.Errorf("scores %+v, want %+v", got, want)
	}
	g.rank([]string{""}, []string{"", "", ""})
	var got []string
	for _, r := range g.Report.Rankings {
		got = append(got, fmt.Sprintf("%d epochs: %d models, tau %g", r.Epochs, r.N, r.Tau))
	}
	if want := []string{"2 epochs: 3 models, tau 1", "4 epochs: 2 models, tau -1"}; !reflect.DeepEqual(got, want) {
		t.Errorf("rankings %q, want %q", got, want)
	}
}

// TestPageSaysWhoseAccuracies: the page of a search that trains alone says so, and nothing of shared weights.
func TestPageSaysWhoseAccuracies(t *testing.T) {
	r := full("word")
	for epochs, want := range map[int][2]string{0: {"accuracy, shared weights<", "trained alone, "},
		4: {"accuracy, trained alone, 4 epochs<", "shared weights"}} {
		for i := range r.Rounds {
			r.Rounds[i].Epochs = epochs
		}
		page, err := r.HTML()
		if text := string(page); err != nil || !strings.Contains(text, want[0]) || strings.Contains(text, want[1]) {
			t.Errorf("%d epochs: the page lacks %q or has %q (error %v)", epochs, want[0], want[1], err)
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
