package main

import (
	"encoding/json"
	"os"
	"reflect"
	"slices"
	"strconv"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/nse-dev/nse"
)

// scoredArch is an architecture as nse runs show --json and nse score --json print it.
type scoredArch struct {
	Round    int        `json:"round"`
	Ops      [][]string `json:"ops"`
	Params   int64      `json:"params"`
	MACs     int64      `json:"macs"`
	Cost     float64    `json:"cost"`
	Accuracy float64    `json:"accuracy"`
}

// shownIn reads what nse runs show --json printed of a round.
func shownIn(ts *testscript.TestScript, file, round string) []scoredArch {
	n, err := strconv.Atoi(round)
	ts.Check(err)
	var list []scoredArch
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(file)), &list))
	return slices.DeleteFunc(list, func(a scoredArch) bool { return a.Round != n })
}

// agree SHOWN SCORES ROUND: what nse score printed of each architecture is what the search measured in that round, to
// the bit.
func agree(ts *testscript.TestScript, _ bool, args []string) {
	var got struct {
		Architectures []scoredArch `json:"architectures"`
	}
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[1])), &got))
	if len(got.Architectures) == 0 {
		ts.Fatalf("%s has no architectures", args[1])
	}
	want := shownIn(ts, args[0], args[2])
	for _, g := range got.Architectures {
		i := slices.IndexFunc(want, func(w scoredArch) bool { return reflect.DeepEqual(w.Ops, g.Ops) })
		if i < 0 {
			ts.Fatalf("%v was not scored in round %s", g.Ops, args[2])
		}
		if g.Round = want[i].Round; !reflect.DeepEqual(g, want[i]) {
			ts.Fatalf("scored %+v, the search %+v", g, want[i])
		}
	}
}

// archfile SHOWN ROUND FILE RUN: writes a file of all architectures of a round, by their operations alone.
func archfile(ts *testscript.TestScript, _ bool, args []string) {
	type entry struct {
		Ops [][]string `json:"ops"`
	}
	var list []entry
	for _, a := range shownIn(ts, args[0], args[1]) {
		for _, path := range a.Ops {
			slices.Reverse(path) // the order of a layer's operations is the reader's business
		}
		list = append(list, entry{a.Ops})
	}
	writeJSON(ts, args[2], map[string]any{"run": args[3], "architectures": list})
}

// edit FRONT FILE: writes a front.json as a person might leave it: another accuracy, and no counts.
func edit(ts *testscript.TestScript, _ bool, args []string) {
	var front map[string]any
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[0])), &front))
	for _, a := range front["architectures"].([]any) {
		a := a.(map[string]any)
		a["accuracy"] = 0.999
		delete(a, "params")
		delete(a, "macs")
	}
	front["note"] = "edited"
	writeJSON(ts, args[1], front)
}

// lacking RUN FILE: writes a file with an operation that the supernet of the run's last round does not hold.
func lacking(ts *testscript.TestScript, _ bool, args []string) {
	r, err := nse.Open(ts.MkAbs(args[0]))
	ts.Check(err)
	defer r.Close()
	rounds, err := r.Rounds()
	ts.Check(err)
	subset := rounds[len(rounds)-1].Subset
	all := slices.Concat(rounds[0].Subset...)
	missing := slices.IndexFunc(all, func(op string) bool { return !slices.Contains(subset[0], op) })
	if missing < 0 {
		ts.Fatalf("layer 0 holds all of %v", all)
	}
	ops := [][]string{{subset[0][0], all[missing]}, {subset[1][0]}, {}}
	writeJSON(ts, args[1], map[string]any{"run": "../run", "architectures": []any{map[string]any{"ops": ops}}})
}

func writeJSON(ts *testscript.TestScript, path string, v any) {
	text, err := json.Marshal(v)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(path), text, 0o644))
}
