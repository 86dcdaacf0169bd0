package wire_test

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/sdk/wire"
)

// The tables of docs/plugins.md have every field of every message, and every primitive with its fields and parameters.
func TestProtocolPage(t *testing.T) {
	page, err := os.ReadFile("../../docs/plugins.md")
	if err != nil {
		t.Fatal(err)
	}
	messages := wire.File_nse_wire_v1_wire_proto.Messages()
	tables := tables(string(page))
	primitives := messages.ByName("Node").Oneofs().ByName("primitive").Fields()
	inWords := map[protoreflect.Name]bool{"DescribeRequest": true, "Wholes": true, "Pair": true, "Plain": true,
		"Shape": true}
	for i := range primitives.Len() {
		inWords[primitives.Get(i).Message().Name()] = true // as a row of the primitives
	}
	inWords["Exec"] = false
	for i := range messages.Len() {
		m := messages.Get(i)
		want := fields(m.Fields())
		if m.Name() == "Node" {
			want = want[:2] // the others are primitives
		}
		got := numbered(strings.Join(firsts(tables["`"+string(m.Name())+"`"]), " "))
		if !inWords[m.Name()] && !slices.Equal(got, want) {
			t.Errorf("the table of %s has %v, want %v", m.Name(), got, want)
		}
	}
	rows := tables["primitive"]
	if len(rows) != primitives.Len() {
		t.Fatalf("%d rows of primitives, want %d", len(rows), primitives.Len())
	}
	for i, row := range rows {
		p := primitives.Get(i)
		if want := fmt.Sprintf("`%s` %d", p.Name(), p.Number()); row[0] != want {
			t.Errorf("primitive %s, want %s", row[0], want)
		}
		if got, want := numbered(row[1]), fields(p.Message().Fields()); !slices.Equal(got, want) {
			t.Errorf("%s has fields %v, want %v", row[0], got, want)
		}
		if got, want := quoted(row[3]), parameters(string(p.Name())); p.Name() != "exec" && !slices.Equal(got, want) {
			t.Errorf("%s has parameters %v, want %v", row[0], got, want)
		}
	}
}

// parameters are the names of a primitive's parameters, with all that it may have.
func parameters(kind string) (names []string) {
	with := map[string]sdk.Primitive{"conv2d": sdk.Conv2D{Out: 4, Groups: 1, Bias: true}, "linear": sdk.Linear{Out: 4},
		"batchnorm": sdk.BatchNorm{}, "squeeze_excite": sdk.SqueezeExcite{Reduction: 2}}
	p, some := with[kind]
	if !some {
		return nil
	}
	for _, p := range p.Params([]sdk.Shape{{Height: 1, Width: 1, Channels: 4}}) {
		names = append(names, p.Name)
	}
	return names
}

// tables are the rows of all tables, by the first cell of their heading.
func tables(page string) map[string][][]string {
	all, heading := map[string][][]string{}, ""
	for line := range strings.Lines(page) {
		line = strings.TrimSpace(line)
		switch {
		case !strings.HasPrefix(line, "|"):
			heading = ""
		case heading == "":
			heading = strings.TrimSpace(strings.Split(line, "|")[1])
			all[heading] = nil
		case !strings.HasPrefix(line, "|---"):
			cells := strings.Split(strings.Trim(line, "|"), "|")
			for i := range cells {
				cells[i] = strings.TrimSpace(cells[i])
			}
			all[heading] = append(all[heading], cells)
		}
	}
	return all
}

func firsts(rows [][]string) (cells []string) {
	for _, r := range rows {
		cells = append(cells, r[0])
	}
	return cells
}

// fields writes fields as the page does.
func fields(all protoreflect.FieldDescriptors) (list []string) {
	for i := range all.Len() {
		list = append(list, fmt.Sprintf("`%s` %d", all.Get(i).Name(), all.Get(i).Number()))
	}
	return list
}

// numbered finds the fields in a cell, and quoted the names.
func numbered(cell string) []string { return regexp.MustCompile("`\\w+` \\d+").FindAllString(cell, -1) }

func quoted(cell string) (names []string) {
	for _, m := range regexp.MustCompile("`([\\w.]+)` \\[|`([\\w.]+)`").FindAllStringSubmatch(cell, -1) {
		names = append(names, m[1]+m[2])
	}
	return names
}
