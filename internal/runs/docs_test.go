package runs_test

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/internal/file"
	"github.com/nse-dev/nse/internal/modelfile"
	"github.com/nse-dev/nse/internal/runs"
)

// page is the text of docs/files.md.
func page(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../docs/files.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// section is what stands between a heading and the next one of its level or above.
func section(t *testing.T, text, heading string) string {
	t.Helper()
	_, after, found := strings.Cut(text, "\n"+heading+"\n")
	if !found {
		t.Errorf("the page has no heading %q", heading)
	}
	level, _, _ := strings.Cut(heading, " ")
	next := regexp.MustCompile(`(?m)^#{2,` + string('0'+rune(len(level))) + `} `)
	if next := next.FindStringIndex(after); next != nil {
		after = after[:next[0]]
	}
	return after
}

// written makes a run with one finished round in the folder runs/001 and returns the folder that holds runs.
func written(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "runs", "001")
	r, err := runs.Create(path, runs.Beginning{Info: runs.Info{ConfigHash: file.Sum(nil)},
		Pool: runs.Pool{Kind: runs.Start, Round: 1}}, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	a := runs.Architecture{Ops: [][]string{{"mbconv-k3-e1", "ssc-k5-e1"}, {}}, Params: 20, MACs: 500000, Cost: 0.5,
		Accuracy: 0.25, Role: runs.Sampled}
	check(t, r.AddRound(runs.Round{Round: 1, SubsetSize: "12", Subset: a.Ops}))
	check(t, r.AddArchitecture(1, 0, a))
	check(t, r.SetFront(1, [][][]string{a.Ops}, 0.1, nil))
	r.AddFitness(1, runs.Fitness{Step: 3, Layer: 1, Op: "mbconv-k3-e1", Theta: -2.5, Dropped: true})
	check(t, r.Checkpoint(runs.Checkpoint{Label: "r1", State: []byte("{}")},
		func(path string) error { return os.WriteFile(path, nil, 0o644) }))
	text, err := json.Marshal(
		runs.Front{Round: 1, Unit: "million MACs", Hypervolume: 0.1, Architectures: []runs.Architecture{a}})
	check(t, err)
	check(t, os.WriteFile(filepath.Join(path, runs.FrontFile), text, 0o644))
	return dir
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Every column of the database stands in the page with its type, in the order of the table, and nothing else does.
func TestDocsListTheDatabase(t *testing.T) {
	text := section(t, page(t), "## run.db")
	db, err := sql.Open("sqlite", filepath.Join(written(t), "runs", "001", "run.db"))
	check(t, err)
	defer db.Close()
	tables := map[string][]string{}
	rows, err := db.Query(`SELECT m.name, c.name, c.type, c."notnull" OR c.pk > 0
		FROM sqlite_schema m, pragma_table_info(m.name) c WHERE m.type = 'table' ORDER BY m.name, c.cid`)
	check(t, err)
	defer rows.Close()
	for rows.Next() {
		var table, column, kind string
		var always bool
		check(t, rows.Scan(&table, &column, &kind, &always))
		if !always {
			kind += " or NULL"
		}
		tables[table] = append(tables[table], fmt.Sprintf("| `%s` | %s | ", column, kind))
	}
	check(t, rows.Err())
	if len(tables) == 0 {
		t.Fatal("the database has no tables")
	}
	line := regexp.MustCompile("(?m)^\\| `[a-z_]+` \\| [A-Z]+( or NULL)? \\| ")
	for table, want := range tables {
		if got := line.FindAllString(section(t, text, "### `"+table+"`"), -1); !slices.Equal(got, want) {
			t.Errorf("table %s: the page has\n%s\nthe database has\n%s", table, strings.Join(got, "\n"),
				strings.Join(want, "\n"))
		}
	}
}

// keys lists the keys of the JSON of a type, those of nested objects too.
func keys(t reflect.Type) (list []string) {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice:
		return keys(t.Elem())
	case reflect.Struct:
		for f := range t.Fields() {
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			if name != "" && name != "-" {
				list = append(list, name)
			}
			if name != "-" && (f.IsExported() || f.Anonymous) {
				list = append(list, keys(f.Type)...)
			}
		}
	}
	return list
}

// Every key of front.json has a row in the page, and nothing else does.
func TestDocsListTheFront(t *testing.T) {
	var got []string
	key := regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\| ")
	for _, row := range key.FindAllStringSubmatch(section(t, page(t), "## front.json"), -1) {
		got = append(got, row[1])
	}
	want := keys(reflect.TypeFor[runs.Front]())
	if !slices.Equal(got, want) {
		t.Errorf("the page has %v, front.json has %v", got, want)
	}
}

// Every key of model.json and of the bodies of events stands in the page.
func TestDocsListKeys(t *testing.T) {
	text := page(t)
	model := section(t, text, "## model.json")
	for _, name := range keys(reflect.TypeFor[modelfile.Model]()) {
		if !strings.Contains(model, "`"+name+"`") {
			t.Errorf("the page lacks the key %q of model.json", name)
		}
	}
	events := section(t, text, "### `events`")
	for _, body := range []evolve.Body{
		evolve.RoundStarted{}, evolve.Trained{}, evolve.FitnessUpdated{}, evolve.Dropped{}, evolve.Sampled{},
		evolve.Scored{}, evolve.FrontRetrieved{}, evolve.Aggregated{}, evolve.Replenished{}, evolve.Arrived{},
		evolve.Continued{}, evolve.Quarantined{},
		evolve.Finished{},
	} {
		for _, name := range append(keys(reflect.TypeOf(body)), body.Kind()) {
			if !strings.Contains(events, "`"+name+"`") {
				t.Errorf("the page lacks %q of event %s", name, body.Kind())
			}
		}
	}
}

// The snippets in Python run on a run.
func TestDocsSnippetsRun(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("skips the snippets of docs/files.md: there is no python3")
	}
	dir := written(t)
	want := []string{
		"front-1  25.00 %  0.5 million MACs  mbconv-k3-e1+ssc-k5-e1 | -\n",
		"1 0.25 0.5 [['mbconv-k3-e1', 'ssc-k5-e1'], []]\nround 1: layer 1 dropped mbconv-k3-e1 at -2.50\n",
	}
	snippets := regexp.MustCompile("(?s)```python\n(.*?)```").FindAllStringSubmatch(page(t), -1)
	if len(snippets) != len(want) {
		t.Fatalf("%d snippets, want %d", len(snippets), len(want))
	}
	for i, s := range snippets {
		command := exec.Command(python, "-c", s[1])
		command.Dir = dir
		if out, err := command.CombinedOutput(); err != nil || string(out) != want[i] {
			t.Errorf("snippet %d: %v\n%s\nwant\n%s", i+1, err, out, want[i])
		}
	}
}
